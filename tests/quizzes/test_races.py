"""Two acts on one question at the same moment: the second sees what the first did. Forced, so that nothing rests on chance:
the first is held open, the second begins and waits, the first commits."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, connections, transaction

from courses.actions import enrol
from quizzes import actions, responses
from quizzes.models import AnswerStep, Attempt, Slot
from tests import world
from tests.people.test_restore import committed  # noqa: F401
from tests.quizzes.test_attempts import MINUTE, limit

pytestmark = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite lets one writer in at a time: the second begins when the first is done"
)


@pytest.fixture
def begun(committed: None, now: dt.datetime) -> Attempt:  # noqa: F811
    """An attempt whose questions are marked on the spot, really written."""
    made: SimpleNamespace = world.make_course("CD-R", "Khóa chạy đua")
    quiz = limit(made.quiz, behaviour="immediate")
    enrolment = enrol(learner=world.make_user("dua", "Phan Văn Đua"), course=made.page, now=now)
    return actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now, seed=1)


def at_once(first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """What `second` gives, or the refusal it raises, when `first` has acted and not committed yet as it begins."""
    told: list[Any] = []

    def act() -> None:
        try:
            told.append(second())
        except actions.Closed as refusal:
            told.append(refusal)
        finally:
            connections.close_all()

    thread = threading.Thread(target=act)
    with transaction.atomic():
        first()
        thread.start()
        time.sleep(0.4)
        assert not told, "the second waits for the first"
    thread.join(10)
    [found] = told
    return found


def right(attempt: Attempt) -> dict[str, Any]:
    version = attempt.slots.select_related("version").get(position=1).version
    return responses.right_response(version.kind, version.body)


def test_an_answer_that_comes_while_its_question_is_marked_is_refused(begun: Attempt, now: dt.datetime) -> None:
    answer = right(begun)
    told = at_once(
        lambda: actions.check_answer(attempt=begun, position=1, now=now),
        lambda: actions.save_answer(attempt=begun, position=1, response=answer, now=now),
    )
    assert isinstance(told, actions.Closed)
    assert not AnswerStep.objects.filter(slot__attempt=begun).exists()


def test_a_question_is_marked_once(begun: Attempt, now: dt.datetime) -> None:
    told = at_once(
        lambda: actions.check_answer(attempt=begun, position=1, now=now),
        lambda: actions.check_answer(attempt=begun, position=1, now=now + MINUTE),
    )
    assert told.checked_at == Slot.objects.get(attempt=begun, position=1).checked_at == now


def test_a_flag_that_is_taken_off_stays_off(begun: Attempt, now: dt.datetime) -> None:
    def flag(on: bool) -> Callable[[], Any]:
        return lambda: actions.save_answer(attempt=begun, position=1, response={}, flagged=on, now=now)

    at_once(flag(on=True), flag(on=False))
    assert not Slot.objects.get(attempt=begun, position=1).flagged
