"""Điểm danh: who was in the room, how it is known, and the paper that proves it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from classes.models.classes import ClassMember
from classes.models.sessions import ClassSession


def private_storage() -> Storage:
    return storages["private"]


def paper_path(paper: SessionPaper, _name: str) -> str:
    return f"session-papers/{paper.session_id}/{paper.pk}.{paper.extension}"


class Presence(models.TextChoices):
    PRESENT = "present", _("Có mặt")
    ABSENT = "absent", _("Vắng")
    EXCUSED = "excused", _("Vắng có phép")


class MarkedBy(models.TextChoices):
    QR = "qr", _("Quét mã")
    CODE = "code", _("Gõ mã")
    LIST = "list", _("Giảng viên điểm danh")
    PAPER = "paper", _("Danh sách ký tay")
    WALK_IN = "walk_in", _("Đến tại lớp")


class Attendance(models.Model):
    """One member in one session. What the trainer has set (`marked_by`) no scan changes."""

    session = models.ForeignKey(ClassSession, models.CASCADE, related_name="attendances")
    member = models.ForeignKey(ClassMember, models.CASCADE, related_name="attendances")
    state = models.CharField(max_length=10, choices=Presence.choices)
    late = models.BooleanField(default=False)
    left_early = models.BooleanField(default=False)
    how = models.CharField(max_length=10, choices=MarkedBy.choices)
    arrived_at = models.DateTimeField(null=True, blank=True)
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    marked_at = models.DateTimeField()
    # How often presence began: tells the statements of a corrected and re-corrected attendance apart.
    episode = models.PositiveSmallIntegerField(default=0)
    # The statement that stands for this presence; empty while absent.
    statement_id = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "member"], name="attendance_once"),
            models.CheckConstraint(
                name="attendance_late_is_present", condition=Q(state="present") | Q(late=False, left_early=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} @ {self.session_id}: {self.state}"


class Knock(models.Model):
    """Somebody who is not of the class scanned or typed the code; the trainer lets her in or not."""

    session = models.ForeignKey(ClassSession, models.CASCADE, related_name="knocks")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    how = models.CharField(max_length=10, choices=MarkedBy.choices)
    at = models.DateTimeField()
    accepted = models.BooleanField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "learner"], name="knock_once")]

    def __str__(self) -> str:
        return f"{self.learner_id} at the door of {self.session_id}"


class SessionPaper(models.Model):
    """The signed list, photographed or scanned. Kept privately; only the trainers of the class open it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(ClassSession, models.CASCADE, related_name="papers")
    file = models.FileField(upload_to=paper_path, storage=private_storage)
    extension = models.CharField(max_length=4)
    # Of what was kept: the same picture sent twice is kept once.
    digest = models.CharField(max_length=64)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "digest"], name="session_paper_once")]

    def __str__(self) -> str:
        return f"{self.session_id} · {self.digest[:8]}"
