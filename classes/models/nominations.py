"""Who is to come to a training class: asked, approved by the agency, waiting for a place, placed or declined."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from classes.models.classes import TrainingClass
from people.models import Organisation


class NominationState(models.TextChoices):
    ASKED = "asked", _("Chờ cơ quan duyệt")
    WAITING = "waiting", _("Chờ có chỗ")
    PLACED = "placed", _("Đã vào lớp")
    DECLINED = "declined", _("Không nhận")


class Nomination(models.Model):
    """One person for one class, once. The agency that approved is kept as it was then."""

    training_class = models.ForeignKey(TrainingClass, models.CASCADE, related_name="nominations")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="nominations")
    state = models.CharField(max_length=10, choices=NominationState.choices)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    # The order of the waiting list.
    approved_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["training_class", "person"], name="nomination_once")]
        indexes = [models.Index(fields=["training_class", "state", "approved_at"], name="nomination_waiting")]

    def __str__(self) -> str:
        return f"{self.person_id} for {self.training_class_id}: {self.state}"
