"""What is asked of a class, and what an agency requires of its staff."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from classes import duties
from classes.models.classes import ClassMember, TrainingClass
from courses.models import CoursePage
from people.models import Organisation, StaffCategory


class ClassGroup(models.Model):
    """Some of a class: who works together, or needs other work than the rest."""

    training_class = models.ForeignKey(TrainingClass, models.CASCADE, related_name="groups")
    name = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["training_class", "name"], name="class_group_name_once")]

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    group = models.ForeignKey(ClassGroup, models.CASCADE, related_name="places")
    member = models.ForeignKey(ClassMember, models.CASCADE, related_name="groups")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "member"], name="group_member_once")]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.group_id}"


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def current(self) -> AssignmentQuerySet:
        return self.filter(withdrawn_at__isnull=True)

    def for_everybody(self) -> AssignmentQuerySet:
        """Given to the whole class: also to who joins later."""
        return self.filter(named=False, group__isnull=True)


class Assignment(models.Model):
    """A course (part empty), or one lesson or quiz of it (its key), due at a moment.

    It is for the whole class, for a `group` of it, or (`named`) for those who have an AssignmentLearner. The courses of a
    path are assignments that share `path`, in the order of `position`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    training_class = models.ForeignKey(TrainingClass, models.CASCADE, related_name="assignments")
    course = models.ForeignKey(CoursePage, models.PROTECT, related_name="assignments")
    part = models.UUIDField(null=True, blank=True)
    title = models.CharField(max_length=255)
    starts_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField()
    group = models.ForeignKey(ClassGroup, models.PROTECT, null=True, blank=True, related_name="assignments")
    named = models.BooleanField(default=False)
    # Whether completing the class asks for it.
    counts = models.BooleanField(default=True)
    path = models.UUIDField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        constraints = [
            # Coalesced, because SQLite holds two NULLs to be different.
            models.UniqueConstraint(
                "training_class",
                "course",
                Coalesce("part", Value(uuid.UUID(int=0), output_field=models.UUIDField())),
                condition=Q(withdrawn_at__isnull=True, named=False, group__isnull=True),
                name="assignment_once",
            ),
            models.UniqueConstraint(
                "group",
                "course",
                Coalesce("part", Value(uuid.UUID(int=0), output_field=models.UUIDField())),
                condition=Q(withdrawn_at__isnull=True, group__isnull=False),
                name="assignment_once_in_group",
            ),
            models.CheckConstraint(name="assignment_for_one_kind_of_target", condition=Q(named=False) | Q(group__isnull=True)),
            models.CheckConstraint(
                name="assignment_is_due_after_it_starts",
                condition=Q(starts_at__isnull=True) | Q(due_at__gt=models.F("starts_at")),
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="assignment_due")]

    def __str__(self) -> str:
        return self.title


class AssignmentLearner(models.Model):
    """What is different for one member: given by name, exempt, or due later. Each with who said so and why."""

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="learners")
    member = models.ForeignKey(ClassMember, models.CASCADE, related_name="given")
    exempt = models.BooleanField(default=False)
    due_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=255, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["assignment", "member"], name="assignment_learner_once")]

    def __str__(self) -> str:
        return f"{self.assignment_id} for {self.member_id}"


class RequirementQuerySet(models.QuerySet["StaffRequirement"]):
    def current(self) -> RequirementQuerySet:
        return self.filter(withdrawn_at__isnull=True)


class StaffGroup(models.TextChoices):
    """Of whom an agency may require something: the legal groups of its staff, and those of the public employees who teach."""

    OFFICIAL = StaffCategory.OFFICIAL.value, _("Cán bộ")
    CIVIL_SERVANT = StaffCategory.CIVIL_SERVANT.value, _("Công chức")
    PUBLIC_EMPLOYEE = StaffCategory.PUBLIC_EMPLOYEE.value, _("Viên chức")
    WORKER = StaffCategory.WORKER.value, _("Người lao động")
    TEACHER = duties.TEACHERS, _("Giáo viên")


class StaffRequirement(models.Model):
    """An organisation requires a course of the staff below it: what an officer's "overdue" is judged by (classes.duties)."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="requirements")
    course = models.ForeignKey(CoursePage, models.PROTECT, related_name="requirements")
    # Between commas, ",cong_chuc,vien_chuc,", so that a database can ask for one of them. Empty: all staff.
    groups = models.CharField(max_length=120, blank=True)
    # By a date, or so many days after joining; given both, the later holds.
    due_at = models.DateTimeField(null=True, blank=True)
    days = models.PositiveSmallIntegerField(null=True, blank=True)
    # From when the days of those are counted who were there already.
    asked_on = models.DateField(null=True, blank=True)
    # So long a completion counts.
    months = models.PositiveSmallIntegerField(null=True, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = RequirementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "course"], condition=Q(withdrawn_at__isnull=True), name="staff_requirement_once"
            ),
            models.CheckConstraint(
                name="staff_requirement_has_an_end",
                condition=Q(due_at__isnull=False) | Q(days__isnull=False, asked_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} requires {self.course_id}"

    @property
    def group_list(self) -> list[str]:
        return [group for group in self.groups.split(",") if group]

    @property
    def group_words(self) -> list[str]:
        return [str(StaffGroup(group).label) for group in self.group_list]

    @property
    def duty(self) -> duties.Duty:
        return duties.Duty(
            key=self.pk, course=self.course_id, groups=frozenset(self.group_list), due_at=self.due_at, days=self.days,
            asked_on=self.asked_on, months=self.months,
        )  # fmt: skip


def kept_groups(groups: Iterable[str]) -> str:
    """As StaffRequirement keeps them: in one order, checked."""
    wanted = {StaffGroup(group) for group in groups}
    return f",{','.join(group for group in StaffGroup.values if group in wanted)}," if wanted else ""
