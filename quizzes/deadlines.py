"""When a quiz may be begun and when an attempt ends: the one formula, shown before the start and used by the server. Pure."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from typing import Any

# An answer sent in the last second may be half a minute on its way; the learner is shown the deadline without it.
TOLERANCE = dt.timedelta(seconds=30)


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
class Change:
    """What an exception gives one learner in place of the quiz's own terms; None leaves that as it is."""

    opens_at: dt.datetime | None = None
    closes_at: dt.datetime | None = None
    minutes: int | None = None
    attempts: int | None = None


def changed(terms: Terms, *, own: Change | None = None, of_groups: Iterable[Change] = (), factor: Decimal = Decimal(1)) -> Terms:
    """The terms of one learner (quiz-engine Q11): her own exception first, then the most generous of her groups', then the
    quiz's. `factor` (1 or more) lengthens the time of every attempt, to the whole minute above, and nothing else.

    An exception only says something about what the quiz limits: it never brings in a limit of its own.
    """
    groups = list(of_groups)
    given = {
        "opens_at": _first(own and own.opens_at, [one.opens_at for one in groups], min),
        "closes_at": _first(own and own.closes_at, [one.closes_at for one in groups], max),
        "minutes": _first(own and own.minutes, [one.minutes for one in groups], max),
        "attempts": _first(own and own.attempts, [one.attempts for one in groups], max),
    }
    told = replace(
        terms, **{name: value for name, value in given.items() if value is not None and getattr(terms, name) is not None}
    )
    if told.minutes is None:
        return told
    return replace(told, minutes=int((told.minutes * factor).to_integral_value(ROUND_CEILING)))


def _first(own: Any, others: list[Any], most: Callable[[Iterable[Any]], Any]) -> Any:
    found = [one for one in others if one is not None]
    return own if own is not None else most(found) if found else None


class Phase(enum.Enum):
    RUNNING = enum.auto()
    # What was answered stays as it is; it may still be handed in.
    OVERDUE = enum.auto()
    OVER = enum.auto()


def phase(ends: dt.datetime | None, now: dt.datetime, *, grace_minutes: int = 0) -> Phase:
    """Where an attempt that ends at `ends` stands, the tolerance for the way through the network included."""
    if ends is None or now <= ends + TOLERANCE:
        return Phase.RUNNING
    last = last_moment(ends, grace_minutes=grace_minutes)
    return Phase.OVER if last is None or now > last + TOLERANCE else Phase.OVERDUE


def last_moment(ends: dt.datetime | None, *, grace_minutes: int = 0) -> dt.datetime | None:
    """Until when an attempt may be handed in; None when it may for ever."""
    return ends + dt.timedelta(minutes=grace_minutes) if ends else None


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
