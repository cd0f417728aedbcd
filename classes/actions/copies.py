"""Last year's class again: its work with the dates moved on, and its people if they stay together."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db import transaction

from classes.actions.assignments import DueInPast, NothingToAssign, assign
from classes.actions.classes import create_class
from classes.models import Assignment, ClassMember, MemberSource, TrainingClass
from people.models import User


@dataclass(frozen=True, kw_only=True)
class Copied:
    """`skipped` are titles of what could not be given again: it would be due already, or the course is closed."""

    training_class: TrainingClass
    members: int
    assigned: int
    skipped: tuple[str, ...]


@transaction.atomic
def copy_class(
    *, source: TrainingClass, key: uuid.UUID, teacher: User, name: str, starts_on: dt.date, ends_on: dt.date | None,
    school_year: str, with_members: bool, now: dt.datetime,
) -> Copied:  # fmt: skip
    """What was given to the whole class is given again, each date as many days later as the new class starts later.

    What was given to groups or by name, and exceptions, stay behind. `key`: sent twice, it is one copy.
    """
    made = create_class(
        key=key, teacher=teacher, name=name, kind=source.kind, organisation=source.organisation, starts_on=starts_on,
        ends_on=ends_on, school_year=school_year, now=now,
    )  # fmt: skip
    if Assignment.objects.filter(training_class=made).exists() or ClassMember.objects.filter(training_class=made).exists():
        count = Assignment.objects.filter(training_class=made).count()
        return Copied(training_class=made, members=made.members.count(), assigned=count, skipped=())  # type: ignore[attr-defined]
    made.by_nomination, made.capacity, made.attendance_needed = source.by_nomination, source.capacity, source.attendance_needed
    made.save(update_fields=["by_nomination", "capacity", "attendance_needed"])
    people = _take_over(source, made, now) if with_members else 0
    moved = starts_on - source.starts_on
    given = Assignment.objects.current().for_everybody().filter(training_class=source).select_related("course")
    skipped: list[str] = []
    assigned, paths = 0, dict[uuid.UUID, uuid.UUID]()
    for one in given.order_by("due_at", "position", "title"):
        starts_at = one.starts_at + moved if one.starts_at else None
        path = paths.setdefault(one.path, uuid.uuid4()) if one.path else None
        try:
            assign(
                training_class=made, teacher=teacher, course=one.course, part=one.part, due_at=one.due_at + moved, now=now,
                starts_at=starts_at, counts=one.counts, path=path, position=one.position,
            )  # fmt: skip
        except (DueInPast, NothingToAssign):
            skipped.append(one.title)
        else:
            assigned += 1
    return Copied(training_class=made, members=people, assigned=assigned, skipped=tuple(skipped))


def _take_over(source: TrainingClass, made: TrainingClass, now: dt.datetime) -> int:
    """The members under their numbers. Their accounts are their own; log-in slips are made by the class that made them."""
    members = ClassMember.objects.current().filter(training_class=source).order_by("number")
    fresh = [
        ClassMember(
            training_class=made, learner_id=member.learner_id, number=member.number, shown_as=member.shown_as,
            source=MemberSource.LIST, joined_at=now,
        )
        for member in members
    ]  # fmt: skip
    return len(ClassMember.objects.bulk_create(fresh))
