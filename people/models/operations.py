"""What was done to the tree of organisations: by whom, why, with what effect, and how to take it back."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from people.models.core import Organisation


class OperationKind(models.TextChoices):
    IMPORT = "import", _("Nhập tệp")
    RENAME = "rename", _("Đổi tên")
    MOVE = "move", _("Chuyển cấp trên")
    MERGE = "merge", _("Sáp nhập")
    SPLIT = "split", _("Chia tách")
    CLOSE = "close", _("Giải thể")


class OperationQuerySet(models.QuerySet["OrganisationOperation"]):
    def standing(self) -> OperationQuerySet:
        return self.filter(undone_at__isnull=True)


class OrganisationOperation(models.Model):
    """One operation, done in one transaction. `journal` holds the ids by which it is taken back, `effect` its counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=OperationKind.choices)
    # The day from which it holds; `done_at` is when somebody pressed the button.
    on = models.DateField()
    reason = models.CharField(max_length=500)
    effect = models.JSONField(default=dict)
    journal = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    # Nobody when it came from the command line.
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    done_at = models.DateTimeField()
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    objects = OperationQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["done_at"], name="operation_done")]

    def __str__(self) -> str:
        return f"{self.kind} {self.on}"


class Part(models.TextChoices):
    """What an organisation was in an operation."""

    MADE = "made", _("được lập")
    CHANGED = "changed", _("được đổi")
    MOVED = "moved", _("được chuyển")
    ENDED = "ended", _("hết hoạt động")
    RECEIVED = "received", _("tiếp nhận")


class OrganisationChange(models.Model):
    """An organisation's part in an operation: a line of its history. Code and names stay when an undo takes it away."""

    operation = models.ForeignKey(OrganisationOperation, models.CASCADE, related_name="changes")
    organisation = models.ForeignKey(Organisation, models.SET_NULL, null=True, related_name="changes")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=255)
    part = models.CharField(max_length=10, choices=Part.choices)
    # field → value; a parent or successor is named by its code.
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    # The name that was given up, as it is searched for.
    former_folded = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "code"], name="organisation_once_an_operation")]

    def __str__(self) -> str:
        return f"{self.code} {self.part}"


class OrganisationFile(models.Model):
    """A file of organisations that waits to be looked at and applied: its cells as text, the header first."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255)
    table = models.JSONField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    uploaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
