"""How a figure stands against a target. Pure: no database, no clock."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from people.text import fold

# The plan says "khoảng 10 lớp" and gives no margin. One tenth either way is our reading, until the owner sets another.
DEFAULT_TOLERANCE = Decimal("0.1")
# Behind: less than this share of what an even pace would have brought by now. Ours as well; the plan has no such rule.
PACE = Decimal("0.9")


class Status(StrEnum):
    EXCEEDED = "exceeded"
    MET = "met"
    ONGOING = "ongoing"
    BEHIND = "behind"
    NOT_MET = "not_met"
    NO_FIGURE = "no_figure"
    TRACKED = "tracked"


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What is asked. `full` is what a yes-or-no target needs to be a yes (3 when it is asked of three school levels)."""

    operator: str
    low: Decimal | None = None
    high: Decimal | None = None
    tolerance: Decimal | None = None
    full: Decimal = Decimal(1)


def bounds(aim: Aim) -> tuple[Decimal | None, Decimal | None]:
    """The figures from which and up to which the target is met; None where there is no such end."""
    if aim.operator == "bool":
        return aim.full, None
    if aim.operator == "count" or aim.low is None:
        return (Decimal(0), None) if aim.operator == "increase" else (None, None)
    if aim.operator == "~":
        margin = abs(aim.low) * (DEFAULT_TOLERANCE if aim.tolerance is None else aim.tolerance)
        return aim.low - margin, aim.low + margin
    if aim.operator == "between":
        return aim.low, aim.high
    if aim.operator in {"=", ">=", "yoy>=", "increase"}:
        return aim.low, aim.low
    return aim.low, None  # ">" names no figure that would be more than asked


def judge(aim: Aim, value: Decimal | None, *, today: dt.date, deadline: dt.date | None, begin: dt.date | None = None) -> Status:
    """The status of `value` on `today`. `deadline` is the last day; `begin` is when work began, for the pace."""
    if value is None:
        return Status.NO_FIGURE
    low, high = bounds(aim)
    if low is None:
        return Status.TRACKED
    strict = aim.operator == ">" or (aim.operator == "increase" and aim.low is None)
    if value > low if strict else value >= low:
        return Status.EXCEEDED if high is not None and value > high else Status.MET
    if deadline is not None and today > deadline:
        return Status.NOT_MET
    if deadline is None or begin is None or begin >= deadline or low <= 0 or aim.operator == "bool":
        return Status.ONGOING
    elapsed = Decimal(max(0, (today - begin).days)) / Decimal((deadline - begin).days)
    return Status.BEHIND if value < low * elapsed * PACE else Status.ONGOING


def deadline_day(text: str, *, year: int) -> dt.date | None:
    """The last day of a deadline as the plan writes it; `year` is that of the period, for "hằng năm". None if unclear."""
    quarter = re.fullmatch(r"(\d{4})-Q([1-4])", text)
    if quarter:
        return _month_end(int(quarter[1]), 3 * int(quarter[2]))
    month = re.fullmatch(r"(\d{4})-(\d{2})", text)
    if month:
        return _month_end(int(month[1]), int(month[2]))
    years = re.fullmatch(r"(?:\d{4}-)?(\d{4})", text)
    if years:
        return dt.date(int(years[1]), 12, 31)
    return dt.date(year, 12, 31) if fold(text).startswith("hang nam") else None


def _month_end(year: int, month: int) -> dt.date:
    return (dt.date(year + month // 12, month % 12 + 1, 1)) - dt.timedelta(days=1)
