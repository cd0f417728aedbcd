"""What lies on an officer's own desk: the views she kept, the files she asked for, the lists of completions she sent."""

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models import Organisation

# So long a finished file is kept, and a list that was sent waits or can be undone.
KEPT = dt.timedelta(days=7)


def private_storage() -> Storage:
    return storages["private"]


class SavedView(models.Model):
    """The filter of a table under a name: `address` is the part of the address behind /agencies/, with its parameters."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=80)
    address = models.CharField(max_length=500)
    # Opened in place of the bare start page.
    starts = models.BooleanField(default=False)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name_once"),
            models.UniqueConstraint(fields=["owner"], condition=Q(starts=True), name="saved_view_one_start"),
        ]

    def __str__(self) -> str:
        return self.name


class ExportKind(models.TextChoices):
    AGENCIES = "agencies", _("Hoàn thành theo cơ quan")
    PEOPLE = "people", _("Danh sách người")


class ExportState(models.TextChoices):
    OWED = "owed", _("Đang chờ")
    READY = "ready", _("Đã xong")
    FAILED = "failed", _("Không làm được")
    FORGOTTEN = "forgotten", _("Đã xóa")


def export_path(export: Export, name: str) -> str:
    return f"exports/{export.pk}.{export.extension}"


class Export(models.Model):
    """A table too long to be made while somebody waits. Whoever is killed over it leaves it owed.

    `places` are the organisations it was asked for, all of which its owner must still oversee when she fetches it;
    `asked` is the filter as in the address.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="exports")
    kind = models.CharField(max_length=10, choices=ExportKind.choices)
    places = models.JSONField()
    unit = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    asked = models.JSONField()
    extension = models.CharField(max_length=4)
    language = models.CharField(max_length=10)
    # Of kind, places, filter and form: asked for twice, it is made once.
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=ExportState.choices, default=ExportState.OWED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    # A worker is at it until then.
    busy_until = models.DateTimeField(null=True, blank=True)
    file = models.FileField(storage=private_storage, upload_to=export_path, blank=True)
    asked_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "digest"], condition=Q(state="owed"), name="export_once_at_a_time"),
        ]
        indexes = [models.Index(fields=["asked_at"], condition=Q(state="owed"), name="export_owed")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def percent(self) -> int:
        return min(99, 100 * self.done // self.total) if self.total else 0

    @property
    def until(self) -> dt.datetime | None:
        """When the file is deleted."""
        return self.ready_at + KEPT if self.ready_at else None


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
