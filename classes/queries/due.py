"""What one learner owes her classes and her agency, for "my learning"."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import CharField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Concat

from classes.duties import SOON, TEACHERS, Duty, Unit
from classes.models import Assignment, AssignmentLearner, ClassMember, GroupMember, StaffRequirement, TrainingClass
from classes.queries.counts import moment
from courses.models import Enrolment, OutsideCompletion
from courses.queries import CourseOutline, Part, outlines
from people.models import Audience, Membership, Organisation, User
from people.prepared import Prepared, prepared


@dataclass(frozen=True, kw_only=True)
class DueItem:
    """`state` is "overdue", "open", "later" (has not started), "expiring" (done, and lapses at `due_at`) or "done".

    `url` is the next thing to do, empty when the course is closed just now. `again`: what she did has lapsed or does so
    soon, so she takes the course anew; `begin` is the course page to enrol in for that, where she has not yet.

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
    again: bool = False
    begin: int | None = None
    # The row that asks it: "assignment:…" or "requirement:…".
    topic: str = ""

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
    duty: Duty | None = None
    topic: str = ""


@dataclass(frozen=True)
class Ties:
    """Whether she is in a class, on the staff of an agency, and has something recognised. Who has none is asked nothing more."""

    in_class: bool
    on_staff: bool
    recognised: bool = False


@prepared(learner=int)
def _ties(learner: int) -> QuerySet[Any]:
    in_class = ClassMember.objects.current().filter(learner=OuterRef("pk"))
    on_staff = Membership.objects.current().staff().filter(user=OuterRef("pk"))
    recognised = OutsideCompletion.objects.standing().filter(learner=OuterRef("pk"))
    all_ = {"in_class": Exists(in_class), "on_staff": Exists(on_staff), "recognised": Exists(recognised)}
    return User.objects.filter(pk=learner).annotate(**all_).values_list(*all_)


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
    did = _Did()
    for course_id, completed_at, part in _done_by(learner=learner.pk):
        did.note(course_id, completed_at, part)
    if ties.recognised:
        for outside in recognised_of(learner):
            did.recognise(outside.course_id, outside.completed_on)
    live = outlines() if live is None else live
    items = [_item(one, live.get(one.course_id), did, now) for one in given]
    wanted = [item for item in items if include_done or item.state != "done"]
    return sorted(wanted, key=lambda item: (item.state == "done", item.due_at))


def dues_of(learners: Collection[int], now: dt.datetime) -> dict[int, list[DueItem]]:
    """`due_for` of many people by their key, without those who owe nothing. Eight queries for any number, and the outlines."""
    given: dict[int, list[_Given]] = {}
    for learner, one in [*_from_classes_of(learners), *_from_agencies_of(learners)]:
        given.setdefault(learner, []).append(one)
    did: dict[int, _Did] = {learner: _Did() for learner in given}
    rows = Enrolment.objects.filter(learner__in=given, withdrawn_at__isnull=True)
    fields = ("learner_id", "course_id", "completed_at", "completions__part")
    for learner, course_id, completed_at, part in rows.values_list(*fields):
        did[learner].note(course_id, completed_at, part)
    standing = OutsideCompletion.objects.standing().filter(learner__in=given)
    for learner, course_id, day in standing.values_list("learner_id", "course_id", "completed_on"):
        did[learner].recognise(course_id, day)
    live = outlines()
    return {
        learner: sorted(
            (item for one in ones if (item := _item(one, live.get(one.course_id), did[learner], now)).state != "done"),
            key=lambda item: item.due_at,
        )
        for learner, ones in given.items()
    }


