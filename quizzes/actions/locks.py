"""Rows are locked in one order, enrolment then attempt, so that two acts never wait for each other. What hangs on an attempt
is read once it is locked."""

from __future__ import annotations

import uuid

from courses.models import Enrolment
from quizzes.models import Attempt, Slot


class Closed(Exception):
    """The attempt is finished or its time is over, or the question is settled; nothing was kept."""


def lock_attempt(pk: uuid.UUID) -> Attempt:
    """With all that judging it needs; its enrolment is locked before it."""
    Enrolment.objects.select_for_update(of=("self",)).get(attempts=pk)
    return (
        Attempt.objects.select_for_update(of=("self",))
        .select_related("quiz", "enrolment__learner", "enrolment__course", "enrolment__outline")
        .get(pk=pk)
    )


def lock_slot(attempt: Attempt, position: int) -> Slot:
    """A question with its version, its attempt locked. Raises Slot.DoesNotExist."""
    return (
        Slot.objects.select_for_update(of=("attempt",))
        .select_related("attempt", "version")
        .get(attempt=attempt, position=position)
    )
