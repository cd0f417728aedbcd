"""A quiz.yaml: its rules, and questions in their plain form (content/README.md), read and written back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from pages.files import Changes, given, settled, write_mapping
from pages.markdown import read_yaml
from quizzes import kinds
from quizzes.kinds import Content
from quizzes.models import QuestionVersion, QuizPage

CODE_LIMIT = 60


class BankError(Exception):
    """A question (or a quiz) cannot be loaded; the message names it and says why."""


def read_questions(questions: Sequence[Mapping[str, Any]]) -> list[Content]:
    """All questions of a file. Raises BankError for the first bad one, and for an id used twice."""
    read: dict[str, Content] = {}
    for place, question in enumerate(questions, 1):
        one = read_question(question, place)
        if one.code in read:
            raise BankError(_("Câu %(code)s: mã này đã dùng cho một câu khác trong tệp.") % {"code": one.code})
        read[one.code] = one
    return list(read.values())


def read_question(question: Mapping[str, Any], place: int) -> Content:
    """One question; `place` (from 1) names it while it has no id. Raises BankError."""
    code = str(question.get("id") or "").strip()
    if not code or len(code) > CODE_LIMIT:
        raise BankError(_("Câu thứ %(place)s: thiếu mã (id), hoặc mã dài quá 60 chữ.") % {"place": place})
    try:
        return kinds.read_question(question)
    except kinds.Bad as error:
        raise BankError(_("Câu %(code)s: %(reason)s") % {"code": code, "reason": error}) from error


# --- writing -------------------------------------------------------------------------------------------------------------


def write_quiz(
    *, quiz: QuizPage, versions: Mapping[str, QuestionVersion], tags: Mapping[str, tuple[str, ...]], folder: Path
) -> Changes:
    """What changes in quiz.yaml. `versions` are the bank's latest by code, `tags` their tags. Raises ContentError, BankError.

    Questions stand as they stand in the file; new ones behind them.
    """
    path = folder / "quiz.yaml"
    known = read_yaml(path.read_text(encoding="utf-8"), path).get("questions") or [] if path.exists() else []
    codes = [code for code in (str(one.get("id")) for one in known) if code in versions]
    codes += [code for code in versions if code not in codes]
    content = {code: {name: getattr(versions[code], name) for name in CONTENT} for code in codes}
    fields = {**vars(quiz), "pass_mark": quiz.pass_mark * 10}
    files = [Content(code=code, tags=tags.get(code, ()), fields=one) for code, one in content.items()]
    told = _tell_quiz(fields, files)
    return write_mapping(path, told, lambda head, _path: _tell_quiz({**_RULES, **head}, read_questions(head["questions"])))


# What a version takes from the plain form.
CONTENT = ("kind", "name", "difficulty", "competency", "lesson", "mark", "stem", "body", "feedback")
_LIMITS = ("attempts_allowed", "time_limit_minutes", "delay_minutes")
_MOMENTS = ("opens_at", "closes_at")
_RULES = {"slug": "kiem-tra", "intro": "", **dict.fromkeys((*_LIMITS, *_MOMENTS)), "shuffle": True}


def _tell_quiz(fields: Mapping[str, Any], questions: Sequence[Content]) -> dict[str, Any]:
    return {
        "title": settled(fields["title"]), "slug": fields["slug"], **given({"intro": settled(fields["intro"])}),
        "ask": fields["ask"], "pass_mark": _plain(fields["pass_mark"]),
        **given({name: fields[name] for name in _LIMITS}), **given({name: _told_moment(fields[name]) for name in _MOMENTS}),
        **({} if fields["shuffle"] else {"shuffle": False}),
        "questions": [kinds.tell_question(code=one.code, tags=one.tags, fields=one.fields) for one in questions],
    }  # fmt: skip


def moment_of(value: Any) -> dt.datetime | None:
    """A moment of a file: with its offset, or the city's time. Raises ValueError."""
    if value is None:
        return None
    moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value))
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def _told_moment(value: Any) -> str | None:
    """In the city's time, with its offset."""
    moment = moment_of(value)
    return timezone.localtime(moment).isoformat() if moment else None


def _plain(number: Any) -> Decimal:
    """A number as files say it: 70, not 70.00. It is written with its digits, never as a power of ten."""
    value = Decimal(str(number))
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
