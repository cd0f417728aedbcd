"""Work is given to a class, moved and withdrawn."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction

from classes import statements
from classes.actions.classes import ClassClosed
from classes.models import Assignment, ClassMember, TrainingClass
from courses.actions import CourseNotOpen, enrol
from courses.models import CoursePage, Enrolment, EnrolmentSource
from courses.queries import Part, course_outline
from lrs.actions import record
from people.models import User


class NothingToAssign(Exception):
    """The course is not published, or the part is not one of it."""


class DueInPast(Exception):
    """The date is over before anybody could do the work."""


@transaction.atomic
def assign(
    *, training_class: TrainingClass, teacher: User, course: CoursePage, part: uuid.UUID | None, due_at: dt.datetime,
    now: dt.datetime,
) -> Assignment:  # fmt: skip
    """Give a course, or one part of it, to the class; every member is enrolled. Given already: only the date is set.

    Raises ClassClosed, DueInPast, NothingToAssign.
    """
    if training_class.is_over:
        raise ClassClosed
    if due_at <= now:
        raise DueInPast
    outline = course_outline(course)
    what = outline.part(part) if part else None
    if not outline.parts or (part and not what):
        raise NothingToAssign
    assignment, made = Assignment.objects.get_or_create(
        training_class=training_class, course=course, part=part, withdrawn_at=None,
        defaults={"title": what.title if what else course.title, "due_at": due_at, "assigned_by": teacher, "assigned_at": now},
    )  # fmt: skip
    if not made:
        change_due(assignment=assignment, due_at=due_at, now=now)
        return assignment
    record([statements.assigned(assignment, what)])
    members = ClassMember.objects.current().filter(training_class=training_class).select_related("learner")
    _give(assignment, what, [member.learner for member in members], now)
    return assignment


@transaction.atomic
def change_due(*, assignment: Assignment, due_at: dt.datetime, now: dt.datetime) -> None:
    """Raises DueInPast when the date changes to one that is over."""
    if assignment.due_at == due_at:
        return
    if due_at <= now:
        raise DueInPast
    Assignment.objects.filter(pk=assignment.pk).update(due_at=due_at)
    assignment.due_at = due_at


@transaction.atomic
def withdraw_assignment(*, assignment: Assignment, now: dt.datetime) -> None:
    """No longer asked of the class. Enrolments and what was done stay with the learners."""
    Assignment.objects.current().filter(pk=assignment.pk).update(withdrawn_at=now)


def give_current(training_class: TrainingClass, learners: list[User], now: dt.datetime) -> None:
    given = Assignment.objects.current().filter(training_class=training_class)
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
