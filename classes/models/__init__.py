"""Lớp: classes, their members, what is assigned to them, and what agencies require."""

from classes.models.assignments import Assignment, AssignmentQuerySet, RequirementQuerySet, StaffRequirement
from classes.models.classes import (
    ClassKind,
    ClassMember,
    ClassQuerySet,
    ClassState,
    ClassTeacher,
    MemberQuerySet,
    MemberSource,
    TrainingClass,
    teaching_roots,
)
from classes.models.nominations import Nomination, NominationState
from classes.models.sessions import ClassSession, SessionQuerySet
from classes.models.trail import ChangeSubject, ClassChange

__all__ = [
    "Assignment",
    "AssignmentQuerySet",
    "ChangeSubject",
    "ClassChange",
    "ClassKind",
    "ClassMember",
    "ClassQuerySet",
    "ClassSession",
    "ClassState",
    "ClassTeacher",
    "MemberQuerySet",
    "MemberSource",
    "Nomination",
    "NominationState",
    "RequirementQuerySet",
    "SessionQuerySet",
    "StaffRequirement",
    "TrainingClass",
    "teaching_roots",
]
