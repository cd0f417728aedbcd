"""Buổi học: when and where a class meets, and who leads it."""

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from classes.models.classes import TrainingClass

# Check-in opens before the session and closes after it by so much.
EARLY = dt.timedelta(minutes=30)
AFTERWARDS = dt.timedelta(minutes=15)
# Who comes later than this after the beginning is late.
GRACE = dt.timedelta(minutes=15)


class SessionQuerySet(models.QuerySet["ClassSession"]):
    def held(self) -> SessionQuerySet:
        return self.filter(cancelled_at__isnull=True)

    def during(self, starts_at: dt.datetime, ends_at: dt.datetime) -> SessionQuerySet:
        """Those that share time with the span; one that begins as the other ends shares none."""
        live = Q(training_class__closed_at__isnull=True, training_class__cancelled_at__isnull=True)
        return self.held().filter(live, starts_at__lt=ends_at, ends_at__gt=starts_at)

    def taking_check_in(self, now: dt.datetime) -> SessionQuerySet:
        live = Q(training_class__opened_at__isnull=False) & Q(
            training_class__closed_at__isnull=True, training_class__cancelled_at__isnull=True
        )
        return self.held().filter(live, starts_at__lte=now + EARLY, ends_at__gte=now - AFTERWARDS)


class ClassSession(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    training_class = models.ForeignKey(TrainingClass, models.CASCADE, related_name="sessions")
    number = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField(_("bắt đầu"))
    ends_at = models.DateTimeField(_("kết thúc"))
    place = models.CharField(_("nơi học"), max_length=160, blank=True)
    # The place without accents and case: two ways to write one hall must clash.
    place_folded = models.CharField(max_length=160, blank=True, editable=False)
    link = models.URLField(_("đường dẫn lớp trực tuyến"), max_length=400, blank=True)
    trainer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="sessions_led")
    topic = models.CharField(_("nội dung"), max_length=160, blank=True)
    # What the trainer writes into the minutes.
    remarks = models.TextField(_("ghi nhận"), blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["training_class", "number"], name="class_session_number_once"),
            models.CheckConstraint(name="class_session_takes_time", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(name="class_session_is_somewhere", condition=~Q(place="") | ~Q(link="")),
        ]
        indexes = [models.Index(fields=["starts_at"], name="class_session_starts")]

    def __str__(self) -> str:
        return f"{self.training_class_id} #{self.number}"

    def takes_check_in(self, now: dt.datetime) -> bool:
        """Pass the session with its class."""
        return (
            self.cancelled_at is None and self.training_class.is_open
            and self.starts_at - EARLY <= now <= self.ends_at + AFTERWARDS
        )  # fmt: skip

    def is_late(self, arrived_at: dt.datetime) -> bool:
        return arrived_at > self.starts_at + GRACE
