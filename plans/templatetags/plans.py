"""The counted city on the home page."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils import timezone

from plans.queries import ReportDue, city_totals, reports_due

register = template.Library()

_COLUMNS, _ROWS = 20, 5


@register.inclusion_tag("plans/city_floor.html")
def city_floor() -> dict[str, Any]:
    """A floor of a hundred tiles: one tile is a round number of people, chosen so that the floor is never full.

    The plan's first milestone (1 % of the people, in words beside it) sets the least worth of a tile.
    """
    totals = city_totals(timezone.now())
    people = totals.people or 0
    worth = next(size for size in (10, 100, 1_000, 10_000, 100_000) if people < size * _COLUMNS * _ROWS)
    full, rest = divmod(people, worth)
    tiles = [
        {
            "x": 26 * (place % _COLUMNS),
            "y": 26 * (place // _COLUMNS),
            "symbol": "t-done" if place < full else "t-half" if place == full and rest else "t-slot",
        }
        for place in range(_COLUMNS * _ROWS)
    ]
    return {"totals": totals, "tiles": tiles, "worth": worth, "full": full}


@register.simple_tag
def due_reports() -> tuple[tuple[ReportDue, bool], ...]:
    """The reports that are due next, each with whether it is late: for plans/reports_due.html."""
    now = timezone.now()
    return tuple((period, period.due_at < now) for period in reports_due(now))
