"""Lớp: classes, their members, what is assigned to them, and what agencies require."""

from classes.models.assignments import Assignment, AssignmentQuerySet, RequirementQuerySet, StaffRequirement
from classes.models.attendance import Attendance, Knock, MarkedBy, Presence, SessionPaper
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
    "Attendance",
    "ChangeSubject",
    "ClassChange",
    "ClassKind",
    "ClassMember",
    "ClassQuerySet",
    "ClassSession",
    "ClassState",
    "ClassTeacher",
    "Knock",
    "MarkedBy",
    "MemberQuerySet",
    "MemberSource",
    "Nomination",
    "NominationState",
    "Presence",
    "RequirementQuerySet",
    "SessionPaper",
    "SessionQuerySet",
    "StaffRequirement",
    "TrainingClass",
    "teaching_roots",
]
