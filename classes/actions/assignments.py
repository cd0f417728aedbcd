"""Work is given to a class, a group or people by name; moved, extended, exempted from and withdrawn."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from classes import statements
from classes.actions.classes import ClassClosed
from classes.actions.trail import note
from classes.models import Assignment, AssignmentLearner, ChangeSubject, ClassGroup, ClassMember, GroupMember, TrainingClass
from classes.queries.targets import Targets
from courses.actions import CourseNotOpen, enrol
from courses.models import CoursePage, Enrolment, EnrolmentSource
from courses.queries import Part, course_outline
from lrs.actions import record
from people.models import User
from people.text import nfc


class NothingToAssign(Exception):
    """The course is not published, or the part is not one of it."""


class DueInPast(Exception):
    """The date is over before anybody could do the work, or before it starts."""


class EmptyTarget(Exception):
    """Nobody was chosen. It never means everybody."""


class NotOfClass(Exception):
    """The member or group belongs to another class."""


@transaction.atomic
def assign(
    *, training_class: TrainingClass, teacher: User, course: CoursePage, part: uuid.UUID | None, due_at: dt.datetime,
    now: dt.datetime, starts_at: dt.datetime | None = None, members: list[ClassMember] | None = None,
    group: ClassGroup | None = None, counts: bool = True, key: uuid.UUID | None = None, path: uuid.UUID | None = None,
    position: int = 0,
) -> Assignment:  # fmt: skip
    """Give a course, or one part of it, to the class, to a `group` of it, or to `members` by name; they are enrolled.

    Given already to the class or group: only the date is set. To people by name it is given anew, once a `key`.
    Raises ClassClosed, DueInPast, NothingToAssign, EmptyTarget, NotOfClass.
    """
    if training_class.is_over:
        raise ClassClosed
    if due_at <= now or (starts_at and starts_at >= due_at):
        raise DueInPast
    outline = course_outline(course)
    what = outline.part(part) if part else None
    if not outline.parts or (part and not what):
        raise NothingToAssign
    people = _target(training_class, members, group)
    fields = {
        "title": what.title if what else course.title, "starts_at": starts_at, "due_at": due_at, "assigned_by": teacher,
        "assigned_at": now, "counts": counts, "path": path, "position": position,
    }  # fmt: skip
    same: dict[str, Any] = {"pk": key or uuid.uuid4()}
    if members is not None:
        fields |= {"training_class": training_class, "course": course, "part": part, "named": True}
    else:
        same = {"training_class": training_class, "course": course, "part": part, "group": group, "named": False,
                "withdrawn_at": None}  # fmt: skip
    assignment, made = Assignment.objects.get_or_create(**same, defaults=fields)
    if not made:
        if assignment.training_class_id != training_class.pk:  # the id of somebody else's
            raise NotOfClass
        change_due(assignment=assignment, due_at=due_at, now=now, by=teacher)
        return assignment
    if members is not None:
        AssignmentLearner.objects.bulk_create(
            AssignmentLearner(assignment=assignment, member=member, set_by=teacher, set_at=now) for member in people
        )
    record([statements.assigned(assignment, what)])
    _give(assignment, what, [member.learner for member in people], now)
    return assignment


def _target(training_class: TrainingClass, members: list[ClassMember] | None, group: ClassGroup | None) -> list[ClassMember]:
    current = ClassMember.objects.current().filter(training_class=training_class).select_related("learner")
    if members is not None:
        found = list(current.filter(pk__in=[member.pk for member in members]))
        if len(found) != len({member.pk for member in members}):
            raise NotOfClass
    elif group is not None:
        if group.training_class_id != training_class.pk:
            raise NotOfClass
        found = list(current.filter(groups__group=group))
    else:
        return list(current)
    if not found:
        raise EmptyTarget
    return found


@transaction.atomic
def assign_path(*, courses: list[CoursePage], key: uuid.UUID, **given: Any) -> list[Assignment]:
    """Courses to be done one after the other, each given as by `assign`. Sent twice (same `key`), it is one path."""
    if not courses:
        raise NothingToAssign
    keys = [uuid.uuid5(key, str(place)) for place in range(len(courses))]
    return [
        assign(course=course, part=None, key=keys[place], path=key, position=place + 1, **given)
        for place, course in enumerate(dict.fromkeys(courses))
    ]


@transaction.atomic
def change_due(
    *, assignment: Assignment, due_at: dt.datetime, now: dt.datetime, by: User | None = None, reason: str = ""
) -> None:
    """Raises DueInPast when the date changes to one that is over, or before the start; ClassClosed for an archived class."""
    if assignment.due_at == due_at:
        return
    if assignment.training_class.archived_at:
        raise ClassClosed
    if due_at <= now or (assignment.starts_at and assignment.starts_at >= due_at):
        raise DueInPast
    note(assignment.training_class, ChangeSubject.DUE, assignment.due_at, due_at, by=by, now=now, reason=reason,
         detail=assignment.title)  # fmt: skip
    Assignment.objects.filter(pk=assignment.pk).update(due_at=due_at)
    assignment.due_at = due_at


@transaction.atomic
def extend(
    *, assignment: Assignment, member: ClassMember, due_at: dt.datetime, reason: str, by: User, now: dt.datetime
) -> None:
    """More time for one member, with the reason. Raises DueInPast, NotOfClass, ClassClosed (archived)."""
    if due_at <= now:
        raise DueInPast
    row = _own_row(assignment, member, by, now)
    note(assignment.training_class, ChangeSubject.EXTENSION, row.due_at or assignment.due_at, due_at, by=by, now=now,
         reason=reason, member=member, detail=assignment.title)  # fmt: skip
    row.due_at, row.reason, row.set_by, row.set_at = due_at, reason[:255], by, now
    row.save()


@transaction.atomic
def exempt(*, assignment: Assignment, member: ClassMember, exempt: bool, reason: str, by: User, now: dt.datetime) -> None:
    """One member need not do it, or must again. Raises NotOfClass, ClassClosed (archived)."""
    row = _own_row(assignment, member, by, now)
    note(assignment.training_class, ChangeSubject.EXEMPT, row.exempt or "", exempt or "", by=by, now=now, reason=reason,
         member=member, detail=assignment.title)  # fmt: skip
    row.exempt, row.reason, row.set_by, row.set_at = exempt, reason[:255], by, now
    row.save()


def _own_row(assignment: Assignment, member: ClassMember, by: User, now: dt.datetime) -> AssignmentLearner:
    if assignment.training_class.archived_at:
        raise ClassClosed
    if member.training_class_id != assignment.training_class_id or Targets([assignment]).owed(assignment, member) is None:
        raise NotOfClass
    row, _made = AssignmentLearner.objects.select_for_update().get_or_create(
        assignment=assignment, member=member, defaults={"set_by": by, "set_at": now}
    )
    return row


@transaction.atomic
def set_group(
    *, training_class: TrainingClass, group: ClassGroup | None, name: str, members: list[ClassMember], now: dt.datetime
) -> ClassGroup:
    """Make a group, or say anew who is in it; who comes in gets what was given to it. Raises EmptyTarget, NotOfClass."""
    if not members:
        raise EmptyTarget
    _target(training_class, members, None)
    if group is None:
        group, _made = ClassGroup.objects.get_or_create(training_class=training_class, name=nfc(name))
    elif group.training_class_id != training_class.pk:
        raise NotOfClass
    else:
        ClassGroup.objects.filter(pk=group.pk).update(name=nfc(name))
    wanted = {member.pk for member in members}
    GroupMember.objects.filter(group=group).exclude(member__in=wanted).delete()
    before = set(GroupMember.objects.filter(group=group).values_list("member_id", flat=True))
    fresh = [member for member in members if member.pk not in before]
    GroupMember.objects.bulk_create(GroupMember(group=group, member=member) for member in fresh)
    _give_all(Assignment.objects.current().filter(group=group), [member.learner for member in fresh], now)
    return group


@transaction.atomic
def withdraw_assignment(*, assignment: Assignment, now: dt.datetime) -> None:
    """No longer asked of the class. Enrolments and what was done stay with the learners."""
    Assignment.objects.current().filter(pk=assignment.pk).update(withdrawn_at=now)


def give_current(training_class: TrainingClass, learners: list[User], now: dt.datetime) -> None:
    _give_all(Assignment.objects.current().for_everybody().filter(training_class=training_class), learners, now)


def _give_all(given: QuerySet[Assignment], learners: list[User], now: dt.datetime) -> None:
    for assignment in given.select_related("course", "assigned_by", "training_class__organisation"):
        part = course_outline(assignment.course).part(assignment.part) if assignment.part else None
        if part or not assignment.part:
            _give(assignment, part, learners, now)


def _give(assignment: Assignment, part: Part | None, learners: list[User], now: dt.datetime) -> None:
    """Enrol who has neither begun nor completed the course, and say to whom it was given."""
    completed: dict[int, Enrolment] = {}
    before = Enrolment.objects.completed().filter(course=assignment.course, learner__in=learners, withdrawn_at__isnull=True)
    for row in before.select_related("learner"):
        completed.setdefault(row.learner_id, row)
    given = []
    for learner in learners:
        enrolment = completed.get(learner.pk)
        if enrolment is None:
            try:
                enrolment = enrol(
                    learner=learner, course=assignment.course, now=now, source=EnrolmentSource.CLASS,
                    organisation=assignment.training_class.organisation,
                )  # fmt: skip
            except CourseNotOpen:  # taken down meanwhile: nothing to begin until it is back
                continue
        given.append(statements.was_assigned(assignment, part, enrolment, now))
    record(given)
