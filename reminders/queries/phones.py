"""Whom a text message reaches, and by which gateways."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from people.models import Consent, ConsentPurpose, User
from reminders.gateways import masked
from reminders.models import Phone


def asks_for_phones() -> bool:
    return bool(settings.REMINDER_GATEWAYS)


def may_have_phone(person: User, now: dt.datetime) -> bool:
    """Nobody asks a child for a number."""
    return asks_for_phones() and not person.is_minor(timezone.localdate(now))


def _agreed() -> Exists:
    standing = Consent.objects.filter(purpose=ConsentPurpose.PHONE, withdrawn_at__isnull=True)
    return Exists(standing.filter(user=OuterRef("person")))


def phones_of(people: Iterable[int]) -> dict[int, str]:
    """The numbers of those who proved one and agree to its use, by their key. One query; none where no gateway is set up."""
    if not asks_for_phones():
        return {}
    rows = Phone.objects.filter(_agreed(), person__in=list(people), confirmed_at__isnull=False).exclude(number="")
    return dict(rows.values_list("person_id", "number"))


@dataclass(frozen=True)
class PhoneState:
    """`shown`: the number with its middle hidden. `waits`: a code was sent and is still good."""

    shown: str
    confirmed: bool
    waits: bool


def phone_of(person: User, now: dt.datetime) -> PhoneState | None:
    row = Phone.objects.filter(_agreed(), person=person).exclude(number="").first()
    if row is None:
        return None
    waits = bool(row.code and row.code_until and row.code_until > now)
    return PhoneState(masked(row.number), row.confirmed_at is not None, waits)


def disagreed_phones() -> list[int]:
    """The keys of rows whose owner took her consent back elsewhere."""
    return list(Phone.objects.filter(~_agreed()).values_list("pk", flat=True))
