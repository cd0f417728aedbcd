"""A quiz with what a person marks, sat by somebody: for the tests of marking by hand and of marking anew."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

from courses.models import Enrolment
from quizzes import actions
from quizzes.formats.items import Item, Reading
from quizzes.models import Attempt, Category, QuizPage, Slot

CANARY = "CHIM-HOANG-YEN"
RUBRIC = [
    {"criterion": "Rõ ý", "levels": [{"text": "chưa", "points": 0}, {"text": "tạm", "points": 2}, {"text": "rõ", "points": 4}]},
    {"criterion": "Đúng việc", "levels": [{"text": "lạc", "points": 0}, {"text": "đúng", "points": 6}]},
]
ESSAY = {
    "id": "tu-luan", "kind": "essay", "stem": "AI giúp gì cho việc của bạn?", "words": [3, 200], "rubric": RUBRIC, "mark": 4,
    "for_markers": CANARY,
}  # fmt: skip
PLAIN = {"id": "tu-do", "kind": "essay", "stem": "Viết một đoạn.", "mark": 2}
FILES = {"id": "nop-tep", "kind": "file", "stem": "Gửi bài của bạn.", "files": 2, "types": ["pdf", "docx"], "mark": 2}
TASK = {
    "id": "thuc-hanh", "kind": "practical", "stem": "Dùng một công cụ AI cho việc của bạn.", "rubric": RUBRIC[:1], "mark": 2,
    "self_check": ["Không có dữ liệu của ai", "Đã kiểm lại kết quả"], "for_markers": CANARY,
}  # fmt: skip
SINGLE = {
    "id": "chon-mot", "kind": "single", "stem": "Chọn.", "mark": 2,
    "options": [{"text": "Đúng", "correct": True}, {"text": "Sai"}, {"text": "Cũng sai"}],
}  # fmt: skip
PDF = b"%PDF-1.4\n%\xe2\xe3\n1 0 obj<<>>endobj\n%%EOF"


def bank(*plains: dict[str, Any], now: dt.datetime) -> Category:
    """The questions as a bank of their own; asked again, the next version of each."""
    items = tuple(Item(line=line, plain=plain) for line, plain in enumerate(plains, 1))
    outcome = actions.import_questions(reading=Reading(items=items), path=["Chấm tay"], now=now)
    assert outcome.refusals == [], outcome.refusals
    return Category.objects.get(name="Chấm tay")


def set_up(quiz: QuizPage, *plains: dict[str, Any], now: dt.datetime, **rules: Any) -> QuizPage:
    quiz.category, quiz.ask = bank(*plains, now=now), len(plains)
    for name, value in rules.items():
        setattr(quiz, name, value)
    quiz.save()
    return quiz


def office(*names: str) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name in ("[Content_Types].xml", *names):
            archive.writestr(name, "x")
    return kept.getvalue()


def slot(attempt: Attempt, code: str) -> Slot:
    return attempt.slots.select_related("version", "attempt").get(version__question__code__endswith=code)


def answer(attempt: Attempt, code: str, response: dict[str, Any], now: dt.datetime) -> None:
    actions.save_answer(attempt=attempt, position=slot(attempt, code).position, response=response, now=now)


def sit(enrolment: Enrolment, quiz: QuizPage, now: dt.datetime, **responses: dict[str, Any]) -> Attempt:
    """One attempt handed in with these answers, by the kind of the question."""
    attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now, seed=1)
    for one in attempt.slots.select_related("version"):
        if one.version.kind in responses:
            actions.save_answer(attempt=attempt, position=one.position, response=responses[one.version.kind], now=now)
    return actions.finish_attempt(attempt=attempt, now=now)
