"""How the rules are set, what became of the last letters, and what a person wants."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count, Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from people.models import User
from reminders.judgement import ALWAYS, DEFAULTS, Hours, Policy, Rule
from reminders.models import Notice, Round, RuleChange, RuleSetting, SendingHours, State, Stop
from reminders.wording import NAMES, change_words, hours_words, summary


def policies_on() -> dict[Rule, Policy]:
    """The rules that are switched on, and those that always are. One query."""
    rows = RuleSetting.objects.filter(on_since__isnull=False)
    return ALWAYS | {Rule(row.rule): row.policy for row in rows}


def policies_to_json(policies: Mapping[Rule, Policy]) -> dict[str, dict[str, int]]:
    return {rule.value: asdict(policy) for rule, policy in policies.items()}


def policies_from(kept: Mapping[str, Mapping[str, int]]) -> dict[Rule, Policy]:
    return {Rule(rule): Policy(**numbers) for rule, numbers in kept.items()}


def hours() -> Hours:
    row = SendingHours.objects.first()
    return Hours(row.opens, row.closes, row.a_day) if row else Hours()


def stopped_by(people: Iterable[int]) -> dict[int, set[Rule]]:
    found: dict[int, set[Rule]] = {}
    for person, rule in Stop.objects.filter(person__in=list(people)).values_list("person_id", "rule"):
        found.setdefault(person, set()).add(Rule(rule))
    return found


@dataclass(frozen=True, kw_only=True)
class RuleCard:
    rule: Rule
    name: str
    policy: Policy
    on_since: dt.datetime | None
    change: RuleChange | None

    @property
    def always(self) -> bool:
        return self.rule in ALWAYS

    @property
    def says(self) -> str:
        return summary(self.rule, self.policy)


def rule_cards() -> list[RuleCard]:
    """All rules, as they are set, each with its last change. Two queries."""
    rows = {row.rule: row for row in RuleSetting.objects.all()}
    lasts = RuleChange.objects.order_by().values("rule").annotate(last=Max("pk")).values("last")
    last = {change.rule: change for change in RuleChange.objects.filter(pk__in=lasts).select_related("by")}
    return [_card(rule, rows.get(rule.value), last.get(rule.value)) for rule in Rule]


def rule_card(rule: Rule) -> RuleCard:
    """One of them. Two queries."""
    row = RuleSetting.objects.filter(rule=rule.value).first()
    return _card(rule, row, changes().filter(rule=rule.value).first())


def _card(rule: Rule, row: RuleSetting | None, change: RuleChange | None) -> RuleCard:
    return RuleCard(
        rule=rule, name=str(NAMES[rule]), policy=row.policy if row else DEFAULTS[rule],
        on_since=row.on_since if row else None, change=change,
    )  # fmt: skip


def changes() -> QuerySet[RuleChange]:
    return RuleChange.objects.select_related("by").order_by("-at", "-pk")


def change_said(change: RuleChange) -> tuple[str, str]:
    """The name of what was changed, and how it was left."""
    if not change.rule:
        return str(_("Giờ gửi")), hours_words(change.after)
    rule = Rule(change.rule)
    return str(NAMES[rule]), change_words(rule, change.after)


@dataclass(frozen=True, kw_only=True)
class WeekDay:
    """Letters decided on that day, by what became of them, and people who could not be written to."""

    day: dt.date
    states: dict[str, int]
    nowhere: int
    stopped: int
    finished: bool

    @property
    def sent(self) -> int:
        return self.states.get(State.SENT, 0)

    @property
    def waiting(self) -> int:
        return self.states.get(State.OWED, 0) + self.states.get(State.SENDING, 0)

    @property
    def lost(self) -> int:
        return self.states.get(State.FAILED, 0) + self.states.get(State.UNSURE, 0)

    @property
    def dropped(self) -> int:
        return self.states.get(State.DROPPED, 0)


def last_week(now: dt.datetime) -> list[WeekDay]:
    """The last seven days, those on which there was nothing to tell anybody left out, the latest first. Two queries."""
    since = timezone.localdate(now) - dt.timedelta(days=6)
    states: dict[dt.date, dict[str, int]] = {}
    rows = Notice.objects.filter(day__gte=since).order_by().values_list("day", "state").annotate(count=Count("pk"))
    for day, state, count in rows:
        states.setdefault(day, {})[state] = count
    rounds = {one.day: one for one in Round.objects.filter(day__gte=since, rehearses="")}
    days = [
        WeekDay(
            day=day, states=states.get(day, {}), nowhere=_tally(rounds.get(day)).get("nowhere", 0),
            stopped=_tally(rounds.get(day)).get("stopped", 0), finished=day not in rounds or bool(rounds[day].finished_at),
        )
        for day in sorted({*states, *rounds}, reverse=True)
    ]  # fmt: skip
    return [one for one in days if one.states or one.nowhere or one.stopped or not one.finished]


def _tally(one: Round | None) -> dict[str, Any]:
    return one.tally if one else {}


def choices_of(person: User, *, oversees: bool) -> list[tuple[Rule, str, bool]]:
    """The rules that may concern her: which, its name, whether she wants it."""
    stopped = stopped_by([person.pk]).get(person.pk, set())
    return [(rule, str(NAMES[rule]), rule not in stopped) for rule in Rule
            if rule not in ALWAYS and (rule != Rule.DIGEST or oversees)]  # fmt: skip


def last_notices(person: User) -> list[Notice]:
    """The last ten that were sent to her, with what they told. Two queries."""
    return list(
        Notice.objects.filter(person=person, state=State.SENT).prefetch_related("reminders").order_by("-sent_at", "-pk")[:10]
    )
