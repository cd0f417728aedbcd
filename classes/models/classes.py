"""Lớp: a school class or a training class, its teachers and members."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import Organisation, RoleKind, overseen_roots


class ClassKind(models.TextChoices):
    SCHOOL = "school", _("Lớp học ở trường")
    TRAINING = "training", _("Lớp bồi dưỡng")


class ClassState(models.TextChoices):
    """Where a class stands on a day. Read from its dates and moments, so that no night job can leave it wrong."""

    PLANNED = "planned", _("Dự kiến")
    OPEN = "open", _("Đang nhận người")
    RUNNING = "running", _("Đang học")
    CLOSED = "closed", _("Đã đóng")
    ARCHIVED = "archived", _("Lưu kho")
    CANCELLED = "cancelled", _("Đã hủy")


def teaching_roots(user: Any) -> list[Organisation]:
    """The organisations in which `user` holds the role of teacher now. One query, kept on the user object."""
    if not user.is_authenticated:
        return []
    if not hasattr(user, "_teaching_roots"):
        user._teaching_roots = list(Organisation.objects.held_by(user, [RoleKind.TEACHER]).order_by("path"))
    return list(user._teaching_roots)


class ClassQuerySet(models.QuerySet["TrainingClass"]):
    def open(self) -> ClassQuerySet:
        return self.filter(opened_at__isnull=False, closed_at__isnull=True, cancelled_at__isnull=True)

    def visible_to(self, user: Any) -> ClassQuerySet:
        """Classes one teaches, and those held by organisations one oversees."""
        if not user.is_authenticated:
            return self.none()
        overseen = self.filter(organisation__in=Organisation.objects.below(overseen_roots(user)))
        return self.filter(Q(pk__in=self.taught_by(user).values("pk")) | Q(pk__in=overseen.values("pk")))

    def taught_by(self, user: Any) -> ClassQuerySet:
        """Her own classes, as long as she is a teacher there: who has left the school sees its pupils no more."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            pk__in=ClassTeacher.objects.filter(teacher=user).values("training_class_id"),
            organisation__in=Organisation.objects.below(teaching_roots(user)),
        )


class TrainingClass(models.Model):
    """A dated delivery to a known group: what the plan counts as "lớp"."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("tên lớp"), max_length=120)
    kind = models.CharField(_("loại"), max_length=20, choices=ClassKind.choices)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="classes")
    # What a learner types to join: short, without look-alike letters, unique while the class is open.
    join_code = models.CharField(_("mã vào lớp"), max_length=12, unique=True)
    starts_on = models.DateField(_("ngày bắt đầu"))
    ends_on = models.DateField(_("ngày kết thúc"), null=True, blank=True)
    # The organiser's own number for a training class, as it stands on its papers.
    code = models.CharField(_("mã lớp"), max_length=40, blank=True)
    school_year = models.CharField(_("năm học"), max_length=9, blank=True)
    capacity = models.PositiveSmallIntegerField(_("sĩ số tối đa"), null=True, blank=True)
    # An agency says who comes; a join code alone gives no place.
    by_nomination = models.BooleanField(_("cơ quan cử người"), default=False)
    # Share of sessions, in percent, that completing the class asks for. Empty: attendance does not count.
    attendance_needed = models.PositiveSmallIntegerField(_("tỷ lệ buổi phải dự"), null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = ClassQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="class_ends_after_it_starts", condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on"))
            ),
            models.UniqueConstraint(fields=["organisation", "code"], condition=~Q(code=""), name="class_code_once"),
            models.CheckConstraint(
                name="class_attendance_is_a_share",
                condition=Q(attendance_needed__isnull=True) | Q(attendance_needed__range=(1, 100)),
            ),
            models.CheckConstraint(
                name="class_is_archived_when_over",
                condition=Q(archived_at__isnull=True) | Q(closed_at__isnull=False) | Q(cancelled_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Takes members and work."""
        return self.opened_at is not None and self.closed_at is None and self.cancelled_at is None

    @property
    def is_over(self) -> bool:
        return self.closed_at is not None or self.cancelled_at is not None

    def state_on(self, today: dt.date) -> ClassState:
        if self.archived_at:
            return ClassState.ARCHIVED
        if self.cancelled_at:
            return ClassState.CANCELLED
        if self.closed_at:
            return ClassState.CLOSED
        if self.opened_at is None:
            return ClassState.PLANNED
        return ClassState.RUNNING if self.starts_on <= today else ClassState.OPEN

    @property
    def state(self) -> ClassState:
        return self.state_on(timezone.localdate())


class ClassTeacher(models.Model):
    training_class = models.ForeignKey(TrainingClass, models.CASCADE, related_name="teachers")
    teacher = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="teaching")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["training_class", "teacher"], name="class_teacher_once")]

    def __str__(self) -> str:
        return f"{self.teacher_id} teaches {self.training_class_id}"


class MemberSource(models.TextChoices):
    LIST = "list", _("Danh sách")
    CODE = "code", _("Mã vào lớp")
    NOMINATED = "nominated", _("Cơ quan cử")
    WALK_IN = "walk_in", _("Đến tại lớp")


class MemberQuerySet(models.QuerySet["ClassMember"]):
    def current(self) -> MemberQuerySet:
        return self.filter(left_at__isnull=True)


class ClassMember(models.Model):
    """`shown_as` is the name the teacher gave; only the teachers of the class see it."""

    training_class = models.ForeignKey(TrainingClass, models.CASCADE, related_name="members")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="class_memberships")
    number = models.PositiveSmallIntegerField()
    shown_as = models.CharField(max_length=120)
    source = models.CharField(max_length=10, choices=MemberSource.choices)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    # The hash of what a pupil types beside the class code and her name; empty: she signs in otherwise.
    pin = models.CharField(max_length=128, blank=True)

    objects = MemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["training_class", "learner"], name="class_member_once"),
            models.UniqueConstraint(fields=["training_class", "number"], name="class_member_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number:02d} · {self.shown_as}"
