"""The daily round through everybody, its rehearsal, and the quick one for new certificates."""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone

from certificates.models import Certificate
from people.models import User, restricted_people
from reminders import queries
from reminders.judgement import Policy, Rule
from reminders.models import Notice, Reminder, Round, Stop
from reminders.queries import Decision
from reminders.wording import letter

log = logging.getLogger(__name__)

BATCH = 500
# In the tally of a rehearsal: so many classes and agencies by name, the rest together.
NAMED = 200
REST = "…"


def remind(*, now: dt.datetime, more: Callable[[], bool]) -> int:
    """Begin today's round when it is time, and go on with what is not finished. Returns how many people were looked at.

    The round of a day begins within the sending hours, so a site that was down in the morning tells in the afternoon.
    """
    _begin(now)
    looked_at = 0
    for one in Round.objects.filter(finished_at__isnull=True).order_by("started_at"):
        if not one.rehearses and one.day != timezone.localdate(now):
            # What a round of yesterday did not reach is today's.
            Round.objects.filter(pk=one.pk).update(finished_at=now)
            continue
        looked_at += advance(one, now=now, more=more)
    return looked_at


def _begin(now: dt.datetime) -> None:
    policies = queries.policies_on()
    policies.pop(Rule.CERTIFICATE, None)  # has a quicker sweep of its own
    today = timezone.localdate(now)
    if not queries.hours().open_at(now) or Round.objects.filter(day=today, rehearses="").exists():
        return
    try:
        with transaction.atomic():
            _create(day=today, policies=policies, rehearses="", asked_by=None, now=now)
    except IntegrityError:
        log.info("another worker began the round of %s", today)


def rehearse(*, rule: Rule, policy: Policy, by: User | None, now: dt.datetime) -> Round:
    """What the next round would tell by this rule as it would be set. Nothing is written to anybody."""
    return _create(day=timezone.localdate(now), policies={rule: policy}, rehearses=rule.value, asked_by=by, now=now)


def _create(*, day: dt.date, policies: dict[Rule, Policy], rehearses: str, asked_by: User | None, now: dt.datetime) -> Round:
    return Round.objects.create(
        day=day, policies=queries.policies_to_json(policies), rehearses=rehearses, asked_by=asked_by, started_at=now,
        people=_everybody(policies).count(),
    )  # fmt: skip


def _everybody(policies: Iterable[Rule]) -> QuerySet[User]:
    """Whom these rules may concern. Who restricted the use of her data is not reminded."""
    active = User.objects.filter(queries.concerned(list(policies)), is_active=True)
    return active.exclude(pk__in=restricted_people())


def advance(one: Round, *, now: dt.datetime, more: Callable[[], bool]) -> int:
    """Go on with a round while there is `more` time. Returns how many people were looked at."""
    looked_at = 0
    while one.finished_at is None and more():
        try:
            count = _step(one, now)
        except IntegrityError:
            log.info("round %s met another worker", one.pk)
            break
        if count is None:
            break
        looked_at += count
    return looked_at


@transaction.atomic
def _step(one: Round, now: dt.datetime) -> int | None:
    """One batch, with its letters and its place in one transaction. None: another worker was quicker."""
    policies = queries.policies_from(one.policies)
    people = list(_everybody(policies).filter(pk__gt=one.cursor).order_by("pk")[:BATCH])
    reached = people[-1].pk if people else one.cursor
    mine = Round.objects.filter(pk=one.pk, cursor=one.cursor, finished_at__isnull=True)
    # First the place, which holds the row until the end: whoever comes at the same time waits here and finds it moved.
    if not mine.update(cursor=reached, finished_at=None if people else now):
        return None
    one.cursor, one.finished_at = reached, None if people else now
    hours = queries.hours()
    found = queries.decisions(people, policies=policies, hours=hours, now=now)
    if not one.rehearses:
        _write(found, send_after=hours.next_open(now), now=now)
    one.tally = _added(one.tally, len(people), found, one, now)
    Round.objects.filter(pk=one.pk).update(tally=one.tally)
    return len(people)


