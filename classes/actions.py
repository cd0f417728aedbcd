"""What teachers and officers do. Each function is one transaction, may be called twice, and sends nothing."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from classes import codes, queries, statements
from classes.models import Assignment, ClassKind, ClassMember, ClassTeacher, MemberSource, StaffRequirement, TrainingClass
from classes.queries.roster import BACK, LINK, NEW, RosterPlan
from courses.actions import CourseNotOpen, enrol
from courses.models import CoursePage, Enrolment, EnrolmentSource
from courses.queries import Part, course_outline
from lrs.actions import record
from people.models import Audience, Organisation, User
from people.text import fold, nfc


class NotTeacherHere(Exception):
    """She holds no role of teacher in this organisation or above it."""


class ClassClosed(Exception):
    """The class takes no new members and no new work."""


class WrongCode(Exception):
    """No class has this join code."""


class ListChanged(Exception):
    """The class is not as it was when the list was shown; it must be shown again."""


class NotOurAccount(Exception):
    """The account was not made by this class, so its teacher has no say over its password or name."""


class NothingToAssign(Exception):
    """The course is not published, or the part is not one of it."""


class DueInPast(Exception):
    """The date is over before anybody could do the work."""


class NotOfficerHere(Exception):
    """He holds no role of officer or owner in this organisation or above it."""


# --- the class --------------------------------------------------------------------------------------------------------


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


# --- members ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Slip:
    """What a learner needs to sign in. `password` is here for once; the database holds only its hash."""

    number: int
    name: str
    username: str
    password: str


@dataclass(frozen=True, kw_only=True)
class Added:
    slips: tuple[Slip, ...]
    plan: RosterPlan


def add_learners(
    *, training_class: TrainingClass, text: str, start: int, now: dt.datetime, keep_namesakes: bool = False,
    birth_year: int | None = None,
) -> Added:  # fmt: skip
    """Do what `queries.roster_plan` showed: make accounts, link known people, bring back who had left.

    `start` is that plan's. Raises ListChanged when it no longer holds, which also makes a second call harmless, and
    ClassClosed. New members are enrolled into all that was given to the class.
    """
    plan = queries.roster_plan(training_class=training_class, text=text, keep_namesakes=keep_namesakes)
    if plan.start != start or plan.too_many:
        raise ListChanged
    words = {row.line: codes.new_password() for row in plan.rows if row.status == NEW}
    # Forty-five hashes take two seconds: made before the transaction, so that nobody else waits for the database.
    hashes = {line: make_password(word) for line, word in words.items()}
    with transaction.atomic():
        locked = TrainingClass.objects.select_for_update().get(pk=training_class.pk)
        if not locked.is_open:
            raise ClassClosed
        if queries.roster_plan(training_class=locked, text=text, keep_namesakes=keep_namesakes) != plan:
            raise ListChanged
        users = _make_accounts(locked, plan, hashes, birth_year)
        _take_in(locked, plan, users, now)
    slips = (Slip(number=row.number, name=row.name, username=users[row.line].username, password=words[row.line])
             for row in plan.rows if row.status == NEW)  # fmt: skip
    return Added(slips=tuple(slips), plan=plan)


def _make_accounts(
    training_class: TrainingClass, plan: RosterPlan, hashes: dict[int, str], birth_year: int | None
) -> dict[int, User]:
    """Accounts of the new rows, by line. They have no e-mail; the user name says class and number."""
    audience = Audience.PUPIL if training_class.kind == ClassKind.SCHOOL else Audience.STAFF
    rows = [row for row in plan.rows if row.status == NEW]
    stem = codes.username(training_class.join_code, 0)[:-2]
    taken = {name.lower() for name in User.objects.filter(username__istartswith=stem).values_list("username", flat=True)}
    users: dict[int, User] = {}
    for row in rows:
        username = codes.username(training_class.join_code, row.number)
        while username in taken:  # somebody signed up under this very name
            username += "a"
        users[row.line] = User(
            username=username, password=hashes[row.line], full_name=row.name, name_folded=fold(row.name)[:120],
            audience=audience, birth_year=birth_year,
        )  # fmt: skip
    User.objects.bulk_create(users.values())
    return users


def _take_in(training_class: TrainingClass, plan: RosterPlan, users: dict[int, User], now: dt.datetime) -> None:
    linked = {row.user_id: row for row in plan.rows if row.status == LINK}
    known = {user.pk: user for user in User.objects.filter(pk__in=linked)}
    joining = [(row, users[row.line]) for row in plan.rows if row.status == NEW]
    joining += [(row, known[row.user_id]) for row in linked.values()]
    made = ClassMember.objects.bulk_create(
        ClassMember(training_class=training_class, learner=user, number=row.number, shown_as=row.name,
                    source=MemberSource.LIST, joined_at=now)
        for row, user in joining
    )  # fmt: skip
    returning = [row.user_id for row in plan.rows if row.status == BACK]
    back = ClassMember.objects.filter(training_class=training_class, learner_id__in=returning).select_related("learner")
    learners = [member.learner for member in [*made, *back]]
    back.update(left_at=None)
    _give_current(training_class, learners, now)


@transaction.atomic
def join(*, learner: User, code: str, now: dt.datetime) -> ClassMember:
    """The learner becomes a member by the join code and is enrolled into all that was given. Raises WrongCode, ClassClosed."""
    found = queries.class_by_code(codes.read_join_code(code))
    if found is None or found.cancelled_at:
        raise WrongCode
    if not found.is_open:
        raise ClassClosed
    TrainingClass.objects.select_for_update().get(pk=found.pk)  # numbers are given one at a time
    last = ClassMember.objects.filter(training_class=found).order_by("-number").first()
    member, made = ClassMember.objects.get_or_create(
        training_class=found, learner=learner,
        defaults={"number": last.number + 1 if last else 1, "shown_as": learner.full_name or learner.username,
                  "source": MemberSource.CODE, "joined_at": now},
    )  # fmt: skip
    if made or member.left_at:
        restore_member(member=member, now=now)
    return member


@transaction.atomic
def remove_member(*, member: ClassMember, now: dt.datetime) -> None:
    """Out of the class; the account and what was learnt stay."""
    ClassMember.objects.current().filter(pk=member.pk).update(left_at=now)


@transaction.atomic
def restore_member(*, member: ClassMember, now: dt.datetime) -> None:
    """Back into the class under the old number, with what was given meanwhile."""
    ClassMember.objects.filter(pk=member.pk).update(left_at=None)
    member.left_at = None
    _give_current(member.training_class, [member.learner], now)


@transaction.atomic
def rename_member(*, member: ClassMember, name: str) -> None:
    """Mend a name. In an account the class made it is also the name on the learner's papers."""
    ClassMember.objects.filter(pk=member.pk).update(shown_as=nfc(name))
    if queries.is_our_account(member):
        User.objects.filter(pk=member.learner_id).update(full_name=nfc(name), name_folded=fold(name)[:120])


