"""A teacher's classes, and what can be given to one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, Subquery

from classes import codes
from classes.models import Assignment, ClassKind, ClassMember, MemberSource, TrainingClass, teaching_roots
from courses.queries import CourseOutline, outlines
from people.models import Audience, Organisation, User
from people.queries import role_kinds
from people.roster import same_name
from people.text import fold


@dataclass(frozen=True, kw_only=True)
class TaughtClass:
    """`members` counts who has not left. `next_title` and `next_due` are of what falls due first from now on."""

    training_class: TrainingClass
    members: int
    assigned: int
    next_title: str
    next_due: dt.datetime | None


def taught_classes(teacher: User, now: dt.datetime) -> list[TaughtClass]:
    """Open classes first, then those closed, latest first. One query, and one for where she teaches."""
    coming = Assignment.objects.current().filter(training_class=OuterRef("pk"), due_at__gte=now).order_by("due_at", "title")
    found = (
        TrainingClass.objects.taught_by(teacher)
        .select_related("organisation")
        .annotate(
            member_count=Count("members", filter=Q(members__left_at__isnull=True), distinct=True),
            assigned_count=Count("assignments", filter=Q(assignments__withdrawn_at__isnull=True), distinct=True),
            next_title=Subquery(coming.values("title")[:1]),
            next_due=Subquery(coming.values("due_at")[:1]),
        )
        .order_by("-starts_on", "name")
    )
    rows = [
        TaughtClass(
            training_class=one,
            members=one.member_count,
            assigned=one.assigned_count,
            next_title=one.next_title or "",
            next_due=one.next_due,
        )  # fmt: skip
        for one in found
    ]
    return sorted(rows, key=lambda row: not row.training_class.is_open)


def teaching_organisations(teacher: User, today: dt.date) -> list[Organisation]:
    """Where she may hold a class: where she is a teacher, and below."""
    return list(Organisation.objects.below(teaching_roots(teacher)).current(today).order_by("path"))


def may_teach_in(user: User, organisation: Organisation) -> bool:
    return any(organisation.path.startswith(root.path) for root in teaching_roots(user))


def learning_classes(learner: User) -> list[TrainingClass]:
    """Open classes one is a member of."""
    mine = ClassMember.objects.current().filter(learner=learner)
    return list(TrainingClass.objects.open().filter(pk__in=mine.values("training_class_id")).order_by("name"))


def never_signed_in(training_class: TrainingClass) -> list[ClassMember]:
    """Members with an account the class made and nobody has used yet."""
    members = ClassMember.objects.current().filter(training_class=training_class, source=MemberSource.LIST)
    waiting = members.filter(learner__last_login__isnull=True).select_related("learner", "training_class").order_by("number")
    return [member for member in waiting if is_our_account(member)]


def is_our_account(member: ClassMember) -> bool:
    """Whether the class (or the one it was copied from) made this account: only then may its teacher set the password

    or the name of the account.

    An account that has got an e-mail since, or a role, belongs to its owner alone. Pass the member with class and learner.
    """
    ours = _made_by(member.learner.username, member.training_class)
    return ours and member.source == MemberSource.LIST and not member.learner.email and not role_kinds(member.learner)


def _made_by(username: str, training_class: TrainingClass) -> bool:
    """A user name begins with the code of the class that made it; that may have been last year's, of the same school."""
    if username.startswith(codes.username(training_class.join_code, 0)[:-2]):
        return True
    earlier = TrainingClass.objects.filter(organisation=training_class.organisation_id)
    return "-" in username and earlier.filter(join_code=codes.read_join_code(username.partition("-")[0])).exists()


def class_by_code(code: str) -> TrainingClass | None:
    """By the join code as it is kept (codes.read_join_code)."""
    return TrainingClass.objects.filter(join_code=code).select_related("organisation").first()


def assignable(training_class: TrainingClass) -> list[CourseOutline]:
    """Published courses that have something to learn, those made for such a class first."""
    meant = {Audience.PUPIL} if training_class.kind == ClassKind.SCHOOL else {Audience.STAFF, Audience.TEACHER}
    return sorted((course for course in outlines().values() if course.parts), key=lambda course: course.audience not in meant)


def with_own_account(training_class: TrainingClass) -> list[ClassMember]:
    """Members whose accounts the class made."""
    members = ClassMember.objects.current().filter(training_class=training_class, source=MemberSource.LIST)
    return [one for one in members.select_related("learner", "training_class").order_by("number") if is_our_account(one)]


def pin_candidates(code: str, name: str) -> list[ClassMember]:
    """Members of the open class with this code who are called so: by the whole name, its last word or words, or the number.

    Accents and case are forgiven: it is the PIN that must be right.
    """
    found = class_by_code(codes.read_join_code(code))
    typed = fold(name)
    if found is None or not found.is_open or not typed:
        return []
    members = ClassMember.objects.current().filter(training_class=found).exclude(pin="")
    whole = members.select_related("learner", "training_class")
    return [one for one in whole if f" {fold(one.shown_as)}".endswith(f" {typed}") or str(one.number) == typed.lstrip("0")]


def member_by_name(training_class: TrainingClass, name: str) -> ClassMember | None:
    """A current member who is shown by this name, the first of several."""
    members = ClassMember.objects.current().filter(training_class=training_class).select_related("learner").order_by("number")
    return next((member for member in members if same_name(member.shown_as) == same_name(name)), None)