def _write(found: Iterable[Decision], *, send_after: dt.datetime, now: dt.datetime) -> int:
    """The letters that are owed from now on. Raises IntegrityError where another worker wrote one of them at the same time."""
    today, notices, reminders = timezone.localdate(now), [], []
    for one in found:
        if not one.verdict.chosen or not one.reachable:
            continue
        notice = Notice(person=one.person, day=today, number=one.number, send_after=send_after)
        notices.append(notice)
        reminders += [
            Reminder(notice=notice, person=one.person, rule=fact.rule.value, topic=fact.topic, period=period, day=today)
            for fact, period in one.verdict.chosen
        ]
    Notice.objects.bulk_create(notices)
    Reminder.objects.bulk_create(reminders)
    return len(notices)


def _added(tally: dict[str, Any], people: int, found: list[Decision], one: Round, now: dt.datetime) -> dict[str, Any]:
    """The numbers of a round with those of one more batch. A rehearsal counts by audience and by who asks as well."""
    sums = {name: Counter(tally.get(name, {})) for name in ("rules", "lines", "audiences", "by")}
    plain = Counter({name: tally.get(name, 0) for name in ("people", "letters", "nowhere", "stopped", "capped")})
    plain["people"] += people
    sample = tally.get("sample")
    for decision in found:
        chosen = [fact for fact, _period in decision.verdict.chosen]
        plain["stopped"] += bool(decision.verdict.stopped)
        plain["capped"] += decision.verdict.capped
        if not chosen:
            continue
        if not decision.reachable:
            plain["nowhere"] += 1
            continue
        plain["letters"] += 1
        sums["rules"].update({fact.rule.value for fact in chosen})
        sums["lines"].update(fact.rule.value for fact in chosen)
        if one.rehearses:
            sums["audiences"][decision.person.audience] += 1
            for by in {fact.by or fact.title for fact in chosen if fact.rule != Rule.DIGEST}:
                sums["by"][by if by in sums["by"] or len(sums["by"]) < NAMED else REST] += 1
            sample = sample or _sample(decision, now)
    return {**plain, **{name: dict(counts) for name, counts in sums.items()}, **({"sample": sample} if sample else {})}


def _sample(decision: Decision, now: dt.datetime) -> dict[str, str]:
    """The first letter there would be, to somebody invented."""
    facts = [fact for fact, _period in decision.verdict.chosen]
    site = settings.PUBLIC_URL.rstrip("/")
    stop = f"{site}/reminders/stop/…" if any(not fact.required for fact in facts) else ""
    figures = queries.figures_of(decision.person, now) if any(fact.rule == Rule.DIGEST for fact in facts) else None
    made = letter(name="An", facts=facts, figures=figures, site=site, stop_url=stop, now=now)
    return {"subject": made.subject, "body": made.body}


def tell_certificates(*, now: dt.datetime, more: Callable[[], bool]) -> int:
    """Whoever was issued a certificate since, hears of it without waiting for tomorrow. Returns how many letters are owed."""
    policy = queries.policies_on().get(Rule.CERTIFICATE)
    if policy is None:
        return 0
    told = Reminder.objects.filter(
        person=OuterRef("enrolment__learner"), rule=Rule.CERTIFICATE.value, topic=Concat(Value("certificate:"), OuterRef("code"))
    )
    stopped = Stop.objects.filter(person=OuterRef("enrolment__learner"), rule=Rule.CERTIFICATE.value)
    fresh = Certificate.objects.filter(
        ~Exists(told), ~Exists(stopped), issued_at__gt=now - dt.timedelta(days=policy.ahead), revoked_at__isnull=True,
        enrolment__learner__is_active=True,
    ).exclude(enrolment__learner__in=restricted_people())  # fmt: skip
    if not queries.asks_for_phones():
        fresh = fresh.exclude(enrolment__learner__email="")
    keys = list(fresh.order_by("enrolment__learner").values_list("enrolment__learner", flat=True).distinct())
    written, hours = 0, queries.hours()
    for start in range(0, len(keys), BATCH):
        if not more():
            break
        people = list(User.objects.filter(pk__in=keys[start : start + BATCH]).order_by("pk"))
        found = queries.decisions(people, policies={Rule.CERTIFICATE: policy}, hours=hours, now=now)
        try:
            with transaction.atomic():
                written += _write(found, send_after=hours.next_open(now), now=now)
        except IntegrityError:
            log.info("letters about certificates met another worker")
    return written