def _from_classes_of(learners: Collection[int]) -> Iterable[tuple[int, _Given]]:
    """What `_given_in_classes` says, for many: four queries."""
    places = ClassMember.objects.current().filter(learner__in=learners, training_class__in=TrainingClass.objects.open())
    of_class: dict[uuid.UUID, list[tuple[int, int]]] = {}
    for klass, member, learner in places.values_list("training_class_id", "pk", "learner_id"):
        of_class.setdefault(klass, []).append((member, learner))
    if not of_class:
        return
    members = [member for ones in of_class.values() for member, _learner in ones]
    mine = AssignmentLearner.objects.filter(member__in=members).values_list("assignment_id", "member_id", "exempt", "due_at")
    said = {(assignment, member): (exempt, due_at) for assignment, member, exempt, due_at in mine}
    grouped = set(GroupMember.objects.filter(member__in=members).values_list("group_id", "member_id"))
    rows = Assignment.objects.current().filter(training_class__in=of_class).order_by("due_at", "position", "title")
    fields = (
        "pk", "training_class_id", "training_class__name", "title", "course__title", "course_id", "part", "due_at", "starts_at",
        "named", "group_id",
    )  # fmt: skip
    for pk, klass, by, title, course_title, course_id, part, due_at, starts_at, named, group in rows.values_list(*fields):
        for member, learner in of_class[klass]:
            exempt, own = said.get((pk, member), (False, None))
            if exempt or (named and (pk, member) not in said) or (group and (group, member) not in grouped):
                continue
            yield learner, _Given(
                title, by, course_title, course_id, part, own or due_at, starts_at, own is not None, topic=f"assignment:{pk}"
            )


def _from_agencies_of(learners: Collection[int]) -> Iterable[tuple[int, _Given]]:
    """What `_required_by_agencies` says, for many: two queries."""
    asked: dict[str, list[Duty]] = {}
    rows = {row.pk: row for row in StaffRequirement.objects.current().select_related("organisation", "course").order_by("pk")}
    for row in rows.values():
        asked.setdefault(row.organisation.path, []).append(row.duty)
    if not asked:
        return
    working = Membership.objects.current().staff().filter(user__in=learners).annotate(joined=Coalesce("carried_since", "since"))
    fields = ("user_id", "organisation__path", "category", "joined", "user__audience")
    since: dict[tuple[Duty, int], dt.date] = {}
    for learner, path, category, joined, audience in working.values_list(*fields):
        unit = Unit(path=path, category=category, since=joined, teacher=audience == Audience.TEACHER)
        for length in range(Organisation.steplen, len(path) + 1, Organisation.steplen):
            for duty in asked.get(path[:length], ()):
                if duty.covers(unit):
                    since[duty, learner] = min(joined, since.get((duty, learner), joined))
    for (duty, learner), joined in since.items():
        row = rows[duty.key]
        yield learner, _Given(
            row.course.title, row.organisation.label, row.course.title, row.course_id, None, duty.due(joined), duty=duty,
            topic=f"requirement:{duty.key}",
        )  # fmt: skip


@dataclass
class _Did:
    """What she did, by course: the last completion, the last recognition, the parts, those of an open enrolment apart."""

    completed: dict[int, dt.datetime] = field(default_factory=dict)
    recognised: dict[int, dt.datetime] = field(default_factory=dict)
    parts: set[tuple[int, uuid.UUID]] = field(default_factory=set)
    anew: dict[int, set[uuid.UUID]] = field(default_factory=dict)

    def note(self, course: int, completed_at: dt.datetime | None, part: uuid.UUID | None) -> None:
        if completed_at:
            self.completed[course] = max(completed_at, self.completed.get(course, completed_at))
        else:
            self.anew.setdefault(course, set()).update([part] if part else ())
        if part:
            self.parts.add((course, part))

    def recognise(self, course: int, completed_on: dt.date) -> None:
        at = moment(completed_on)
        self.recognised[course] = max(at, self.recognised.get(course, at))

    def holds(self, course: int, duty: Duty | None, now: dt.datetime) -> bool:
        """Whether the whole course counts as done at `now`."""
        since = duty.counts_since(now) if duty else None
        both = (self.completed.get(course), self.recognised.get(course))
        return any(at is not None and (since is None or at >= since) for at in both)

    def lapses(self, course: int, duty: Duty) -> dt.datetime | None:
        both = (self.completed.get(course), self.recognised.get(course))
        return max((day for at in both if at and (day := duty.lapses(at))), default=None)


@prepared(learner=int)
def _recognised_of(learner: int) -> QuerySet[OutsideCompletion]:
    rows = OutsideCompletion.objects.standing().filter(learner=learner).select_related("course", "organisation")
    return rows.order_by("-completed_on", "pk").only(
        "course_id", "course__title", "kind", "completed_on", "issuer", "reason", "organisation__name", "organisation__short_name"
    )  # fmt: skip


def recognised_of(learner: User) -> list[OutsideCompletion]:
    """What counts as done without having been done here, the latest first. One query, written once."""
    return list(_recognised_of(learner=learner.pk))


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
        .values_list(
            "title", "training_class__name", "course__title", "course_id", "part", "due_at", "starts_at", "own_due", "pk"
        )
    )  # fmt: skip


