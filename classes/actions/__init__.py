"""What teachers and officers do. Each function is one transaction, may be called twice, and sends nothing."""

from classes.actions.assignments import DueInPast, NothingToAssign, assign, change_due, withdraw_assignment
from classes.actions.classes import ClassClosed, NotTeacherHere, close_class, create_class, reopen_class
from classes.actions.counts import count_agencies, count_owed_agencies
from classes.actions.members import (
    Added,
    ListChanged,
    NotOurAccount,
    Slip,
    WrongCode,
    add_learners,
    join,
    remove_member,
    rename_member,
    reset_passwords,
    restore_member,
)
from classes.actions.requirements import NotOfficerHere, require_course, withdraw_requirement

__all__ = [
    "Added",
    "ClassClosed",
    "DueInPast",
    "ListChanged",
    "NotOfficerHere",
    "NotOurAccount",
    "NotTeacherHere",
    "NothingToAssign",
    "Slip",
    "WrongCode",
    "add_learners",
    "assign",
    "change_due",
    "close_class",
    "count_agencies",
    "count_owed_agencies",
    "create_class",
    "join",
    "remove_member",
    "rename_member",
    "reopen_class",
    "require_course",
    "reset_passwords",
    "restore_member",
    "withdraw_assignment",
    "withdraw_requirement",
]
