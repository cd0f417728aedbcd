"""How many people of each agency have learnt what, as last counted (classes.actions.count_agencies)."""

from __future__ import annotations

from django.db import models
from django.db.models import Value
from django.db.models.functions import Coalesce

from classes.models.assignments import StaffRequirement
from courses.models import CoursePage
from people.models import Organisation


class AgencyCount(models.Model):
    """The counts of an organisation with all below it or, where `own`, of the people directly in it.

    `course` empty stands for any course. Staff is kept in those rows alone. The fields are those of counting.Counts.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="counts")
    own = models.BooleanField()
    course = models.ForeignKey(CoursePage, models.CASCADE, null=True, related_name="+")
    staff = models.PositiveIntegerField()
    enrolled = models.PositiveIntegerField()
    completed = models.PositiveIntegerField()
    overdue = models.PositiveIntegerField()
    pending = models.PositiveIntegerField()
    lately = models.PositiveIntegerField()
    recognised = models.PositiveIntegerField(default=0)
    expiring = models.PositiveIntegerField(default=0)
    participations = models.PositiveIntegerField()
    classes = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            # Coalesced, because SQLite holds two NULLs to be different.
            models.UniqueConstraint("organisation", "own", Coalesce("course", Value(0)), name="agency_count_once")
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.course_id or ''}"


class RequirementCount(models.Model):
    """The counts of one requirement in an organisation it reaches, with all below it. The fields of counting.DutyCounts."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    requirement = models.ForeignKey(StaffRequirement, models.CASCADE, related_name="counts")
    concerned = models.PositiveIntegerField()
    completed = models.PositiveIntegerField()
    recognised = models.PositiveIntegerField()
    overdue = models.PositiveIntegerField()
    expiring = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["requirement", "organisation"], name="requirement_count_once")]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.requirement_id}"


class AgencyCounting(models.Model):
    """The one row that says of when the counts are, and how long they took."""

    counted_at = models.DateTimeField()
    seconds = models.FloatField()
    # Something happened that must not wait for its turn.
    owed = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.counted_at}"
