"""Rows are locked in one order, enrolment then attempt, so that two acts never wait for each other. What hangs on an attempt
is read once it is locked."""

from __future__ import annotations

import uuid

from django.db.models import F

from courses.models import Enrolment
from quizzes.models import AnswerStep, Attempt, Slot

_STEP = [field.attname for field in AnswerStep._meta.concrete_fields]


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


def lock_slot(attempt: Attempt, position: int) -> tuple[Slot, AnswerStep | None]:
    """A question with its version, and its last answer; its attempt is locked. Raises Slot.DoesNotExist.

    In two queries: one that waits for the attempt would bring the question as it was before it waited.
    """
    locked = Attempt.objects.select_for_update().get(pk=attempt.pk)
    last = {f"last_{name}": F(f"steps__{name}") for name in _STEP}
    slot = locked.slots.filter(position=position).select_related("version").annotate(**last).order_by("-steps__sequence").first()
    if slot is None:
        raise Slot.DoesNotExist(f"{attempt.pk} {position}")
    values = [getattr(slot, name) for name in last]
    if values[0] is None:
        return slot, None
    step = AnswerStep.from_db(slot._state.db, _STEP, values)
    step.slot = slot
    return slot, step
