"""Reads about classes and agencies."""

from classes.queries.agencies import STATES as PEOPLE_STATES
from classes.queries.agencies import (
    above,
    agency_rows,
    agency_table,
    course_choices,
    in_force,
    may_require,
    overview,
    people,
    people_rows,
    scope_of,
    units_found,
)
from classes.queries.board import Board, board, board_rows, member_board
from classes.queries.counts import counted_agencies, counting_owed, state_of_counts
from classes.queries.due import DueItem, due_for
from classes.queries.roster import RosterPlan, roster_plan
from classes.queries.teaching import (
    assignable,
    class_by_code,
    is_our_account,
    learning_classes,
    may_teach_in,
    never_signed_in,
    taught_classes,
    teaching_organisations,
)

__all__ = [
    "Board",
    "DueItem",
    "PEOPLE_STATES",
    "RosterPlan",
    "above",
    "agency_rows",
    "agency_table",
    "assignable",
    "board",
    "board_rows",
    "class_by_code",
    "counted_agencies",
    "counting_owed",
    "course_choices",
    "due_for",
    "in_force",
    "is_our_account",
    "learning_classes",
    "may_require",
    "may_teach_in",
    "member_board",
    "never_signed_in",
    "overview",
    "people",
    "people_rows",
    "roster_plan",
    "scope_of",
    "state_of_counts",
    "taught_classes",
    "teaching_organisations",
    "units_found",
]
