"""How long the law leaves for an answer (Nghị định 356/2025/NĐ-CP, Điều 5), in the city's days."""

from __future__ import annotations

import csv
import datetime as dt
from functools import cache
from pathlib import Path

from django.utils import timezone

# Working days until the person must know that we have it.
ACKNOWLEDGE = 2
DAYS = {"see": 10, "correct": 10, "export": 10, "restrict": 15, "withdraw": 15, "erase": 20}

HOLIDAYS = Path(__file__).with_name("holidays.csv")


@cache
def holidays() -> frozenset[dt.date]:
    """Public holidays that are certain. One not announced yet counts as a working day: then we are early, never late."""
    with HOLIDAYS.open(encoding="utf-8", newline="") as file:
        return frozenset(
            dt.date.fromisoformat(row["day"]) for row in csv.DictReader(file) if row["kind"] == "off" and row["sure"] == "yes"
        )


def known_until() -> int:
    """The last year whose holidays are known."""
    return max(day.year for day in holidays())


def is_working_day(day: dt.date) -> bool:
    return day.weekday() < 5 and day not in holidays()


def acknowledge_by(filed_at: dt.datetime) -> dt.datetime:
    day, left = timezone.localtime(filed_at).date(), ACKNOWLEDGE
    while left:
        day += dt.timedelta(days=1)
        left -= is_working_day(day)
    return _end_of(day)


def due_at(kind: str, filed_at: dt.datetime) -> dt.datetime:
    return _end_of(timezone.localtime(filed_at).date() + dt.timedelta(days=DAYS[kind]))


def extended(kind: str, due: dt.datetime) -> dt.datetime:
    """Once, by as long as the law gave at first."""
    return _end_of(timezone.localtime(due).date() + dt.timedelta(days=DAYS[kind]))


def _end_of(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time(23, 59, 59)))
