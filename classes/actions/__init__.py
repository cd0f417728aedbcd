"""What teachers and officers do. Each function is one transaction, may be called twice, and sends nothing."""

from classes.actions.assignments import DueInPast, NothingToAssign, assign, change_due, withdraw_assignment
from classes.actions.classes import ClassClosed, NotTeacherHere, close_class, create_class, reopen_class
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
from classes.actions.organisations import (
    NotInCharge,
    PlanChanged,
    PlanRefused,
    UndoRefused,
    apply_table,
    keep_file,
    reorganise,
    undo_operation,
)
from classes.actions.requirements import NotOfficerHere, require_course, withdraw_requirement

__all__ = [
    "Added",
    "ClassClosed",
    "DueInPast",
    "ListChanged",
    "NotInCharge",
    "NotOfficerHere",
    "NotOurAccount",
    "NotTeacherHere",
    "NothingToAssign",
    "PlanChanged",
    "PlanRefused",
    "Slip",
    "UndoRefused",
    "WrongCode",
    "add_learners",
    "apply_table",
    "assign",
    "change_due",
    "close_class",
    "create_class",
    "join",
    "keep_file",
    "remove_member",
    "rename_member",
    "reopen_class",
    "reorganise",
    "require_course",
    "reset_passwords",
    "restore_member",
    "undo_operation",
    "withdraw_assignment",
    "withdraw_requirement",
]
