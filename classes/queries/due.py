"""What one learner owes her classes and her agency, for "my learning"."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from classes.models import Assignment, AssignmentLearner, ClassMember, GroupMember, StaffRequirement
from courses.models import Enrolment
from courses.queries import CourseOutline, Part, outlines
from people.models import Membership, User
from people.prepared import Prepared, prepared


@dataclass(frozen=True, kw_only=True)
class DueItem:
    """`state` is "overdue", "open", "later" (has not started) or "done". `url` is the next thing to do, empty when the

    course is closed just now.

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
    # Not to be begun before this moment, and why the date is her own.
    starts_at: dt.datetime | None = None
    own: bool = False

    @property
    def later(self) -> bool:
        return self.state == "later"


@dataclass(frozen=True)
class _Given:
    title: str
    by: str
    course_title: str
    course_id: int
    part: uuid.UUID | None
    due_at: dt.datetime
    starts_at: dt.datetime | None = None
    own: bool = False
    required: bool = False


@dataclass(frozen=True)
class Ties:
    """Whether she is in a class, and on the staff of an agency. Who is in neither is asked nothing more."""

    in_class: bool
    on_staff: bool


@prepared(learner=int)
def _ties(learner: int) -> QuerySet[Any]:
    in_class = ClassMember.objects.current().filter(learner=OuterRef("pk"))
    on_staff = Membership.objects.current().staff().filter(user=OuterRef("pk"))
    both = User.objects.filter(pk=learner).annotate(in_class=Exists(in_class), on_staff=Exists(on_staff))
    return both.values_list("in_class", "on_staff")


def ties_of(learner: User) -> Ties:
    """One query, far cheaper than those it spares most learners."""
    return next((Ties(*row) for row in _ties(learner=learner.pk)), Ties(False, False))


def due_for(
    learner: User, now: dt.datetime, *, include_done: bool = False, live: dict[int, CourseOutline] | None = None,
    ties: Ties | None = None,
) -> list[DueItem]:  # fmt: skip
    """Work of her open classes and courses her agency requires, soonest first.

    Four queries at most for any number, and the outlines unless they are given.
    """
    ties = ties or ties_of(learner)
    given = [
        *(_from_classes(learner) if ties.in_class else ()),
        *(_from_agencies(learner) if ties.on_staff else ()),
    ]
    if not given:
        return []
    completed: set[int] = set()
    done: set[tuple[int, uuid.UUID]] = set()
    for course_id, completed_at, part in _done_by(learner=learner.pk):
        if completed_at:
            completed.add(course_id)
        if part:
            done.add((course_id, part))
    live = outlines() if live is None else live
    items = [_item(one, live.get(one.course_id), one.course_id in completed, done, now) for one in given]
    wanted = [item for item in items if include_done or item.state != "done"]
    return sorted(wanted, key=lambda item: (item.state == "done", item.due_at))


_done_by = Prepared(
    lambda learner: Enrolment.objects.filter(learner=learner, withdrawn_at__isnull=True)
    .values_list("course_id", "completed_at", "completions__part"),
    learner=int,
)  # fmt: skip


@prepared(learner=int)
def _given_in_classes(learner: int) -> QuerySet[Any]:
    me = ClassMember.objects.current().filter(learner=learner, training_class=OuterRef("training_class"))
    mine = AssignmentLearner.objects.filter(assignment=OuterRef("pk"), member__learner=learner)
    in_group = GroupMember.objects.filter(group=OuterRef("group"), member__learner=learner)
    return (
        Assignment.objects.current()
        .filter(
            Exists(me), training_class__opened_at__isnull=False, training_class__closed_at__isnull=True,
            training_class__cancelled_at__isnull=True,
        )
        .filter(~Exists(mine.filter(exempt=True)))
        .filter(Q(named=False) | Exists(mine)).filter(Q(group__isnull=True) | Exists(in_group))
        .annotate(own_due=Subquery(mine.values("due_at")[:1])).order_by("due_at", "position", "title")
        .values_list("title", "training_class__name", "course__title", "course_id", "part", "due_at", "starts_at", "own_due")
    )  # fmt: skip


def _from_classes(learner: User) -> list[_Given]:
    """What is given to her, with the date that holds for her; nothing she is exempt from. One query."""
    return [
        _Given(title, by, course_title, course_id, part, own or due_at, starts_at, own is not None)
        for title, by, course_title, course_id, part, due_at, starts_at, own in _given_in_classes(learner=learner.pk)
    ]


@prepared(learner=int)
def _required_by_agencies(learner: int) -> QuerySet[Any]:
    working = Membership.objects.current().staff().filter(
        user=learner, organisation__path__startswith=OuterRef("organisation__path")
    )  # fmt: skip
    return (
        StaffRequirement.objects.current()
        .filter(Exists(working))
        .values_list("course__title", "organisation__short_name", "organisation__name", "course_id", "due_at")
    )


def _from_agencies(learner: User) -> list[_Given]:
    return [
        _Given(title=title, by=short or name, course_title=title, course_id=course_id, part=None, due_at=due_at, required=True)
        for title, short, name, course_id, due_at in _required_by_agencies(learner=learner.pk)
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
        state=_state(given, finished, now), required=given.required, starts_at=given.starts_at, own=given.own,
    )  # fmt: skip


def _state(given: _Given, finished: bool, now: dt.datetime) -> str:
    if finished:
        return "done"
    if given.starts_at and given.starts_at > now:
        return "later"
    return "overdue" if given.due_at < now else "open"
