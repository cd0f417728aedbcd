"""What is owed to people about their data: erasures done, and files still to be removed."""

from __future__ import annotations

import uuid

from django.db import models

from people.models.core import User


class Erasure(models.Model):
    """That an account was erased. Nothing in it says whose it was, so it may be kept outside the database for ever.

    `proof` is a digest of the random identifier the account had: after a restore it tells the person from a stranger who
    was given the same number since.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.BigIntegerField(unique=True)
    proof = models.CharField(max_length=64)
    reason = models.TextField()
    erased_at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    # Empty: the line in the ledger outside the database is owed.
    noted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.account}"


class OwedRemoval(models.Model):
    """A stored file of somebody erased, to be removed; the row is gone when the file is."""

    model = models.CharField(max_length=80)
    row = models.CharField(max_length=40)
    field = models.CharField(max_length=80)
    name = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "row", "field"], name="owed_removal_once")]

    def __str__(self) -> str:
        return self.name
