"""Who is told what, and when: one judgement for the real round, the rehearsal and the moment of sending.

Pure, without a database. Days are days in Ho Chi Minh City.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.utils import timezone


class Rule(enum.StrEnum):
    """In the order in which a letter tells them."""

    REQUEST = "request"
    OVERDUE = "overdue"
    DUE_SOON = "due_soon"
    STARTS = "starts"
    EXPIRING = "expiring"
    CERTIFICATE = "certificate"
    DIGEST = "digest"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """`ahead`: days before the moment (of a certificate: days after it was issued). `every`: days between two letters of this
    rule to one person. `most`: how often one thing that is overdue is told."""

    ahead: int = 0
    every: int = 1
    most: int = 1


# The clocks of the law are nobody's choice: always on, every day until it is answered, and not to be stopped.
ALWAYS: dict[Rule, Policy] = {Rule.REQUEST: Policy(ahead=2)}
DEFAULTS: dict[Rule, Policy] = {
    **ALWAYS,
    Rule.OVERDUE: Policy(every=7, most=4),
    Rule.DUE_SOON: Policy(ahead=3),
    Rule.STARTS: Policy(ahead=1),
    Rule.EXPIRING: Policy(ahead=30),
    Rule.CERTIFICATE: Policy(ahead=2),
    Rule.DIGEST: Policy(),
}
# Which numbers of a policy an owner sets, with the least and the most.
SET: dict[Rule, dict[str, tuple[int, int]]] = {
    Rule.REQUEST: {},
    Rule.OVERDUE: {"every": (1, 30), "most": (1, 12)},
    Rule.DUE_SOON: {"ahead": (1, 30)},
    Rule.STARTS: {"ahead": (1, 14)},
    Rule.EXPIRING: {"ahead": (1, 30)},
    Rule.CERTIFICATE: {"ahead": (1, 7)},
    Rule.DIGEST: {},
}
# What has been overdue for longer is told no more, so that what was told need not be kept for ever.
GIVEN_UP = dt.timedelta(days=366)
# A certificate of which the letter waited so long is told no more.
STALE = dt.timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something to be told to one person. `at`: when it is due, begins, lapses, was issued; of a digest the Monday of its week.

    `topic` names the thing, the same every day. `required`: asked by her agency, so it cannot be stopped. `by`: the class, the
    agency. `url`: a path of the site or a whole address.
    """

    rule: Rule
    topic: str
    at: dt.datetime
    title: str = ""
    of: str = ""
    by: str = ""
    place: str = ""
    url: str = ""
    required: bool = False


@dataclass(frozen=True)
class Told:
    rule: Rule
    topic: str
    period: str
    day: dt.date


@dataclass
class Verdict:
    """`chosen`: what one letter tells, each with its period. `stopped`: how much she has stopped. `capped`: enough for today."""

    chosen: list[tuple[Fact, str]] = field(default_factory=list)
    stopped: int = 0
    capped: bool = False


@dataclass(frozen=True)
class Hours:
    """When letters go out, and how many a day to one person. `closes` itself is too late."""

    opens: dt.time = dt.time(7, 30)
    closes: dt.time = dt.time(20, 0)
    a_day: int = 2

    def open_at(self, now: dt.datetime) -> bool:
        return self.opens <= timezone.localtime(now).time() < self.closes

    def next_open(self, now: dt.datetime) -> dt.datetime:
        """`now` itself where it is open."""
        if self.open_at(now):
            return now
        local = timezone.localtime(now)
        day = local.date() if local.time() < self.opens else local.date() + dt.timedelta(days=1)
        return timezone.make_aware(dt.datetime.combine(day, self.opens))


def judge(
    facts: Iterable[Fact], *, policies: Mapping[Rule, Policy], told: Collection[Told], stopped: Collection[Rule], sent_today: int,
    hours: Hours, now: dt.datetime,
) -> Verdict:  # fmt: skip
    """What is told to one person now. `told`: what she was told before; `stopped`: the rules she does not want."""
    verdict, today = Verdict(), timezone.localdate(now)
    ordered = sorted(facts, key=lambda fact: (list(Rule).index(fact.rule), fact.at, fact.topic))
    for fact in ordered:
        policy = policies.get(fact.rule)
        if policy is None or not holds(fact, policy, now) or not _rested(fact.rule, policy, told, today):
            continue
        period = _period(fact, policy, told, today)
        if period is None:
            continue
        if fact.rule in stopped and not fact.required:
            verdict.stopped += 1
        else:
            verdict.chosen.append((fact, period))
    if verdict.chosen and sent_today >= hours.a_day:
        verdict.chosen, verdict.capped = [], True
    return verdict


def holds(fact: Fact, policy: Policy, now: dt.datetime, *, sending: bool = False) -> bool:
    """Whether it is still worth telling. `sending`: it was decided before, and the letter may have waited."""
    span = dt.timedelta(days=policy.ahead)
    match fact.rule:
        case Rule.OVERDUE:
            return now - GIVEN_UP < fact.at < now
        case Rule.CERTIFICATE:
            return now - (STALE if sending else span) < fact.at <= now
        case Rule.DIGEST:
            return True
        case Rule.REQUEST:
            return timezone.localdate(fact.at) <= timezone.localdate(now + span)
        case _:
            # By the day: "three days ahead" is told in the morning of that day, whatever the hour it is due.
            return now < fact.at and timezone.localdate(fact.at) <= timezone.localdate(now + span)


def _rested(rule: Rule, policy: Policy, told: Collection[Told], today: dt.date) -> bool:
    last = max((one.day for one in told if one.rule == rule), default=None)
    return last is None or (today - last).days >= policy.every


def _period(fact: Fact, policy: Policy, told: Collection[Told], today: dt.date) -> str | None:
    """What stands for this telling; a thing whose date was moved is told anew. None: it has been told enough."""
    before = {one.period for one in told if one.rule == fact.rule and one.topic == fact.topic}
    if fact.rule == Rule.OVERDUE:
        day = timezone.localdate(fact.at).isoformat()
        turn = 1 + sum(period.startswith(f"{day}/") for period in before)
        return f"{day}/{turn}" if turn <= policy.most else None
    if fact.rule == Rule.REQUEST:
        period = today.isoformat()
    elif fact.rule == Rule.CERTIFICATE:
        period = "-"
    elif fact.rule == Rule.DIGEST:
        period = timezone.localdate(fact.at).isoformat()
    else:
        period = timezone.localtime(fact.at).strftime("%Y-%m-%dT%H:%M")
    return None if period in before else period
