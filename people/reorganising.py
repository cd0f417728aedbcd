"""What an operation on the tree is to do, as plain values: planned by reads, shown to a person, then carried out.

Organisations are named by their codes, because some of them are only about to be made.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class NewUnit:
    """An organisation to be made. `parent` and `successor` are codes, "" for none."""

    code: str
    name: str
    kind: str
    parent: str = ""
    short_name: str = ""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    successor: str = ""
    staff_declared: int | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class TreePlan:
    """The tree's and the people's part. In `people` and `roles` no code means: ends and begins nowhere.

    `fields` are (code, field, value), a successor by its code.
    """

    kind: str
    on: dt.date
    make: tuple[NewUnit, ...] = ()
    fields: tuple[tuple[str, str, Any], ...] = ()
    places: tuple[tuple[str, str], ...] = ()
    people: tuple[tuple[int, str], ...] = ()
    roles: tuple[tuple[int, tuple[str, ...]], ...] = ()
    # Who only receives: a line in its history.
    receives: tuple[str, ...] = ()
