"""Lists of completions made elsewhere, as officers sent them."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models

from people.models import Organisation

# So long a list that was sent waits, and so long it can be undone.
KEPT = dt.timedelta(days=7)


def private_storage() -> Storage:
    return storages["private"]


def completion_file_path(file: CompletionFile, name: str) -> str:
    return f"outside/lists/{file.pk}.{name.rpartition('.')[2]}"


class CompletionFile(models.Model):
    """A list of completions made elsewhere, as it was sent. Its lines go when it is applied; the evidence stays.

    Its number is the `batch` of what came of it.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    table = models.JSONField(default=list)
    evidence = models.FileField(storage=private_storage, upload_to=completion_file_path, blank=True)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    added = models.PositiveIntegerField(default=0)
    undone_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} @ {self.organisation_id}"

    def may_be_undone(self, now: dt.datetime) -> bool:
        return self.applied_at is not None and self.undone_at is None and now < self.applied_at + KEPT
