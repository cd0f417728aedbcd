"""That staff read what is personal. Written once a request, however long the list."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable

from people.models import Organisation, Reading, ReadingKind, User

# As long as personal_data.yaml says.
_KEPT = dt.timedelta(days=730)


def record_reading(
    *,
    reader: User,
    kind: str,
    people: int,
    now: dt.datetime,
    organisation: Organisation | None = None,
    group: uuid.UUID | None = None,
    person: User | None = None,
) -> None:
    """A list on which nobody stands tells nothing about anybody, and one's own page is no secret."""
    if people and person != reader:
        Reading.objects.create(
            reader=reader, at=now, kind=ReadingKind(kind), people=people, organisation=organisation, group=group, person=person
        )


def record_readings_of_units(*, reader: User, people: dict[int, int], now: dt.datetime) -> None:
    """One list of many units, a row for each: who stood on it follows from where she belongs.

    `people`: how many of each, by the organisation's id.
    """
    Reading.objects.bulk_create(
        (
            Reading(reader=reader, at=now, kind=ReadingKind.UNIT_FILE, people=count, organisation_id=unit)
            for unit, count in people.items()
            if count
        ),
        batch_size=500,
    )


def record_readings_of_people(*, reader: User, kind: str, people: Iterable[int], now: dt.datetime) -> None:
    """A list of people who have no place in common: a row for each of them, by id; one's own is no secret."""
    Reading.objects.bulk_create(
        Reading(reader=reader, at=now, kind=ReadingKind(kind), people=1, person_id=one)
        for one in sorted(set(people) - {reader.pk})
    )


def forget_readings(*, now: dt.datetime) -> int:
    """What is older than we say we keep it. Returns how many."""
    return Reading.objects.filter(at__lt=now - _KEPT).delete()[0]
