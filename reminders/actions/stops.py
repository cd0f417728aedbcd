"""Who does not want which letters. A link in each letter says it without logging in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.core import signing
from django.db import transaction

from people.models import AccountMerge, User
from reminders.judgement import ALWAYS, Rule
from reminders.models import Stop

_SALT = "reminders.stop"


class NoSuchLetter(Exception):
    pass


@dataclass(frozen=True)
class Token:
    person: User
    rules: tuple[Rule, ...]


def stop_token(person: User, rules: Iterable[Rule]) -> str:
    """Does not run out: a letter can be found years later, and stopping must work then too."""
    return signing.dumps([person.pk, sorted({rule.value for rule in rules})], salt=_SALT)


def read_token(token: str) -> Token:
    """Whose it is (after a merger, the account that was kept), and which rules. Raises NoSuchLetter."""
    try:
        key, values = signing.loads(token, salt=_SALT)
        rules = tuple(Rule(value) for value in values)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NoSuchLetter from error
    merged = AccountMerge.objects.filter(closed=key, undone_at__isnull=True).select_related("kept").first()
    person = merged.kept if merged else User.objects.filter(pk=key).first()
    if person is None:
        raise NoSuchLetter
    return Token(person, rules)


def stop(*, person: User, rules: Iterable[Rule], now: dt.datetime) -> None:
    rows = [Stop(person=person, rule=rule.value, since=now) for rule in rules if rule not in ALWAYS]
    Stop.objects.bulk_create(rows, ignore_conflicts=True)


def resume(*, person: User, rules: Iterable[Rule]) -> None:
    Stop.objects.filter(person=person, rule__in=[rule.value for rule in rules]).delete()


@transaction.atomic
def want(*, person: User, wanted: Iterable[Rule], among: Iterable[Rule], now: dt.datetime) -> None:
    """Of the rules `among`, she wants these and no others."""
    kept = set(wanted)
    asked = set(among)
    resume(person=person, rules=kept & asked)
    stop(person=person, rules=asked - kept, now=now)
