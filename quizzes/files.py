"""Questions as they stand in quiz.yaml, checked and brought into the shape of QuestionVersion.body. Pure.

The format is described in content/README.md. Ids of options, pairs and items go by their place in the file: a, b, c …
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from string import ascii_lowercase
from typing import Any

from django.utils.translation import gettext as _

from people.text import nfc
from quizzes.marking import words
from quizzes.models import Difficulty, QuestionKind

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
