"""Reads about reminders."""

from reminders.queries.facts import facts_of, figures_of
from reminders.queries.rounds import Decision, decisions, next_round_at
from reminders.queries.rules import (
    RuleCard,
    WeekDay,
    change_said,
    changes,
    choices_of,
    hours,
    last_notices,
    last_week,
    policies_from,
    policies_on,
    policies_to_json,
    rule_cards,
    stopped_by,
)

__all__ = [
    "Decision",
    "RuleCard",
    "WeekDay",
    "change_said",
    "changes",
    "choices_of",
    "decisions",
    "facts_of",
    "figures_of",
    "hours",
    "last_notices",
    "last_week",
    "next_round_at",
    "policies_from",
    "policies_on",
    "policies_to_json",
    "rule_cards",
    "stopped_by",
]
