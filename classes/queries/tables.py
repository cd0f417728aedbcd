"""The officer's tables as they leave the site: one reading for what is sent at once and for what is made in the background."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from classes.exports import Cell
from classes.models import Export, ExportKind, ExportState
from classes.queries.agencies import agency_rows, agency_table, scope_of
from classes.queries.staff import people_count, people_rows
from people.models import Organisation, ReadingKind, User

# Longer tables are made in the background.
AT_ONCE = 5_000


@dataclass(frozen=True, kw_only=True)
class TableAsked:
    """A table as the address says it: of which organisations, with which filter. `unit` where it lists people."""

    kind: str
    places: tuple[Organisation, ...]
    asked: dict[str, Any] = field(default_factory=dict)

    @property
    def unit(self) -> Organisation | None:
        return self.places[0] if len(self.places) == 1 else None

    @property
    def name(self) -> str:
        """Of the file, without its ending."""
        stem = "danh-sach" if self.kind == ExportKind.PEOPLE else "hoan-thanh"
        return f"{stem}-{self.unit.code if self.unit else 'theo-co-quan'}"

    @property
    def title(self) -> str:
        return self.unit.label if self.kind == ExportKind.PEOPLE and self.unit else _("Hoàn thành theo cơ quan")


def table(wanted: TableAsked, *, now: dt.datetime) -> tuple[list[str], Iterator[list[Cell]]]:
    """What the screen shows of it, all pages; what is long is read as it is taken."""
    if wanted.kind == ExportKind.PEOPLE:
        (unit,) = wanted.places
        return people_rows(unit, now=now, **wanted.asked)
    header, rows = agency_rows(agency_table(list(wanted.places), now=now, **wanted.asked))
    return header, iter(rows)


def expected_rows(wanted: TableAsked, *, now: dt.datetime) -> int:
    """At least so many rows, for the progress."""
    return people_count(wanted.places[0], now=now, **wanted.asked) if wanted.kind == ExportKind.PEOPLE else 0


def table_of(export: Export) -> TableAsked | None:
    """What was asked for, while its owner oversees all of it; else None."""
    places = list(Organisation.objects.filter(pk__in=export.places).order_by("path"))
    roots = scope_of(export.owner)
    inside = all(any(place.path.startswith(root.path) for root in roots) for place in places)
    if not inside or len(places) != len(export.places) or not export.owner.is_active:
        return None
    return TableAsked(kind=export.kind, places=tuple(places), asked=export.asked)


def exports_of(owner: User) -> QuerySet[Export]:
    """Her own, the last first; those that were deleted have left."""
    return Export.objects.filter(owner=owner).exclude(state=ExportState.FORGOTTEN).select_related("unit").order_by("-asked_at")


def reading_of(export: Export) -> dict[str, Any]:
    """How fetching it is noted: of which people somebody read a list."""
    return {"kind": ReadingKind.UNIT_FILE, "people": export.done, "organisation": export.unit}
