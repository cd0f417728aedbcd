"""Lớp: classes, their members, what is assigned to them, and what agencies require."""

from classes.models.assignments import Assignment, AssignmentQuerySet, RequirementQuerySet, StaffRequirement
from classes.models.classes import (
    ClassKind,
    ClassMember,
    ClassQuerySet,
    ClassTeacher,
    MemberQuerySet,
    MemberSource,
    TrainingClass,
    teaching_roots,
)
from classes.models.counts import AgencyCount, AgencyCounting

__all__ = [
    "AgencyCount",
    "AgencyCounting",
    "Assignment",
    "AssignmentQuerySet",
    "ClassKind",
    "ClassMember",
    "ClassQuerySet",
    "ClassTeacher",
    "MemberQuerySet",
    "MemberSource",
    "RequirementQuerySet",
    "StaffRequirement",
    "TrainingClass",
    "teaching_roots",
]
