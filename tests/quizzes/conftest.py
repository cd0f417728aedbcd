from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from courses.actions import enrol
from courses.models import Enrolment
from quizzes import actions, responses
from quizzes.models import Attempt


@pytest.fixture
def enrolment(course: SimpleNamespace, an: Any, now: dt.datetime) -> Enrolment:
    """An's, in the course of the little world."""
    return enrol(learner=an, course=course.page, now=now)


@pytest.fixture
def attempt(enrolment: Enrolment, course: SimpleNamespace, now: dt.datetime) -> Attempt:
    """An's first, just begun: five of the eight questions."""
    return actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now, seed=1)


def answer_all(attempt: Attempt, now: dt.datetime, right: int = 5) -> None:
    """Answer the first `right` questions rightly, and leave the others."""
    for slot in attempt.slots.select_related("version").order_by("position")[:right]:
        response = responses.right_response(slot.version.kind, slot.version.body)
        actions.save_answer(attempt=attempt, position=slot.position, response=response, now=now)
