"""What was changed about a class afterwards: who, when, from what to what, and why."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from classes.models.classes import ClassMember, TrainingClass
from classes.models.sessions import ClassSession


class ChangeSubject(models.TextChoices):
    STATE = "state", _("Tình trạng lớp")
    STARTS = "starts_on", _("Ngày bắt đầu")
    ENDS = "ends_on", _("Ngày kết thúc")
    CAPACITY = "capacity", _("Sĩ số tối đa")
    ATTENDANCE_RULE = "attendance_needed", _("Tỷ lệ buổi phải dự")
    SESSION_TIME = "session_time", _("Giờ của buổi")
    SESSION_PLACE = "session_place", _("Nơi học của buổi")
    SESSION_STATE = "session_state", _("Tình trạng buổi")
    ATTENDANCE = "attendance", _("Điểm danh")
    DUE = "due_at", _("Hạn của bài")
    EXTENSION = "extension", _("Gia hạn riêng")
    EXEMPT = "exempt", _("Miễn bài")


class ClassChange(models.Model):
    """A line of the trail; it is never changed. `old` and `new` are codes, ISO dates or plain words; `by` empty: by itself."""

    training_class = models.ForeignKey(TrainingClass, models.CASCADE, related_name="changes")
    subject = models.CharField(max_length=20, choices=ChangeSubject.choices)
    session = models.ForeignKey(ClassSession, models.CASCADE, null=True, blank=True, related_name="changes")
    member = models.ForeignKey(ClassMember, models.CASCADE, null=True, blank=True, related_name="changes")
    # What it is about where that is no session and no member: the title of an assignment.
    detail = models.CharField(max_length=255, blank=True)
    old = models.CharField(max_length=255, blank=True)
    new = models.CharField(max_length=255, blank=True)
    reason = models.CharField(max_length=255, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["training_class", "-at"], name="class_change_latest")]

    def __str__(self) -> str:
        return f"{self.subject}: {self.old} → {self.new}"
