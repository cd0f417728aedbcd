"""Geometry of the three drawings of the ledger. Every number is already text, so that no locale touches it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from plans.judgement import Aim, bounds


def _text(value: float | Decimal) -> str:
    return f"{float(value):.1f}"


# --- the line of a period -------------------------------------------------------------------------------------------

LEFT, WIDTH = 10, 980


@dataclass(frozen=True, kw_only=True)
class Mark:
    """`x` along the line; `anchor` keeps the words inside; `row` 1 lifts the words over a neighbour's."""

    x: str
    anchor: str = "middle"
    row: int = 0


@dataclass(frozen=True, kw_only=True)
class Month:
    x: str
    first: dt.date
    tick: bool


@dataclass(frozen=True, kw_only=True)
class TimeLine:
    today: Mark | None
    cutoff: Mark
    due: Mark
    end: Mark
    done: str
    months: tuple[Month, ...]


def timeline(*, starts_on: dt.date, quarter_ends_on: dt.date, cutoff: dt.date, due: dt.date, today: dt.date) -> TimeLine:
    """From the first day that is counted to the last day of the quarter. `today` is drawn when it lies between."""
    days = (quarter_ends_on - starts_on).days

    def x(day: dt.date) -> float:
        return LEFT + WIDTH * min(max((day - starts_on).days, 0), days) / days

    months = [starts_on]
    while (following := _next_month(months[-1])) <= quarter_ends_on:
        months.append(following)
    here = starts_on <= today <= quarter_ends_on
    near = here and any(abs(x(today) - x(day)) < 105 for day in (cutoff, due))
    return TimeLine(
        today=Mark(x=_text(x(today)), anchor=_anchor(x(today)), row=int(near)) if here else None,
        cutoff=Mark(x=_text(x(cutoff)), anchor="end"), due=Mark(x=_text(x(due)), anchor="start"),
        end=Mark(x=_text(x(quarter_ends_on)), anchor="end"), done=_text(x(today) - LEFT),
        months=tuple(Month(x=_text(x(day)), first=day, tick=place > 0) for place, day in enumerate(months)),
    )  # fmt: skip


def _next_month(day: dt.date) -> dt.date:
    return dt.date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _anchor(x: float) -> str:
    return "start" if x < 60 else "end" if x > WIDTH - 50 else "middle"


# --- a figure against its target ------------------------------------------------------------------------------------

TRACK_LEFT, TRACK = 8, 214


@dataclass(frozen=True, kw_only=True)
class Bullet:
    """`mark` is "hook" (at least), "band" (from … to), "about" (dashed band), "point" (equal) or "" (nothing asked)."""

    length: str
    mark: str
    low: str
    hook: str
    band: str
    high: str


_MARKS = {"~": "about", "between": "band", "=": "point", "bool": "point", ">=": "hook", ">": "hook", "yoy>=": "hook"}


def bullet(aim: Aim, value: Decimal | None) -> Bullet | None:
    """None without a figure, or where the plan names nothing to compare with."""
    low, high = bounds(aim)
    if value is None or low is None or low <= 0:
        return None
    top = max(value, high or low) * Decimal("1.15")

    def x(figure: Decimal) -> Decimal:
        return TRACK_LEFT + TRACK * max(figure, Decimal(0)) / top

    end = high if high is not None else low
    return Bullet(
        length=_text(x(value) - TRACK_LEFT), mark=_MARKS.get(aim.operator, "hook"), low=_text(x(low)),
        hook=_text(x(low) + 8), band=_text(x(end) - x(low)), high=_text(x(end)),
    )  # fmt: skip


# --- columns by quarter ---------------------------------------------------------------------------------------------

CHART_WIDTH, FLOOR, HEIGHT = 420, 190, 150


@dataclass(frozen=True, kw_only=True)
class Column:
    label: str
    value: Decimal
    open: bool
    x: str
    y: str
    width: str
    height: str
    middle: str
    word_y: str


def columns(figures: Sequence[tuple[str, Decimal, bool]]) -> list[Column]:
    """(label, value, whether the period still runs) → columns standing on the floor, oldest first."""
    if not figures:
        return []
    top = max((value for _label, value, _open in figures), default=Decimal(0)) or Decimal(1)
    step = Decimal(CHART_WIDTH - 20) / max(len(figures), 3)
    width = min(step * Decimal("0.66"), Decimal(70))
    drawn = []
    for place, (label, value, still_open) in enumerate(figures):
        height = HEIGHT * value / top
        left = 10 + step * place + (step - width) / 2
        drawn.append(
            Column(
                label=label, value=value, open=still_open, x=_text(left), y=_text(FLOOR - height), width=_text(width),
                height=_text(height), middle=_text(left + width / 2), word_y=_text(FLOOR - height - 7),
            )  # fmt: skip
        )
    return drawn
