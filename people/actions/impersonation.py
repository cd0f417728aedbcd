"""Looking at the site as a learner sees it: with a reason, for half an hour, without touching anything (decision 0024)."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction

from people.actions.readings import record_reading
from people.models import Impersonation, ReadingKind, User
from people.queries import may_be_viewed
from people.text import nfc

# Where a session says which look is open; the row says whether it still is.
SESSION_KEY = "view_as"
LASTS = dt.timedelta(minutes=30)


class ReasonMissing(ValueError):
    """Whoever is looked at may read why."""


class NotViewable(PermissionError):
    """Staff, superusers, accounts that are shut or restricted, and oneself are never looked at like this."""


@transaction.atomic
def begin(*, viewer: User, person: User, group: uuid.UUID | None, reason: str, now: dt.datetime) -> Impersonation:
    """Whether `viewer` may look at this person at all is asked before. One at a time: an open one ends.

    It stands at once among what the person may read. Raises ReasonMissing, NotViewable.
    """
    if not nfc(reason):
        raise ReasonMissing
    if viewer.pk == person.pk or not may_be_viewed(person):
        raise NotViewable(person.pk)
    User.objects.select_for_update().get(pk=viewer.pk)
    end(viewer=viewer, now=now)
    record_reading(reader=viewer, kind=ReadingKind.VIEW_AS, person=person, people=1, now=now)
    return Impersonation.objects.create(
        viewer=viewer, person=person, group=group, reason=nfc(reason)[:500], began_at=now, until=now + LASTS
    )


@transaction.atomic
def end(*, viewer: User, now: dt.datetime) -> int:
    """Whatever `viewer` has open ends now; ended twice, the first end stands."""
    return Impersonation.objects.filter(viewer=viewer, ended_at__isnull=True).update(ended_at=now)
