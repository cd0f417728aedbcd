"""A class begins, ends and is opened again."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import IntegrityError, transaction

from classes import codes, queries
from classes.models import ClassTeacher, TrainingClass
from people.models import Organisation, User
from people.text import nfc


class NotTeacherHere(Exception):
    """She holds no role of teacher in this organisation or above it."""


class ClassClosed(Exception):
    """The class takes no new members and no new work."""


@transaction.atomic
def create_class(
    *, key: uuid.UUID, teacher: User, name: str, kind: str, organisation: Organisation, starts_on: dt.date,
    ends_on: dt.date | None, now: dt.datetime,
) -> TrainingClass:  # fmt: skip
    """A class with a join code, taught by `teacher`. Raises NotTeacherHere.

    `key` becomes its id: a form sent twice makes one class.
    """
    if not queries.may_teach_in(teacher, organisation):
        raise NotTeacherHere(organisation.code)
    existing = TrainingClass.objects.taught_by(teacher).filter(pk=key).first()
    if existing:
        return existing
    fields = {
        "name": nfc(name), "kind": kind, "organisation": organisation, "starts_on": starts_on, "ends_on": ends_on,
        "created_at": now,
    }  # fmt: skip
    made = _with_join_code(key, fields)
    ClassTeacher.objects.create(training_class=made, teacher=teacher)
    return made


def _with_join_code(key: uuid.UUID, fields: dict[str, object]) -> TrainingClass:
    if TrainingClass.objects.filter(pk=key).exists():  # somebody else's id: never theirs, never an error that tells
        key = uuid.uuid4()
    while True:
        try:
            with transaction.atomic():
                return TrainingClass.objects.create(pk=key, join_code=codes.new_join_code(), **fields)
        except IntegrityError:
            if TrainingClass.objects.filter(pk=key).exists():
                raise


@transaction.atomic
def close_class(*, training_class: TrainingClass, now: dt.datetime) -> None:
    """Nobody joins any more and nothing falls due; what was done stays. The first date stays."""
    TrainingClass.objects.filter(pk=training_class.pk, closed_at__isnull=True).update(closed_at=now)


@transaction.atomic
def reopen_class(*, training_class: TrainingClass) -> None:
    TrainingClass.objects.filter(pk=training_class.pk).update(closed_at=None)
