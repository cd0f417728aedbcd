"""What a batch of people would be told, and when the next round begins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Max
from django.utils import timezone

from people.models import User
from reminders.judgement import Hours, Policy, Rule, Told, Verdict, judge
from reminders.models import Notice, Reminder, Round
from reminders.queries.facts import facts_of
from reminders.queries.phones import phones_of
from reminders.queries.rules import stopped_by


@dataclass(frozen=True)
class Decision:
    """`number`: which letter of the day it is. `reachable`: by e-mail or phone."""

    person: User
    verdict: Verdict
    number: int
    reachable: bool


def decisions(people: Collection[User], *, policies: Mapping[Rule, Policy], hours: Hours, now: dt.datetime) -> list[Decision]:
    """Of those of whom something was judged. Seventeen queries at most for any number."""
    by_key = {person.pk: person for person in people}
    facts = facts_of(list(by_key), policies=policies, now=now)
    if not facts:
        return []
    today = timezone.localdate(now)
    told: dict[int, list[Told]] = {}
    for person, rule, topic, period, day in Reminder.objects.filter(person__in=facts).values_list(
        "person_id", "rule", "topic", "period", "day"
    ):
        told.setdefault(person, []).append(Told(Rule(rule), topic, period, day))
    stopped, phones = stopped_by(facts), phones_of(facts)
    last = dict(
        Notice.objects.filter(person__in=facts, day=today).order_by().values_list("person_id").annotate(last=Max("number"))
    )
    made = []
    for key, mine in facts.items():
        verdict = judge(
            mine, policies=policies, told=told.get(key, ()), stopped=stopped.get(key, ()), sent_today=last.get(key, 0),
            hours=hours, now=now,
        )  # fmt: skip
        if verdict.chosen or verdict.stopped or verdict.capped:
            made.append(Decision(by_key[key], verdict, last.get(key, 0) + 1, bool(by_key[key].email) or key in phones))
    return made


def next_round_at(hours: Hours, now: dt.datetime) -> dt.datetime:
    """When a rule switched on now begins to tell: today's round takes it along only if it has not begun."""
    today = timezone.localdate(now)
    if Round.objects.filter(day=today, rehearses="").exists():
        return timezone.make_aware(dt.datetime.combine(today + dt.timedelta(days=1), hours.opens))
    return hours.next_open(now)