def reset_passwords(*, training_class: TrainingClass, members: Iterable[ClassMember]) -> tuple[Slip, ...]:
    """New first passwords for accounts the class made; the old ones and open sessions end. Raises NotOurAccount."""
    slips, users = [], []
    for member in members:
        if member.training_class_id != training_class.pk or not queries.is_our_account(member):
            raise NotOurAccount(member.pk)
        word = codes.new_password()
        member.learner.password = make_password(word)
        users.append(member.learner)
        slips.append(Slip(number=member.number, name=member.shown_as, username=member.learner.username, password=word))
    User.objects.bulk_update(users, ["password"])
    return tuple(slips)


# --- assignments ------------------------------------------------------------------------------------------------------


@transaction.atomic
def assign(
    *, training_class: TrainingClass, teacher: User, course: CoursePage, part: uuid.UUID | None, due_at: dt.datetime,
    now: dt.datetime,
) -> Assignment:  # fmt: skip
    """Give a course, or one part of it, to the class; every member is enrolled. Given already: only the date is set.

    Raises ClassClosed, DueInPast, NothingToAssign.
    """
    if not training_class.is_open:
        raise ClassClosed
    if due_at <= now:
        raise DueInPast
    outline = course_outline(course)
    what = outline.part(part) if part else None
    if not outline.parts or (part and not what):
        raise NothingToAssign
    assignment, made = Assignment.objects.get_or_create(
        training_class=training_class, course=course, part=part, withdrawn_at=None,
        defaults={"title": what.title if what else course.title, "due_at": due_at, "assigned_by": teacher, "assigned_at": now},
    )  # fmt: skip
    if not made:
        change_due(assignment=assignment, due_at=due_at, now=now)
        return assignment
    record([statements.assigned(assignment, what)])
    members = ClassMember.objects.current().filter(training_class=training_class).select_related("learner")
    _give(assignment, what, [member.learner for member in members], now)
    return assignment


