"""What is asked of a class, and what an agency requires of its staff."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from classes.models.classes import TrainingClass
from courses.models import CoursePage
from people.models import Organisation


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def current(self) -> AssignmentQuerySet:
        return self.filter(withdrawn_at__isnull=True)


class Assignment(models.Model):
    """A course (part empty), or one lesson or quiz of it (its key), due at a moment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    training_class = models.ForeignKey(TrainingClass, models.CASCADE, related_name="assignments")
    course = models.ForeignKey(CoursePage, models.PROTECT, related_name="assignments")
    part = models.UUIDField(null=True, blank=True)
    title = models.CharField(max_length=255)
    due_at = models.DateTimeField()
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
                condition=Q(withdrawn_at__isnull=True),
                name="assignment_once",
            )
        ]
        indexes = [models.Index(fields=["due_at"], name="assignment_due")]

    def __str__(self) -> str:
        return self.title


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
