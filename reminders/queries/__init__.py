"""Reads about reminders."""

from reminders.queries.facts import concerned, facts_of, figures_of
from reminders.queries.phones import PhoneState, asks_for_phones, disagreed_phones, may_have_phone, phone_of, phones_of
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
    rule_card,
    rule_cards,
    stopped_by,
)

__all__ = [
    "Decision",
    "PhoneState",
    "RuleCard",
    "WeekDay",
    "asks_for_phones",
    "change_said",
    "changes",
    "choices_of",
    "concerned",
    "decisions",
    "disagreed_phones",
    "facts_of",
    "figures_of",
    "hours",
    "last_notices",
    "last_week",
    "may_have_phone",
    "next_round_at",
    "phone_of",
    "phones_of",
    "policies_from",
    "policies_on",
    "policies_to_json",
    "rule_card",
    "rule_cards",
    "stopped_by",
]
