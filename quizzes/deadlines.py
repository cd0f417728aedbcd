"""When a quiz may be begun and when an attempt ends: the one formula, shown before the start and used by the server. Pure."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What holds for one learner. None is no limit; minutes are whole."""

    opens_at: dt.datetime | None = None
    closes_at: dt.datetime | None = None
    minutes: int | None = None
    attempts: int | None = None
    delay_minutes: int | None = None


class Hindrance(enum.Enum):
    NOT_OPEN = enum.auto()
    CLOSED = enum.auto()
    NO_ATTEMPT_LEFT = enum.auto()
    WAIT = enum.auto()


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why no attempt can be begun, and from when one can (None: never)."""

    why: Hindrance
    until: dt.datetime | None = None


def deadline(terms: Terms, started_at: dt.datetime) -> dt.datetime | None:
    """The earlier of start + limit and closing time (quiz-engine Q11); None when there is neither."""
    ends = [terms.closes_at] if terms.closes_at else []
    if terms.minutes:
        ends.append(started_at + dt.timedelta(minutes=terms.minutes))
    return min(ends, default=None)


def hindrance(terms: Terms, *, used: int, last_finished: dt.datetime | None, now: dt.datetime) -> Refusal | None:
    """What keeps a new attempt from being begun `now`; `used` attempts were begun before, the last one ended at
    `last_finished`. What lasts is told before what passes."""
    if terms.attempts is not None and used >= terms.attempts:
        return Refusal(why=Hindrance.NO_ATTEMPT_LEFT)
    if terms.closes_at and now >= terms.closes_at:
        return Refusal(why=Hindrance.CLOSED)
    free_at = last_finished + dt.timedelta(minutes=terms.delay_minutes) if terms.delay_minutes and last_finished else None
    if terms.closes_at and free_at and free_at >= terms.closes_at:
        return Refusal(why=Hindrance.CLOSED)
    if terms.opens_at and now < terms.opens_at:
        return Refusal(why=Hindrance.NOT_OPEN, until=max(terms.opens_at, free_at or terms.opens_at))
    if free_at and now < free_at:
        return Refusal(why=Hindrance.WAIT, until=free_at)
    return None
