"""Agencies are counted anew, so that no page counts people while somebody waits."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import asdict

from django.db import transaction

from classes import queries
from classes.counting import Counts, Place
from classes.models import AgencyCount, AgencyCounting
from people.models import Organisation

AT_ONCE = 0.5  # seconds for which somebody may wait

_FIELDS = tuple(asdict(Counts()))


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
    kept = {(row.organisation_id, row.own, row.course_id): row for row in AgencyCount.objects.all().iterator()}
    new, changed = [], []
    for place, counts in counted.items():
        if not place[0]:  # all agencies together are no agency
            continue
        row = kept.pop(_key(place, ids), None)
        if row is None:
            new.append(_row(place, counts, ids))
        elif any(getattr(row, name) != getattr(counts, name) for name in _FIELDS):
            for name in _FIELDS:
                setattr(row, name, getattr(counts, name))
            changed.append(row)
    AgencyCount.objects.bulk_create(new, batch_size=1_000)
    AgencyCount.objects.bulk_update(changed, _FIELDS, batch_size=500)
    gone = [row.pk for row in kept.values()]
    for first in range(0, len(gone), 500):
        AgencyCount.objects.filter(pk__in=gone[first : first + 500]).delete()
    AgencyCounting.objects.update_or_create(
        pk=1, defaults={"counted_at": now, "seconds": time.monotonic() - began, "owed": False}
    )
    return len(new) + len(changed) + len(gone)


def _key(place: Place, ids: dict[str, int]) -> tuple[int, bool, int | None]:
    path, own, course = place
    return ids[path], own, course


def _row(place: Place, counts: Counts, ids: dict[str, int]) -> AgencyCount:
    organisation_id, own, course_id = _key(place, ids)
    return AgencyCount(organisation_id=organisation_id, own=own, course_id=course_id, **asdict(counts))
