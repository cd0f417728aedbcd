"""Questions as they stand in quiz.yaml, checked and brought into the shape of QuestionVersion.body; and written back.

The format is described in content/README.md. Ids of options, pairs and items go by their place in the file: a, b, c …
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from django.utils.translation import gettext as _

from pages.files import Changes, given, settled, write_mapping
from pages.markdown import read_yaml
from people.text import nfc
from quizzes.marking import words
from quizzes.models import Difficulty, QuestionKind, QuestionVersion, QuizPage

CODE_LIMIT = 60


class BankError(Exception):
    """A question (or a quiz) cannot be loaded; the message names it and says why."""


class _Bad(ValueError):
    """Why a question is refused; the caller adds which one."""


@dataclass(frozen=True, kw_only=True)
class QuestionFile:
    """A checked question. `content` holds the fields of a QuestionVersion that the file decides."""

    code: str
    content: dict[str, Any]


def read_questions(questions: Sequence[Mapping[str, Any]]) -> list[QuestionFile]:
    """All questions of a file. Raises BankError for the first bad one, and for an id used twice."""
    read: dict[str, QuestionFile] = {}
    for place, question in enumerate(questions, 1):
        one = read_question(question, place)
        if one.code in read:
            raise BankError(_("Câu %(code)s: mã này đã dùng cho một câu khác trong tệp.") % {"code": one.code})
        read[one.code] = one
    return list(read.values())


def read_question(question: Mapping[str, Any], place: int) -> QuestionFile:
    """One question; `place` (from 1) names it while it has no id. Raises BankError."""
    code = str(question.get("id") or "").strip()
    if not code or len(code) > CODE_LIMIT:
        raise BankError(_("Câu thứ %(place)s: thiếu mã (id), hoặc mã dài quá 60 chữ.") % {"place": place})
    try:
        return QuestionFile(code=code, content=_content(question))
    except _Bad as error:
        raise BankError(_("Câu %(code)s: %(reason)s") % {"code": code, "reason": error}) from error


def _content(question: Mapping[str, Any]) -> dict[str, Any]:
    kind = question.get("kind")
    if kind not in QuestionKind.values:
        raise _Bad(_("không có kiểu câu hỏi “%(kind)s”.") % {"kind": kind})
    difficulty = question.get("difficulty", Difficulty.MEDIUM.value)
    if difficulty not in Difficulty.values:
        raise _Bad(_("không có mức khó “%(difficulty)s”.") % {"difficulty": difficulty})
    stem = _paragraphs(question.get("stem"))
    if not stem:
        raise _Bad(_("chưa có lời hỏi (stem)."))
    return {
        "kind": kind,
        "difficulty": difficulty,
        "competency": _text(question.get("competency")),
        "lesson": _text(question.get("lesson")),
        "stem": stem,
        "body": _READERS[kind](question),
        "feedback": _paragraphs(question.get("feedback")),
    }


def _text(value: Any) -> str:
    return nfc("" if value is None else str(value))


def _paragraphs(value: Any) -> str:
    """Markdown: NFC, its line breaks kept."""
    return unicodedata.normalize("NFC", str(value or "").replace("\x00", "")).strip()


def _list(question: Mapping[str, Any], name: str, least: int) -> list[Any]:
    values = question.get(name)
    if not isinstance(values, list) or len(values) < least:
        raise _Bad(_("cần ít nhất %(least)s mục trong “%(name)s”.") % {"least": least, "name": name})
    if len(values) > len(ascii_lowercase):
        raise _Bad(_("“%(name)s” có quá nhiều mục.") % {"name": name})
    return values


def _part(value: Any, name: str) -> Any:
    if not isinstance(value, dict):
        raise _Bad(_("mỗi mục trong “%(name)s” phải có tên và nội dung.") % {"name": name})
    return value


def _distinct(texts: list[str], name: str) -> list[str]:
    if not all(texts):
        raise _Bad(_("có một mục trống trong “%(name)s”.") % {"name": name})
    if len(set(texts)) < len(texts):
        raise _Bad(_("hai mục trong “%(name)s” giống nhau.") % {"name": name})
    return texts


def _options(question: Mapping[str, Any]) -> dict[str, Any]:
    values = [_part(value, "options") for value in _list(question, "options", 2)]
    texts = _distinct([_text(value.get("text")) for value in values], "options")
    options: list[dict[str, Any]] = [
        {"id": letter, "text": text, "correct": value.get("correct") is True, "feedback": _paragraphs(value.get("feedback"))}
        for letter, text, value in zip(ascii_lowercase, texts, values, strict=False)
    ]
    right = sum(option["correct"] for option in options)
    if question["kind"] == QuestionKind.SINGLE and right != 1:
        raise _Bad(_("câu chọn một phải có đúng một phương án đúng, câu này có %(right)s.") % {"right": right})
    if right == 0:
        raise _Bad(_("câu chọn nhiều phải có ít nhất một phương án đúng."))
    return {"options": options}


def _true_false(question: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(question.get("answer"), bool):
        raise _Bad(_("“answer” phải là true hoặc false."))
    return {
        "answer": question["answer"],
        "feedback_true": _paragraphs(question.get("feedback_true")),
        "feedback_false": _paragraphs(question.get("feedback_false")),
    }


def _short_text(question: Mapping[str, Any]) -> dict[str, Any]:
    accept = _distinct([_text(value) for value in _list(question, "accept", 1)], "accept")
    if not all(words(text) for text in accept):
        raise _Bad(_("một câu trả lời trong “accept” không có chữ nào."))
    return {"accept": accept}


def _number(question: Mapping[str, Any]) -> dict[str, Any]:
    try:
        answer, tolerance = Decimal(str(question.get("answer"))), Decimal(str(question.get("tolerance", 0)))
    except InvalidOperation as error:
        raise _Bad(_("“answer” và “tolerance” phải là số, viết phần lẻ bằng dấu chấm.")) from error
    if not (answer.is_finite() and tolerance.is_finite() and tolerance >= 0):
        raise _Bad(_("“answer” và “tolerance” phải là số, “tolerance” không âm."))
    return {"answer": f"{answer:f}", "tolerance": f"{tolerance:f}", "unit": _text(question.get("unit"))}


def _matching(question: Mapping[str, Any]) -> dict[str, Any]:
    pairs = [_part(value, "pairs") for value in _list(question, "pairs", 2)]
    lefts = _distinct([_text(pair.get("left")) for pair in pairs], "left")
    rights = [_text(pair.get("right")) for pair in pairs]
    extra = [_text(value) for value in question.get("extra") or []]
    _distinct([*rights, *extra], "right")
    return {
        "pairs": [
            {"id": letter, "left": left, "right": right}
            for letter, left, right in zip(ascii_lowercase, lefts, rights, strict=False)
        ],
        "extra": [{"id": f"x{place}", "text": text} for place, text in enumerate(extra, 1)],
    }


def _ordering(question: Mapping[str, Any]) -> dict[str, Any]:
    items = _distinct([_text(value) for value in _list(question, "items", 2)], "items")
    return {"items": [{"id": letter, "text": text} for letter, text in zip(ascii_lowercase, items, strict=False)]}


_READERS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "single": _options,
    "multiple": _options,
    "true_false": _true_false,
    "short_text": _short_text,
    "number": _number,
    "matching": _matching,
    "ordering": _ordering,
}


# --- writing -------------------------------------------------------------------------------------------------------------


def write_quiz(*, quiz: QuizPage, versions: Mapping[str, QuestionVersion], folder: Path) -> Changes:
    """What changes in quiz.yaml. `versions` are the bank's latest by code. Raises ContentError, BankError.

    Questions stand as they stand in the file; new ones behind them.
    """
    path = folder / "quiz.yaml"
    known = read_yaml(path.read_text(encoding="utf-8"), path).get("questions") or [] if path.exists() else []
    codes = [code for code in (str(one.get("id")) for one in known) if code in versions]
    codes += [code for code in versions if code not in codes]
    content = {code: {name: getattr(versions[code], name) for name in _CONTENT} for code in codes}
    fields = {**vars(quiz), "pass_mark": quiz.pass_mark * 10}
    told = _tell_quiz(fields, [QuestionFile(code=code, content=one) for code, one in content.items()])
    return write_mapping(path, told, lambda head, _path: _tell_quiz({**_RULES, **head}, read_questions(head["questions"])))


_CONTENT = ("kind", "difficulty", "competency", "lesson", "stem", "body", "feedback")
_RULES = {"slug": "kiem-tra", "intro": "", "attempts_allowed": None, "time_limit_minutes": None, "shuffle": True}


def _tell_quiz(fields: Mapping[str, Any], questions: Sequence[QuestionFile]) -> dict[str, Any]:
    return {
        "title": settled(fields["title"]), "slug": fields["slug"], **given({"intro": settled(fields["intro"])}),
        "ask": fields["ask"], "pass_mark": _plain(fields["pass_mark"]),
        **given({name: fields[name] for name in ("attempts_allowed", "time_limit_minutes")}),
        **({} if fields["shuffle"] else {"shuffle": False}),
        "questions": [_tell_question(one.code, one.content) for one in questions],
    }  # fmt: skip


def _plain(number: Any) -> Decimal:
    """A number as files say it: 70, not 70.00. It is written with its digits, never as a power of ten."""
    value = Decimal(str(number))
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def _tell_question(code: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": code, "kind": content["kind"], "difficulty": content["difficulty"],
        **given({"competency": content["competency"], "lesson": content["lesson"]}),
        "stem": content["stem"],
        **_TELLERS[content["kind"]](content["body"]),
        **given({"feedback": content["feedback"]}),
    }  # fmt: skip


def _tell_options(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "options": [
            {"text": one["text"], **({"correct": True} if one["correct"] else {}), **given({"feedback": one["feedback"]})}
            for one in body["options"]
        ]
    }


def _tell_matching(body: Mapping[str, Any]) -> dict[str, Any]:
    pairs = [{"left": pair["left"], "right": pair["right"]} for pair in body["pairs"]]
    return {"pairs": pairs, **given({"extra": [one["text"] for one in body["extra"]]})}


def _tell_number(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"answer": _digits(body["answer"]), "tolerance": _digits(body["tolerance"]), **given({"unit": body["unit"]})}


def _digits(text: str) -> Decimal | str:
    """A number of a question; in quotes where YAML would read other digits than it has (1.50, or very many)."""
    return Decimal(text) if str(float(text)) in (text, f"{text}.0") else text


def _tell_true_false(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"answer": body["answer"], **given({name: body[name] for name in ("feedback_true", "feedback_false")})}


_TELLERS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "single": _tell_options,
    "multiple": _tell_options,
    "true_false": _tell_true_false,
    "short_text": lambda body: {"accept": body["accept"]},
    "number": _tell_number,
    "matching": _tell_matching,
    "ordering": lambda body: {"items": [one["text"] for one in body["items"]]},
}