def _from_classes(learner: User) -> list[_Given]:
    """What is given to her, with the date that holds for her; nothing she is exempt from. One query."""
    return [
        _Given(title, by, course_title, course_id, part, own or due_at, starts_at, own is not None, topic=f"assignment:{pk}")
        for title, by, course_title, course_id, part, due_at, starts_at, own, pk in _given_in_classes(learner=learner.pk)
    ]


@prepared(learner=int)
def _required_by_agencies(learner: int) -> QuerySet[Any]:
    """What concerns her by her staff category, and since when she is there: in two units, the longer counts."""
    working = Membership.objects.current().staff().filter(
        user=learner, organisation__path__startswith=OuterRef("organisation__path")
    )  # fmt: skip
    asked = ExpressionWrapper(OuterRef("groups"), CharField())
    working = working.annotate(asked=asked, joined=Coalesce("carried_since", "since"))
    working = working.filter(
        Q(asked="") | Q(asked__contains=Concat(Value(","), "category", Value(",")))
        | Q(asked__contains=f",{TEACHERS},", user__audience=Audience.TEACHER)
    )  # fmt: skip
    return (
        StaffRequirement.objects.current()
        .annotate(joined=Subquery(working.order_by("joined").values("joined")[:1]))
        .filter(joined__isnull=False)
        .values_list(
            "course__title", "organisation__short_name", "organisation__name", "course_id", "due_at", "days", "asked_on",
            "months", "joined", "pk",
        )
    )  # fmt: skip


def _from_agencies(learner: User) -> list[_Given]:
    given = []
    for title, short, name, course_id, due_at, days, asked_on, months, joined, pk in _required_by_agencies(learner=learner.pk):
        duty = Duty(key=pk, course=course_id, due_at=due_at, days=days, asked_on=asked_on, months=months)
        given.append(
            _Given(title, short or name, title, course_id, None, duty.due(joined), duty=duty, topic=f"requirement:{pk}")
        )
    return given


def _item(given: _Given, course: CourseOutline | None, did: _Did, now: dt.datetime) -> DueItem:
    if given.duty and given.duty.months:
        return _renewable(given, given.duty, course, did, now)
    key = given.course_id
    scope: list[Part] = [part for part in course.parts if given.part in (None, part.key)] if course else []
    completed = did.holds(key, None, now)
    owed = [] if completed else [part for part in scope if (key, part.key) not in did.parts]
    finished = completed or (bool(scope) and not owed) or (given.part is not None and (key, given.part) in did.parts)
    return _due_item(given, course, owed, due_at=given.due_at, state=_state(given, finished, now))


def _renewable(given: _Given, duty: Duty, course: CourseOutline | None, did: _Did, now: dt.datetime) -> DueItem:
    """A course that must be taken again: only an enrolment of her own that is open leads further."""
    key = given.course_id
    lapses = did.lapses(key, duty)
    due_at = max(given.due_at, lapses) if lapses else given.due_at
    begun = did.anew.get(key)
    owed = [part for part in course.parts if part.key not in (begun or ())] if course else []
    holds = did.holds(key, duty, now)
    if holds and not did.holds(key, duty, now + SOON):
        return _due_item(given, course, owed, due_at=lapses or due_at, state="expiring", again=True, begun=begun is not None)
    again = lapses is not None and key in did.completed
    return _due_item(
        given, course, [] if holds else owed, due_at=due_at, state=_state(replace(given, due_at=due_at), holds, now),
        again=again and not holds, begun=begun is not None,
    )  # fmt: skip


def _due_item(
    given: _Given, course: CourseOutline | None, owed: list[Part], *, due_at: dt.datetime, state: str, again: bool = False,
    begun: bool = True,
) -> DueItem:  # fmt: skip
    return DueItem(
        title=given.title, class_name=given.by, course_title=given.course_title, course_id=given.course_id,
        url=owed[0].url if owed else course.url if course else "", due_at=due_at, state=state, required=given.duty is not None,
        starts_at=given.starts_at, own=given.own, again=again, begin=course.course_id if course and again and not begun else None,
        topic=given.topic,
    )  # fmt: skip


def _state(given: _Given, finished: bool, now: dt.datetime) -> str:
    if finished:
        return "done"
    if given.starts_at and given.starts_at > now:
        return "later"
    return "overdue" if given.due_at < now else "open"
