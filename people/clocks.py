"""How long the law leaves for an answer (Nghị định 356/2025/NĐ-CP, Điều 5), in the city's days."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

# Working days until the person must know that we have it. Public holidays are not known here: on them we are early.
ACKNOWLEDGE = 2
DAYS = {"see": 10, "correct": 10, "export": 10, "restrict": 15, "withdraw": 15, "erase": 20}


def acknowledge_by(filed_at: dt.datetime) -> dt.datetime:
    day, left = timezone.localtime(filed_at).date(), ACKNOWLEDGE
    while left:
        day += dt.timedelta(days=1)
        left -= day.weekday() < 5
    return _end_of(day)


def due_at(kind: str, filed_at: dt.datetime) -> dt.datetime:
    return _end_of(timezone.localtime(filed_at).date() + dt.timedelta(days=DAYS[kind]))


def extended(kind: str, due: dt.datetime) -> dt.datetime:
    """Once, by as long as the law gave at first."""
    return _end_of(timezone.localtime(due).date() + dt.timedelta(days=DAYS[kind]))


def _end_of(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time(23, 59, 59)))
