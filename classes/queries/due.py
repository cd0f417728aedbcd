"""What one learner owes her classes and her agency, for "my learning"."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from classes.models import Assignment, StaffRequirement
from courses.models import Enrolment
from courses.queries import CourseOutline, Part, outlines
from people.models import Membership, User


@dataclass(frozen=True, kw_only=True)
class DueItem:
    """`state` is "overdue", "open" or "done". `url` is the next thing to do, empty when the course is closed just now.

    `class_name` is the class that gave it or, for a course an agency requires, the agency (`required` tells which).
    """

    title: str
    class_name: str
    course_title: str
    course_id: int
    url: str
    due_at: dt.datetime
    state: str
    required: bool = False


@dataclass(frozen=True)
class _Given:
    title: str
    by: str
    course_title: str
    course_id: int
    part: uuid.UUID | None
    due_at: dt.datetime
    required: bool


def due_for(
    learner: User, now: dt.datetime, *, include_done: bool = False, live: dict[int, CourseOutline] | None = None
) -> list[DueItem]:
    """Work of her open classes and courses her agency requires, soonest first.

    Three queries for any number, and the outlines unless they are given.
    """
    given = [*_from_classes(learner), *_from_agencies(learner)]
    if not given:
        return []
    courses = {one.course_id for one in given}
    completed: set[int] = set()
    done: set[tuple[int, uuid.UUID]] = set()
    kept = Enrolment.objects.filter(learner=learner, course_id__in=courses, withdrawn_at__isnull=True)
    for course_id, completed_at, part in kept.values_list("course_id", "completed_at", "completions__part"):
        if completed_at:
            completed.add(course_id)
        if part:
            done.add((course_id, part))
    live = outlines() if live is None else live
    items = [_item(one, live.get(one.course_id), one.course_id in completed, done, now) for one in given]
    wanted = [item for item in items if include_done or item.state != "done"]
    return sorted(wanted, key=lambda item: (item.state == "done", item.due_at))


def _from_classes(learner: User) -> list[_Given]:
    rows = (
        Assignment.objects.current()
        .filter(
            training_class__members__learner=learner,
            training_class__members__left_at__isnull=True,
            training_class__opened_at__isnull=False,
            training_class__closed_at__isnull=True,
            training_class__cancelled_at__isnull=True,
        )  # fmt: skip
        .values_list("title", "training_class__name", "course__title", "course_id", "part", "due_at")
    )
    return [_Given(*row, required=False) for row in rows]


def _from_agencies(learner: User) -> list[_Given]:
    working = Membership.objects.current().staff().filter(
        user=learner, organisation__path__startswith=OuterRef("organisation__path")
    )  # fmt: skip
    rows = (
        StaffRequirement.objects.current()
        .filter(Exists(working))
        .values_list("course__title", "organisation__short_name", "organisation__name", "course_id", "due_at")
    )
    return [
        _Given(title=title, by=short or name, course_title=title, course_id=course_id, part=None, due_at=due_at, required=True)
        for title, short, name, course_id, due_at in rows
    ]


def _item(
    given: _Given, course: CourseOutline | None, completed: bool, done: set[tuple[int, uuid.UUID]], now: dt.datetime
) -> DueItem:
    scope: list[Part] = [part for part in course.parts if given.part in (None, part.key)] if course else []
    owed = [] if completed else [part for part in scope if (given.course_id, part.key) not in done]
    finished = completed or (bool(scope) and not owed) or (given.part is not None and (given.course_id, given.part) in done)
    return DueItem(
        title=given.title, class_name=given.by, course_title=given.course_title, course_id=given.course_id,
        url=owed[0].url if owed else course.url if course else "", due_at=given.due_at,
        state="done" if finished else "overdue" if given.due_at < now else "open", required=given.required,
    )  # fmt: skip
