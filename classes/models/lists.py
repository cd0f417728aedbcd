"""What an officer keeps for herself: views of the tables by name, and lists too long to wait for."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models import Organisation


def private_storage() -> Storage:
    return storages["private"]


def list_path(wanted: StaffList, name: str) -> str:
    return f"staff-lists/{wanted.pk}/{name}"


class KeptView(models.Model):
    """The filters of the table of agencies under a name of the officer's own. `query` is the address after the "?"."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="kept_views")
    name = models.CharField(_("tên"), max_length=60)
    query = models.CharField(max_length=300)
    # Shown when the workplace is opened without a filter.
    first = models.BooleanField(default=False)
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="kept_view_name_once"),
            models.UniqueConstraint(fields=["owner"], condition=Q(first=True), name="kept_view_one_first"),
        ]

    def __str__(self) -> str:
        return self.name


class ListQuerySet(models.QuerySet["StaffList"]):
    def owed(self) -> ListQuerySet:
        return self.filter(made_at__isnull=True, failed_at__isnull=True)

    def of(self, user: Any) -> ListQuerySet:
        """The one gate: a list is its owner's alone."""
        return self.filter(owner=user)


class StaffList(models.Model):
    """The people of a unit and of all below it, course by course, as a file that is made in the background.

    `query` is the filter (course=, state=) as the page had it. Made unit by unit in the order of the tree: `done_to` is the
    path of the last one that lies, finished, in a part; so a worker that was killed goes on there.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="staff_lists")
    unit = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    query = models.CharField(max_length=120, blank=True)
    extension = models.CharField(max_length=4)
    asked_at = models.DateTimeField()
    people = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    done_to = models.CharField(max_length=255, blank=True)
    parts = models.PositiveIntegerField(default=0)
    busy_until = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)
    # The owner no longer oversees the unit.
    failed_at = models.DateTimeField(null=True, blank=True)
    file = models.FileField(upload_to=list_path, storage=private_storage, blank=True)

    objects = ListQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "unit", "query", "extension"], condition=Q(made_at__isnull=True, failed_at__isnull=True),
                name="staff_list_asked_once",
            )  # fmt: skip
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def percent(self) -> int:
        """0..100, never 100 before it is made."""
        if self.made_at:
            return 100
        return min(99, int(100 * self.done / self.people)) if self.people else 0

    def part(self, number: int) -> str:
        """The name of a part in the private storage: lines of JSON."""
        return list_path(self, f"{number:05}.jsonl")
