"""That staff read what is personal. Written once a request, however long the list."""

from __future__ import annotations

import datetime as dt
import uuid

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


def forget_readings(*, now: dt.datetime) -> int:
    """What is older than we say we keep it. Returns how many."""
    return Reading.objects.filter(at__lt=now - _KEPT).delete()[0]
