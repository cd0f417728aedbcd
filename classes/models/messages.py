"""What a teacher writes to those who are behind. Each recipient is a row that says what became of the letter."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from classes.models.assignments import Assignment
from classes.models.classes import ClassMember, TrainingClass


class ClassMessage(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    training_class = models.ForeignKey(TrainingClass, models.CASCADE, related_name="messages")
    assignment = models.ForeignKey(Assignment, models.CASCADE, null=True, blank=True, related_name="messages")
    subject = models.CharField(max_length=160)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.subject


class Delivery(models.TextChoices):
    SITE = "site", _("Hiện ở “Việc học của tôi”")
    OWED = "owed", _("Chờ gửi")
    SENDING = "sending", _("Đang gửi")
    SENT = "sent", _("Đã gửi e-mail")
    UNSURE = "unsure", _("Không rõ đã gửi chưa")
    FAILED = "failed", _("Không gửi được")


class Letter(models.Model):
    """One person's letter, written out. It stands on her page in any case; by e-mail it is sent at most once."""

    message = models.ForeignKey(ClassMessage, models.CASCADE, related_name="letters")
    member = models.ForeignKey(ClassMember, models.CASCADE, related_name="letters")
    body = models.TextField()
    state = models.CharField(max_length=10, choices=Delivery.choices)
    send_after = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=255, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "member"], name="letter_once")]
        indexes = [
            models.Index(
                fields=["send_after"], condition=models.Q(state__in=["owed", "sending"]), name="letter_to_be_sent"
            )
        ]

    def __str__(self) -> str:
        return f"{self.message_id} to {self.member_id}"
