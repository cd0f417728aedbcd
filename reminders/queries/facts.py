"""What there is to tell many people at once, read from the apps that know it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from certificates.models import Certificate
from certificates.queries import public_url
from classes.models import ClassMember, ClassSession, TrainingClass
from classes.queries import DueItem, agency_table, dues_of, overview, scope_of
from people.clocks import is_working_day
from people.models import HANDLING, DataRequest, Membership, RequestKind, Role, RoleKind, User, people_handled_by
from reminders.judgement import STALE, Fact, Policy, Rule
from reminders.wording import Figures

_DUES = {Rule.OVERDUE, Rule.DUE_SOON, Rule.STARTS, Rule.EXPIRING}
_SHOWN = 5


def facts_of(
    people: Collection[int], *, policies: Mapping[Rule, Policy], now: dt.datetime, sending: bool = False
) -> dict[int, list[Fact]]:
    """What the rules that are on might tell, by the key of the person. Thirteen queries at most for any number of people.

    `sending`: a letter decided on earlier is written now, so a digest is given on any day.
    """
    found: dict[int, list[Fact]] = {}
    if _DUES & set(policies):
        for person, items in dues_of(people, now).items():
            found.setdefault(person, []).extend(fact for item in items for fact in _of_due(item))
    if Rule.STARTS in policies:
        _add(found, _sessions(people, policies[Rule.STARTS], now))
    if Rule.CERTIFICATE in policies:
        _add(found, _certificates(people, now))
    if Rule.REQUEST in policies:
        _add(found, _requests(people, policies[Rule.REQUEST], now))
    if Rule.DIGEST in policies and (sending or is_working_day(timezone.localdate(now))):
        _add(found, _digests(people, now))
    return found


def _add(found: dict[int, list[Fact]], facts: Iterator[tuple[int, Fact]]) -> None:
    for person, fact in facts:
        found.setdefault(person, []).append(fact)


def _of_due(item: DueItem) -> Iterator[Fact]:
    common = {"topic": item.topic, "title": item.title, "of": item.course_title, "by": item.class_name, "url": item.url}
    if item.state == "later":
        if item.starts_at:
            yield Fact(rule=Rule.STARTS, at=item.starts_at, required=item.required, **common)
        return
    rule = {"overdue": Rule.OVERDUE, "open": Rule.DUE_SOON, "expiring": Rule.EXPIRING}.get(item.state)
    if rule:
        yield Fact(rule=rule, at=item.due_at, required=item.required, **common)


def _sessions(people: Collection[int], policy: Policy, now: dt.datetime) -> Iterator[tuple[int, Fact]]:
    places = ClassMember.objects.current().filter(learner__in=people, training_class__in=TrainingClass.objects.open())
    of_class: dict[object, list[int]] = {}
    for klass, learner in places.values_list("training_class_id", "learner_id"):
        of_class.setdefault(klass, []).append(learner)
    if not of_class:
        return
    until = now + dt.timedelta(days=policy.ahead + 1)
    sessions = ClassSession.objects.held().filter(training_class__in=of_class, starts_at__gt=now, starts_at__lte=until)
    for one in sessions.select_related("training_class").order_by("starts_at"):
        fact = Fact(
            rule=Rule.STARTS, topic=f"session:{one.pk}", at=one.starts_at, title=one.training_class.name, place=one.place,
            url=one.link,
        )  # fmt: skip
        for learner in of_class[one.training_class_id]:
            yield learner, fact


def _certificates(people: Collection[int], now: dt.datetime) -> Iterator[tuple[int, Fact]]:
    rows = Certificate.objects.filter(enrolment__learner__in=people, revoked_at__isnull=True, issued_at__gt=now - STALE)
    for one in rows.select_related("enrolment").order_by("issued_at"):
        yield one.enrolment.learner_id, Fact(
            rule=Rule.CERTIFICATE, topic=f"certificate:{one.code}", at=one.issued_at, title=one.course_title, url=public_url(one),
        )  # fmt: skip


def _requests(people: Collection[int], policy: Policy, now: dt.datetime) -> Iterator[tuple[int, Fact]]:
    """Requests about data that must be acknowledged or answered soon or ought to have been, for whoever answers them."""
    urgent = DataRequest.objects.open().most_urgent_first().filter(next_at__lte=now + dt.timedelta(days=policy.ahead + 1))
    held = Role.objects.current().filter(user__in=people, kind__in=HANDLING).order_by("user_id")
    handlers = list(User.objects.filter(pk__in=held.values("user_id")).order_by("pk"))
    if not handlers or not urgent.exists():
        return
    for handler in handlers:
        for one in urgent.filter(person__in=people_handled_by(handler)).exclude(person=handler):
            at = one.due_at if one.acknowledged_at else one.acknowledge_by
            yield handler.pk, Fact(
                rule=Rule.REQUEST, topic=f"request:{one.pk}", at=at, title=str(RequestKind(one.kind).label),
                place="answer" if one.acknowledged_at else "acknowledge", url=reverse("handle_request", args=[one.pk]),
                required=True,
            )  # fmt: skip


def concerned(policies: Collection[Rule]) -> Q:
    """Of users: those of whom one of these rules may have something to tell. Everybody else need not be looked at."""
    wanted = Q(Exists(Role.objects.current().filter(user=OuterRef("pk"))))
    if _DUES & set(policies):
        wanted |= Q(Exists(ClassMember.objects.current().filter(learner=OuterRef("pk"))))
        wanted |= Q(Exists(Membership.objects.current().staff().filter(user=OuterRef("pk"))))
    if Rule.CERTIFICATE in policies:
        wanted |= Q(Exists(Certificate.objects.filter(enrolment__learner=OuterRef("pk"))))
    return wanted


def _digests(people: Collection[int], now: dt.datetime) -> Iterator[tuple[int, Fact]]:
    today = timezone.localdate(now)
    monday = timezone.make_aware(dt.datetime.combine(today - dt.timedelta(days=today.weekday()), dt.time.min))
    held = Role.objects.current().filter(user__in=people, kind__in=[RoleKind.OFFICER, RoleKind.OWNER])
    for person in held.order_by("user_id").values_list("user_id", flat=True).distinct():
        yield person, Fact(rule=Rule.DIGEST, topic="digest", at=monday)


def figures_of(officer: User, now: dt.datetime) -> Figures | None:
    """Of her whole scope, as counted last. None where nobody works there."""
    roots = scope_of(officer)
    if not roots:
        return None
    table = agency_table(roots, now=now)
    if not table.total.staff:
        return None
    required = [one for one in overview(roots, now=now).required if one.unfinished]
    return Figures(
        place=", ".join(root.label for root in roots[:3]), staff=table.total.staff, completed=table.total.completed,
        overdue=table.total.overdue, expiring=table.total.expiring, counted_at=table.counted_at,
        next=tuple((one.course_title, one.requirement.due_at, one.unfinished) for one in required[:_SHOWN]),
    )  # fmt: skip
