"""When a class meets, and what stands in the way of a new session."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from classes.models import ClassMember, ClassSession, ClassTeacher, TrainingClass
from people.models import Organisation, Role, RoleKind, User
from people.text import fold


@dataclass(frozen=True, kw_only=True)
class Clash:
    """`kind` is "trainer" or "place". The other class is named only if it is of the same organisation."""

    kind: str
    session: ClassSession
    class_name: str


def span(starts_at: dt.datetime, ends_at: dt.datetime) -> str:
    """"13:30–16:30 28/11/2026", in the city's time."""
    begin, end = timezone.localtime(starts_at), timezone.localtime(ends_at)
    return f"{begin:%H:%M}–{end:%H:%M} {begin:%d/%m/%Y}"


def sessions_of(training_class: TrainingClass) -> list[ClassSession]:
    return list(ClassSession.objects.filter(training_class=training_class).select_related("trainer").order_by("starts_at"))


def session_clashes(
    training_class: TrainingClass, *, starts_at: dt.datetime, ends_at: dt.datetime, place: str, trainer: User | None,
    leaving_out: ClassSession | None,
) -> list[Clash]:  # fmt: skip
    """A trainer is one person everywhere; a place is the same one within an organisation. One query."""
    same = Q()
    if trainer:
        same |= Q(trainer=trainer)
    if fold(place):
        same |= Q(place_folded=fold(place), training_class__organisation=training_class.organisation_id)
    if not same:
        return []
    found = ClassSession.objects.during(starts_at, ends_at).filter(same).select_related("training_class")
    if leaving_out:
        found = found.exclude(pk=leaving_out.pk)
    return [
        Clash(
            kind="trainer" if trainer and one.trainer_id == trainer.pk else "place", session=one,
            class_name=one.training_class.name
            if one.training_class.organisation_id == training_class.organisation_id else _("lớp của đơn vị khác"),
        )
        for one in found.order_by("starts_at")
    ]  # fmt: skip


def people_with_clash(training_class: TrainingClass, people: list[User]) -> list[User]:
    """Those of `people` who have a session of another class while this one meets. Two queries for any number."""
    mine = list(ClassSession.objects.held().filter(training_class=training_class).values_list("starts_at", "ends_at"))
    if not mine or not people:
        return []
    same_time = Q()
    for starts_at, ends_at in mine:
        same_time |= Q(starts_at__lt=ends_at, ends_at__gt=starts_at)
    others = (
        ClassSession.objects.held()
        .filter(same_time, training_class__closed_at__isnull=True, training_class__cancelled_at__isnull=True)
        .exclude(training_class=training_class)
    )
    busy = ClassMember.objects.current().filter(
        learner__in=people, training_class__in=others.values("training_class")
    )  # fmt: skip
    taken = set(busy.values_list("learner_id", flat=True))
    return [person for person in people if person.pk in taken]


def members_with_clash(session: ClassSession) -> list[ClassMember]:
    """Members who are expected in another class at that time."""
    others = ClassSession.objects.during(session.starts_at, session.ends_at).exclude(training_class=session.training_class_id)
    elsewhere = ClassMember.objects.current().filter(training_class__in=others.values("training_class"))
    mine = ClassMember.objects.current().filter(training_class=session.training_class_id)
    return list(mine.filter(learner__in=elsewhere.values("learner")).order_by("number"))


def trainers_of(training_class: TrainingClass) -> list[User]:
    rows = ClassTeacher.objects.filter(training_class=training_class).select_related("teacher").order_by("pk")
    return [row.teacher for row in rows]


def teacher_of(organisation: Organisation, account: str) -> User | None:
    """Who is a teacher in `organisation` or above it and has this user name or e-mail."""
    above = [organisation.path[:end] for end in range(Organisation.steplen, len(organisation.path) + 1, Organisation.steplen)]
    held = Role.objects.current().filter(kind=RoleKind.TEACHER, organisation__path__in=above)
    typed = account.lower()
    if not typed:
        return None
    spelt = User.objects.filter(pk__in=held.values("user_id"), is_active=True)
    return spelt.annotate(by_name=Lower("username"), by_mail=Lower("email")).filter(Q(by_name=typed) | Q(by_mail=typed)).first()
