"""Lớp: classes, their members, what is assigned to them, and what agencies require."""

from classes.models.assignments import (
    Assignment,
    AssignmentLearner,
    AssignmentQuerySet,
    ClassGroup,
    GroupMember,
    RequirementQuerySet,
    StaffGroup,
    StaffRequirement,
    kept_groups,
)
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
from classes.models.counts import AgencyCount, AgencyCounting, RequirementCount
from classes.models.desk import CompletionFile
from classes.models.lists import KeptView, ListQuerySet, StaffList
from classes.models.messages import ClassMessage, Delivery, Letter
from classes.models.nominations import Nomination, NominationState
from classes.models.sessions import ClassSession, SessionQuerySet
from classes.models.trail import ChangeSubject, ClassChange

__all__ = [
    "AgencyCount",
    "AgencyCounting",
    "Assignment",
    "AssignmentLearner",
    "AssignmentQuerySet",
    "Attendance",
    "ChangeSubject",
    "ClassChange",
    "ClassGroup",
    "ClassKind",
    "ClassMember",
    "ClassMessage",
    "ClassQuerySet",
    "ClassSession",
    "ClassState",
    "ClassTeacher",
    "CompletionFile",
    "Delivery",
    "GroupMember",
    "KeptView",
    "Knock",
    "Letter",
    "ListQuerySet",
    "MarkedBy",
    "MemberQuerySet",
    "MemberSource",
    "Nomination",
    "NominationState",
    "Presence",
    "RequirementCount",
    "RequirementQuerySet",
    "SessionPaper",
    "SessionQuerySet",
    "StaffGroup",
    "StaffList",
    "StaffRequirement",
    "TrainingClass",
    "kept_groups",
    "teaching_roots",
]
