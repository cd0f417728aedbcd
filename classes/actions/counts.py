"""Agencies are counted anew, so that no page counts people while somebody waits."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import asdict
from typing import Any

from django.db import transaction

from classes import queries
from classes.counting import Counts, DutyCounts
from classes.models import AgencyCount, AgencyCounting, RequirementCount
from people.models import Organisation

AT_ONCE = 0.5  # seconds for which somebody may wait

_FIELDS = tuple(asdict(Counts()))
_DUTY_FIELDS = tuple(asdict(DutyCounts()))


def count_owed_agencies(*, now: dt.datetime) -> int | None:
    """Count unless it was done a moment ago. Returns the number of changed rows, None if nothing was owed."""
    return count_agencies(now=now) if queries.counting_owed(now) else None


def recount_agencies(*, now: dt.datetime) -> None:
    """After an act that changes many counts at once: here and now where counting is quick, else by the next sweep."""
    last = AgencyCounting.objects.first()
    if last and last.seconds < AT_ONCE:
        count_agencies(now=now)
    elif last:
        AgencyCounting.objects.update(owed=True)


@transaction.atomic
def count_agencies(*, now: dt.datetime) -> int:
    """Count everybody. Only rows that changed are written; returns how many."""
    began = time.monotonic()
    counted = queries.counted_agencies(now)
    ids = dict(Organisation.objects.values_list("path", "pk"))
    # All agencies together are no agency.
    places = {(ids[path], own, course): counts for (path, own, course), counts in counted.places.items() if path}
    duties = {(ids[path], key): counts for (path, key), counts in counted.duties.items() if path}
    changed = _keep(AgencyCount, ("organisation_id", "own", "course_id"), places, _FIELDS)
    changed += _keep(RequirementCount, ("organisation_id", "requirement_id"), duties, _DUTY_FIELDS)
    AgencyCounting.objects.update_or_create(
        pk=1, defaults={"counted_at": now, "seconds": time.monotonic() - began, "owed": False}
    )
    return changed


def _keep(model: type[Any], key: tuple[str, ...], counted: dict[Any, Any], fields: tuple[str, ...]) -> int:
    """The rows of `model` made equal to `counted`, which is by the values of `key`."""
    kept = {tuple(getattr(row, name) for name in key): row for row in model.objects.all().iterator()}
    new, changed = [], []
    for place, counts in counted.items():
        row = kept.pop(place, None)
        if row is None:
            new.append(model(**dict(zip(key, place, strict=True)), **asdict(counts)))
        elif any(getattr(row, name) != getattr(counts, name) for name in fields):
            for name in fields:
                setattr(row, name, getattr(counts, name))
            changed.append(row)
    model.objects.bulk_create(new, batch_size=1_000)
    model.objects.bulk_update(changed, fields, batch_size=500)
    gone = [row.pk for row in kept.values()]
    for first in range(0, len(gone), 500):
        model.objects.filter(pk__in=gone[first : first + 500]).delete()
    return len(new) + len(changed) + len(gone)
