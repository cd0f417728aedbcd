"""Rules and hours are set by the owner of the programme; who did it is kept."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from django.db import transaction

from people.models import User
from reminders import queries
from reminders.judgement import DEFAULTS, Hours, Policy, Rule
from reminders.models import Round, RuleChange, RuleSetting, SendingHours


class NotLookedAt(Exception):
    """A rule is switched on only by a rehearsal that is finished."""


@transaction.atomic
def apply_rehearsal(*, rehearsal: Round, by: User, now: dt.datetime) -> None:
    """The rule is on as it was rehearsed. Twice is once. Raises NotLookedAt while the rehearsal still goes on."""
    if not rehearsal.rehearses or rehearsal.finished_at is None:
        raise NotLookedAt
    rule = Rule(rehearsal.rehearses)
    policy = queries.policies_from(rehearsal.policies)[rule]
    _set(rule, policy, on=True, by=by, now=now)


@transaction.atomic
def switch_off(*, rule: Rule, by: User, now: dt.datetime) -> None:
    """At once: letters that are owed drop what this rule wanted to tell."""
    row = RuleSetting.objects.filter(rule=rule.value).first()
    policy = row.policy if row else DEFAULTS[rule]
    _set(rule, policy, on=False, by=by, now=now)


def _set(rule: Rule, policy: Policy, *, on: bool, by: User, now: dt.datetime) -> None:
    row = RuleSetting.objects.select_for_update().filter(rule=rule.value).first()
    before = _kept(row)
    since = (row.on_since if row and row.on_since else now) if on else None
    row = row or RuleSetting(rule=rule.value)
    row.on_since = since
    row.ahead, row.every, row.most = policy.ahead, policy.every, policy.most
    after = _kept(row)
    if before == after or (before is None and not on):
        return
    row.save()
    RuleChange.objects.create(rule=rule.value, before=before or {}, after=after, by=by, at=now)


def _kept(row: RuleSetting | None) -> dict[str, Any] | None:
    return None if row is None else {"on": row.on_since is not None, "ahead": row.ahead, "every": row.every, "most": row.most}


@transaction.atomic
def set_hours(*, hours: Hours, by: User, now: dt.datetime) -> None:
    before = queries.hours()
    if before == hours:
        return
    SendingHours.objects.update_or_create(
        pk=1, defaults={"opens": hours.opens, "closes": hours.closes, "a_day": hours.a_day}
    )
    RuleChange.objects.create(rule="", before=_plain(before), after=_plain(hours), by=by, at=now)


def _plain(hours: Hours) -> dict[str, Any]:
    return {name: f"{value:%H:%M}" if isinstance(value, dt.time) else value for name, value in asdict(hours).items()}
