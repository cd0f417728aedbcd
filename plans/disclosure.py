"""Small counts of people are not told to the public: fewer than ten could point at somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from plans.models import MeasuredBy

SMALLEST = Decimal(10)
OF_PEOPLE = frozenset(
    {
        MeasuredBy.PARTICIPATIONS,
        MeasuredBy.PARTICIPANTS,
        MeasuredBy.COMPLETIONS,
        MeasuredBy.COMPLETERS,
        MeasuredBy.CERTIFICATES,
    }
)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A figure, none (nothing measured), or one that is kept back."""

    value: Decimal | None = None
    hidden: bool = False


def small(value: Decimal | None) -> bool:
    """Zero points at nobody and is told."""
    return value is not None and 0 < value < SMALLEST


def shown(values: Sequence[Decimal | None], total: Decimal | None) -> list[Cell]:
    """The parts of `total` as the public may see them.

    Of a total below ten no part is told. One hidden part alone could be worked out from the total and the others, so
    the smallest of the others is hidden with it.
    """
    if small(total):
        return [Cell(hidden=True) for _value in values]
    hidden = {place for place, value in enumerate(values) if small(value)}
    if len(hidden) == 1:
        others = [(value, place) for place, value in enumerate(values) if value and place not in hidden]
        if others:
            hidden.add(min(others)[1])
    return [Cell(hidden=True) if place in hidden else Cell(value=value) for place, value in enumerate(values)]
