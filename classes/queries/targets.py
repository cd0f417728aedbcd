"""To whom an assignment is given, and when it is due for each: the class's date, a later one of one's own, or none."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from classes.models import Assignment, AssignmentLearner, ClassGroup, ClassMember, GroupMember, TrainingClass


@dataclass(frozen=True, kw_only=True)
class Owed:
    """What one member owes of one assignment. `own` says that the date is hers alone; `reason` why."""

    assignment: Assignment
    due_at: dt.datetime
    exempt: bool
    own: bool
    reason: str


class Targets:
    """Two queries at most for any number of assignments and members."""

    def __init__(self, assignments: Iterable[Assignment]) -> None:
        self.assignments = list(assignments)
        rows = AssignmentLearner.objects.filter(assignment__in=[one.pk for one in self.assignments])
        self._rows = {(row.assignment_id, row.member_id): row for row in rows}
        groups = {one.group_id for one in self.assignments if one.group_id}
        places = GroupMember.objects.filter(group__in=groups).values_list("group_id", "member_id") if groups else ()
        self._places: set[tuple[int, int]] = set(places)

    def owed(self, assignment: Assignment, member: ClassMember) -> Owed | None:
        """None where it is not given to her."""
        row = self._rows.get((assignment.pk, member.pk))
        if assignment.named and row is None:
            return None
        if assignment.group_id and (assignment.group_id, member.pk) not in self._places:
            return None
        return Owed(
            assignment=assignment, due_at=(row and row.due_at) or assignment.due_at, exempt=bool(row and row.exempt),
            own=bool(row and row.due_at), reason=row.reason if row else "",
        )  # fmt: skip

    def of_part(self, member: ClassMember, course_id: int, part: uuid.UUID) -> Owed | None:
        """What holds for her in one part. Given by itself before given with the whole course; then the later date.

        Exempt is who is exempt from all that asks it of her.
        """
        asked = [
            owed
            for one in self.assignments
            if one.course_id == course_id and one.part in (None, part) and (owed := self.owed(one, member))
        ]
        if not asked:
            return None
        left = [owed for owed in asked if not owed.exempt] or asked
        single = [owed for owed in left if owed.assignment.part is not None] or left
        return max(single, key=lambda owed: owed.due_at)

    def members(self, assignment: Assignment, members: Iterable[ClassMember]) -> list[ClassMember]:
        """Those of `members` who owe it."""
        return [member for member in members if (owed := self.owed(assignment, member)) and not owed.exempt]


@dataclass(frozen=True, kw_only=True)
class GroupRow:
    group: ClassGroup
    members: tuple[ClassMember, ...]


def groups_of(training_class: TrainingClass) -> list[GroupRow]:
    """Two queries for any number."""
    groups = list(ClassGroup.objects.filter(training_class=training_class).order_by("name"))
    rows = GroupMember.objects.filter(group__in=groups, member__left_at__isnull=True).select_related("member")
    found: dict[int, list[ClassMember]] = {}
    for row in rows.order_by("member__number"):
        found.setdefault(row.group_id, []).append(row.member)
    return [GroupRow(group=group, members=tuple(found.get(group.pk, ()))) for group in groups]


def owed_rows(assignment: Assignment) -> list[tuple[ClassMember, Owed | None]]:
    """Every member, with what she owes of it."""
    members = ClassMember.objects.current().filter(training_class=assignment.training_class_id).order_by("number")
    targets = Targets([assignment])
    return [(member, targets.owed(assignment, member)) for member in members]