@transaction.atomic
def change_due(*, assignment: Assignment, due_at: dt.datetime, now: dt.datetime) -> None:
    """Raises DueInPast when the date changes to one that is over."""
    if assignment.due_at == due_at:
        return
    if due_at <= now:
        raise DueInPast
    Assignment.objects.filter(pk=assignment.pk).update(due_at=due_at)
    assignment.due_at = due_at


@transaction.atomic
def withdraw_assignment(*, assignment: Assignment, now: dt.datetime) -> None:
    """No longer asked of the class. Enrolments and what was done stay with the learners."""
    Assignment.objects.current().filter(pk=assignment.pk).update(withdrawn_at=now)


def _give_current(training_class: TrainingClass, learners: list[User], now: dt.datetime) -> None:
    given = Assignment.objects.current().filter(training_class=training_class)
    for assignment in given.select_related("course", "assigned_by", "training_class__organisation"):
        part = course_outline(assignment.course).part(assignment.part) if assignment.part else None
        if part or not assignment.part:
            _give(assignment, part, learners, now)


def _give(assignment: Assignment, part: Part | None, learners: list[User], now: dt.datetime) -> None:
    """Enrol who has neither begun nor completed the course, and say to whom it was given."""
    completed: dict[int, Enrolment] = {}
    before = Enrolment.objects.completed().filter(course=assignment.course, learner__in=learners, withdrawn_at__isnull=True)
    for row in before.select_related("learner"):
        completed.setdefault(row.learner_id, row)
    given = []
    for learner in learners:
        enrolment = completed.get(learner.pk)
        if enrolment is None:
            try:
                enrolment = enrol(
                    learner=learner, course=assignment.course, now=now, source=EnrolmentSource.CLASS,
                    organisation=assignment.training_class.organisation,
                )  # fmt: skip
            except CourseNotOpen:  # taken down meanwhile: nothing to begin until it is back
                continue
        given.append(statements.was_assigned(assignment, part, enrolment, now))
    record(given)


# --- what an agency requires of its staff -----------------------------------------------------------------------------


@transaction.atomic
def require_course(
    *, organisation: Organisation, course: CoursePage, due_at: dt.datetime, officer: User, now: dt.datetime
) -> StaffRequirement:
    """All staff below `organisation` must complete the course by `due_at`. Required already: only the date is set.

    Raises NotOfficerHere, DueInPast, NothingToAssign.
    """
    if not queries.may_require(officer, organisation):
        raise NotOfficerHere(organisation.code)
    if due_at <= now:
        raise DueInPast
    if not course_outline(course).parts:
        raise NothingToAssign
    requirement, made = StaffRequirement.objects.get_or_create(
        organisation=organisation, course=course, withdrawn_at=None,
        defaults={"due_at": due_at, "set_by": officer, "set_at": now},
    )  # fmt: skip
    if not made and requirement.due_at != due_at:
        requirement.due_at, requirement.set_by, requirement.set_at = due_at, officer, now
        requirement.save(update_fields=["due_at", "set_by", "set_at"])
    return requirement


@transaction.atomic
def withdraw_requirement(*, requirement: StaffRequirement, officer: User, now: dt.datetime) -> None:
    """Raises NotOfficerHere."""
    if not queries.may_require(officer, requirement.organisation):
        raise NotOfficerHere(requirement.organisation.code)
    StaffRequirement.objects.current().filter(pk=requirement.pk).update(withdrawn_at=now)
