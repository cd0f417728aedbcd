"""What an agency requires of its staff, judged for one person: whom it concerns, by when, and how long it stays done.

Pure, without a database. `Duty` is a StaffRequirement as plain values; days are days in Ho Chi Minh City.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

# A teacher is a public employee by law (viên chức); this group is of those of them who teach.
TEACHERS = "giao_vien"
# So long before it lapses, a completion is said to lapse soon.
SOON = dt.timedelta(days=30)
DAY_ENDS = dt.time(23, 59)


@dataclass(frozen=True, kw_only=True)
class Unit:
    """Where somebody works: the path, the staff category, since when, and whether she teaches."""

    path: str
    category: str = ""
    since: dt.date = dt.date.min
    teacher: bool = False


@dataclass(frozen=True, kw_only=True)
class Duty:
    """`groups` empty: all staff. `months` None: a completion counts for ever.

    By `due_at`, or `days` after joining (or after it was asked, whichever is later); given both, the later of the two
    holds, so that who joins shortly before the date has time.
    """

    key: int
    course: int
    groups: frozenset[str] = frozenset()
    due_at: dt.datetime | None = None
    days: int | None = None
    asked_on: dt.date | None = None
    months: int | None = None

    def covers(self, unit: Unit) -> bool:
        return not self.groups or unit.category in self.groups or (unit.teacher and TEACHERS in self.groups)

    def due(self, since: dt.date) -> dt.datetime:
        """When it must be done by somebody who joined on the day `since`."""
        dates = [self.due_at] if self.due_at else []
        if self.days is not None:
            dates.append(_end_of(max(since, self.asked_on or since) + dt.timedelta(days=self.days)))
        return max(dates)

    def past_for_joined(self, now: dt.datetime) -> dt.date | None:
        """It is past for who joined on this day or before; None: for nobody."""
        if self.due_at and self.due_at >= now:
            return None
        if self.days is None:
            return dt.date.max
        day = timezone.localdate(now) - dt.timedelta(days=self.days)
        if _end_of(timezone.localdate(now)) >= now:
            day -= dt.timedelta(days=1)
        return day if self.asked_on is None or self.asked_on <= day else None

    def counts_since(self, now: dt.datetime) -> dt.datetime | None:
        """A completion of this moment or later counts at `now`; None: every one does."""
        return None if self.months is None else earliest_valid(self.months, now)

    def lapses(self, completed_at: dt.datetime) -> dt.datetime | None:
        return None if self.months is None else lapse(completed_at, self.months)


def lapse(completed_at: dt.datetime, months: int) -> dt.datetime:
    """The end of the day on which a completion ends to count: the same day so many months on, or the month's last."""
    return _end_of(_months_on(timezone.localdate(completed_at), months))


def earliest_valid(months: int, now: dt.datetime) -> dt.datetime:
    """`completed_at` of this moment or later means that `lapse` is not before `now`."""
    day = _months_on(timezone.localdate(now), -months) - dt.timedelta(days=4)
    while _end_of(_months_on(day, months)) < now:
        day += dt.timedelta(days=1)
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def _months_on(day: dt.date, months: int) -> dt.date:
    year, month = divmod(12 * day.year + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _end_of(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, DAY_ENDS))
