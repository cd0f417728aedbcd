"""The statements of an attempt, compared with golden files. To write them anew: GOLDEN=write pytest tests/quizzes."""

from __future__ import annotations

import datetime as dt
import json
import os
import uuid
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from courses.models import CoursePage, Enrolment
from lrs.models import Statement
from people.models import User
from quizzes import marking, statements
from quizzes.kinds.arranging import rights
from quizzes.models import AnswerStep, Attempt, Question, QuestionVersion, QuizPage, Slot
from tests.world import make_bank

GOLDEN = Path(__file__).parent / "golden"


def uid(number: int) -> uuid.UUID:
    return uuid.UUID(f"00000000-0000-4000-8000-00000000000{number}")


def compare(name: str, statement: Statement) -> dict[str, Any]:
    document = json.loads(statement.document)
    path = GOLDEN / f"{name}.json"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    assert document == json.loads(path.read_text(encoding="utf-8"))
    return document


@pytest.fixture
def sat(now: dt.datetime) -> Attempt:
    """A finished attempt with fixed ids, not saved."""
    course = CoursePage(title="Khóa thử", code="CD-T", translation_key=uid(1))
    enrolment = Enrolment(id=uid(3), learner=User(actor_id=uid(2)), course=course)
    quiz = QuizPage(title="Bài kiểm tra cuối khóa", translation_key=uid(4))
    return Attempt(
        id=uid(5), enrolment=enrolment, quiz=quiz, part=uid(4), number=1, started_at=now,
        finished_at=now + dt.timedelta(minutes=9, seconds=30), score=Decimal("8.25"), passed=True, rules={},
    )  # fmt: skip


def test_attempted(sat: Attempt) -> None:
    compare("attempted", statements.attempted(sat))


def test_passed(sat: Attempt) -> None:
    compare("passed", statements.judged(sat))


def test_failed(sat: Attempt) -> None:
    sat.score, sat.passed = Decimal("6.5"), False
    compare("failed", statements.judged(sat))


@pytest.mark.parametrize(
    ("place", "response"),
    [
        (0, {"choice": "b"}),
        (1, {"choices": ["b", "a"]}),
        (2, {"value": False}),
        (3, {"text": "Thien kien"}),
        (4, {"number": "7,5"}),
        (5, {"pairs": {"a": "a", "b": "x1"}}),
        (6, {"places": {"a": 2, "b": 1, "c": 3}}),
    ],
)
@pytest.mark.django_db
def test_answered(sat: Attempt, now: dt.datetime, place: int, response: dict[str, Any]) -> None:
    make_bank("CD-T")
    version = QuestionVersion.objects.order_by("question__code")[place]
    slot = Slot(attempt=sat, position=1, version=version)
    slot.mark = marking.earned(marking.mark(version.kind, version.body, response), slot.max_mark)
    step = AnswerStep(slot=slot, sequence=2, response=response, saved_at=now + dt.timedelta(minutes=1))
    document = compare(f"answered-{version.kind}", statements.answered(sat, slot, step))
    assert "correctResponsesPattern" not in document["object"]["definition"]


def test_what_was_typed_freely_is_told_only_when_it_is_a_known_word(sat: Attempt, now: dt.datetime) -> None:
    version = QuestionVersion(question=Question(code="q"), number=1, kind="short_text", stem="?", body={"accept": ["nhãn"]})
    slot = Slot(attempt=sat, position=1, version=version, mark=Decimal(0))
    step = AnswerStep(slot=slot, sequence=1, response={"text": "Tôi là Nguyễn Thị An"}, saved_at=now)
    assert "Nguyễn" not in statements.answered(sat, slot, step).document
    assert '"response"' not in statements.answered(sat, slot, step).document


def test_another_attempt_and_another_answer_are_other_statements(sat: Attempt, now: dt.datetime) -> None:
    one = statements.attempted(sat)
    sat.id = uid(6)
    assert statements.attempted(sat).statement_id != one.statement_id
    version = QuestionVersion(question=Question(code="q"), number=1, kind="true_false", stem="?", body={"answer": True})
    slot = Slot(attempt=sat, position=1, version=version, mark=Decimal(1))
    ids = {
        statements.answered(
            sat, slot, AnswerStep(slot=slot, sequence=sequence, response={"value": True}, saved_at=now)
        ).statement_id
        for sequence in (1, 2)
    }
    assert len(ids) == 2


def test_the_key_is_not_in_the_order_of_what_a_statement_lists(course: SimpleNamespace) -> None:
    for kind in ("matching", "ordering"):
        version = QuestionVersion.objects.get(kind=kind)
        listed = statements.question_activity(version).extra
        texts = [one["description"]["vi"] for one in listed.get("target", listed.get("choices"))]
        assert texts == sorted(texts)
        assert len(texts) == len(rights(version.body) if kind == "matching" else version.body["items"])
