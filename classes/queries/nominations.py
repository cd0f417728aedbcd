"""Who may send whom to which class, and who waits."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet

from classes.models import ClassMember, Nomination, NominationState, TrainingClass
from people.models import Membership, Organisation, User, managed_roots
from people.queries import home_organisations, role_kinds
from people.text import fold

PAGE = 50


@dataclass(frozen=True, kw_only=True)
class OpenClass:
    """A class that takes people sent by agencies. `free` is None where there is no limit; the counts are of one's own people."""

    training_class: TrainingClass
    free: int | None
    sent: int
    waiting: int
    asked: int


@dataclass(frozen=True, kw_only=True)
class Candidate:
    person: User
    agency: str
    nomination: Nomination | None
    member: bool

    @property
    def may_be_sent(self) -> bool:
        return not self.member and not (self.nomination and self.nomination.state == NominationState.WAITING)


def free_places(training_class: TrainingClass) -> int | None:
    """None: no limit."""
    if training_class.capacity is None:
        return None
    return training_class.capacity - ClassMember.objects.current().filter(training_class=training_class).count()


def home_of(person: User) -> Organisation | None:
    return home_organisations(person)[0]


def is_officer(user: User) -> bool:
    return bool(role_kinds(user) & {"officer", "owner"})


def classes_for_agencies(officer: User) -> QuerySet[TrainingClass]:
    """Open classes to which agencies send people, held above, at or below the officer's organisations."""
    if not officer.is_authenticated or not is_officer(officer):
        return TrainingClass.objects.none()
    roots = managed_roots(officer)
    near = Q(pk__in=[])
    for root in roots:
        steps = [root.path[:end] for end in range(Organisation.steplen, len(root.path) + 1, Organisation.steplen)]
        near |= Q(organisation__path__in=steps) | Q(organisation__path__startswith=root.path)
    return TrainingClass.objects.open().filter(near, by_nomination=True).select_related("organisation")


def open_classes(officer: User) -> list[OpenClass]:
    """One query for any number, and those for what the officer sees."""
    mine = Q(nominations__person__in=User.objects.visible_to(officer).exclude(pk=officer.pk).values("pk"))
    found = classes_for_agencies(officer).annotate(
        taken=Count("members", filter=Q(members__left_at__isnull=True), distinct=True),
        sent=Count("nominations", filter=mine & Q(nominations__state=NominationState.PLACED), distinct=True),
        waiting=Count("nominations", filter=mine & Q(nominations__state=NominationState.WAITING), distinct=True),
        asked=Count("nominations", filter=mine & Q(nominations__state=NominationState.ASKED), distinct=True),
    )
    return [
        OpenClass(
            training_class=one, free=None if one.capacity is None else max(one.capacity - one.taken, 0),
            sent=one.sent, waiting=one.waiting, asked=one.asked,
        )
        for one in found.order_by("starts_on", "name")
    ]  # fmt: skip


def may_nominate(officer: User, training_class: TrainingClass, people: list[User]) -> bool:
    if not classes_for_agencies(officer).filter(pk=training_class.pk).exists():
        return False
    wanted = {person.pk for person in people}
    return staff_of(officer).filter(pk__in=wanted).count() == len(wanted)


def staff_of(officer: User) -> QuerySet[User]:
    """Whom the officer may send: staff of the organisations he oversees; no pupils, and never himself."""
    below = Organisation.objects.below(managed_roots(officer))
    working = Membership.objects.current().staff().filter(organisation__in=below)
    return User.objects.visible_to(officer).filter(pk__in=working.values("user_id"), is_active=True).exclude(pk=officer.pk)


def candidates(officer: User, training_class: TrainingClass, *, name: str = "", page: object = 1) -> Paginator:
    """The officer's staff by name, those who asked first. Give its page to `as_candidates`."""
    people = staff_of(officer)
    if fold(name):
        people = people.filter(name_folded__contains=fold(name))
    asked = Count("nominations", filter=Q(nominations__training_class=training_class, nominations__state=NominationState.ASKED))
    return Paginator(people.annotate(asked=asked).order_by("-asked", "name_folded", "pk"), PAGE)


def as_candidates(people: list[User], training_class: TrainingClass) -> list[Candidate]:
    """Three queries for any number."""
    found = Nomination.objects.filter(training_class=training_class, person__in=people)
    wishes = {one.person_id: one for one in found}
    inside = set(ClassMember.objects.current().filter(training_class=training_class, learner__in=people)
                 .values_list("learner_id", flat=True))  # fmt: skip
    agencies: dict[int, str] = {}
    for row in Membership.objects.current().filter(user__in=people).select_related("organisation").order_by("since", "pk"):
        agencies.setdefault(row.user_id, row.organisation.label)
    return [
        Candidate(
            person=person, agency=agencies.get(person.pk, ""), nomination=wishes.get(person.pk), member=person.pk in inside
        )
        for person in people
    ]


def nominations_of(training_class: TrainingClass) -> list[Nomination]:
    """Who waits, then who asked, then who was declined; in the order in which they came. One query."""
    order = {NominationState.WAITING: 0, NominationState.ASKED: 1, NominationState.DECLINED: 2}
    rows = (
        Nomination.objects.filter(training_class=training_class, state__in=list(order))
        .select_related("person", "organisation", "approved_by").order_by("approved_at", "asked_at", "pk")
    )  # fmt: skip
    return sorted(rows, key=lambda one: order[NominationState(one.state)])
