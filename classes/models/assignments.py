"""What is asked of a class, and what an agency requires of its staff."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from classes.models.classes import ClassMember, TrainingClass
from courses.models import CoursePage
from people.models import Organisation


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


class StaffRequirement(models.Model):
    """An organisation requires a course of all staff below it by a date: what an officer's "overdue" is judged by."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="requirements")
    course = models.ForeignKey(CoursePage, models.PROTECT, related_name="requirements")
    due_at = models.DateTimeField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = RequirementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "course"], condition=Q(withdrawn_at__isnull=True), name="staff_requirement_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} requires {self.course_id}"
