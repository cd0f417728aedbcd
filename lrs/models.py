"""The ledger of learning records: xAPI statements as they were made, and their delivery elsewhere."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models import User, restricted_people


class StatementQuerySet(models.QuerySet["Statement"]):
    def undelivered(self, now: dt.datetime) -> StatementQuerySet:
        """Statements owed to the outside LRS and due for a try, oldest first.

        Of who restricted the use of her data nothing is handed on; it is owed again from the day that ends.
        """
        owed = self.filter(delivered_at__isnull=True, refused="", deliver_after__lte=now)
        held_back = User.objects.filter(pk__in=restricted_people()).values_list("actor_id", flat=True)
        actors = [f"{settings.XAPI_HOME}|{actor}" for actor in held_back]
        return (owed.exclude(actor__in=actors) if actors else owed).order_by("seq")


class Statement(models.Model):
    """One xAPI statement, frozen. `document` is the exact JSON text; the columns are what is queried."""

    seq = models.BigAutoField(primary_key=True)
    statement_id = models.UUIDField(unique=True)
    document = models.TextField()
    actor = models.CharField(max_length=255)
    verb = models.CharField(max_length=255)
    activity = models.CharField(max_length=255)
    registration = models.UUIDField(null=True)
    timestamp = models.DateTimeField()
    stored = models.DateTimeField()
    voided_by = models.UUIDField(null=True)

    delivered_at = models.DateTimeField(null=True)
    delivery_tries = models.PositiveSmallIntegerField(default=0)
    deliver_after = models.DateTimeField()
    refused = models.TextField(blank=True, default="", help_text="Why the outside LRS refused it for good.")

    objects = StatementQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["actor", "-seq"], name="statement_actor"),
            models.Index(fields=["verb", "-seq"], name="statement_verb"),
            models.Index(fields=["activity", "-seq"], name="statement_activity"),
            models.Index(fields=["registration", "-seq"], name="statement_registration"),
            models.Index(fields=["stored", "seq"], name="statement_stored"),
            models.Index(
                fields=["deliver_after", "seq"],
                condition=Q(delivered_at__isnull=True, refused=""),
                name="statement_owed",
            ),
        ]

    def __str__(self) -> str:
        return str(self.statement_id)


class Credential(models.Model):
    """A key for `/xapi/`. The secret is random, so one SHA-256 is enough; a password hash would cost 300 ms a call."""

    key = models.CharField(max_length=64, unique=True)
    secret_sha256 = models.CharField(max_length=64)
    label = models.CharField(_("dùng cho"), max_length=120)
    may_read = models.BooleanField(default=True)
    may_write = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.label
