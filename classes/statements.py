"""Giving work to a class and attending its sessions, as xAPI statements.

The class is an activity without a name: what a teacher calls her class may name a person.
"""

from __future__ import annotations

import datetime as dt

from classes.models import Assignment, Attendance, ClassSession, TrainingClass
from courses.models import Enrolment
from courses.queries import Part
from courses.statements import course_activity, part_activity
from lrs import vocabulary as v
from lrs.models import Statement
from lrs.statements import Activity, activity_iri, build


def class_activity(training_class: TrainingClass) -> Activity:
    return Activity(iri=activity_iri("class", training_class.pk), type=v.GROUP)


def assigned(assignment: Assignment, part: Part | None) -> Statement:
    """The teacher gives a course, or a part of it, to her class."""
    course = course_activity(assignment.course)
    return build(
        actor_id=assignment.assigned_by.actor_id, verb=v.ASSIGNED, activity=_what(assignment, part),
        at=assignment.assigned_at, parent=course if part else None,
        grouping=class_activity(assignment.training_class), discriminator=assignment.pk,
    )  # fmt: skip


def was_assigned(assignment: Assignment, part: Part | None, enrolment: Enrolment, at: dt.datetime) -> Statement:
    """A learner of the class gets it: when it is given, or when she joins later."""
    course = course_activity(assignment.course)
    return build(
        actor_id=enrolment.learner.actor_id, verb=v.WAS_ASSIGNED, activity=_what(assignment, part),
        at=at, registration=enrolment.pk, parent=course if part else None,
        grouping=class_activity(assignment.training_class), instructor_id=assignment.assigned_by.actor_id,
        discriminator=assignment.pk,
    )  # fmt: skip


def session_activity(session: ClassSession) -> Activity:
    """Without a name, as the class: place and topic are typed by people."""
    return Activity(iri=activity_iri("session", session.pk), type=v.MEETING)


def attended(attendance: Attendance) -> Statement:
    """A member was in the room (or in the call). Pass the attendance with its session, class, trainer and learner."""
    session = attendance.session
    return build(
        actor_id=attendance.member.learner.actor_id, verb=v.ATTENDED, activity=session_activity(session),
        at=attendance.arrived_at or session.starts_at, grouping=class_activity(session.training_class),
        instructor_id=session.trainer.actor_id if session.trainer else None, discriminator=attendance.episode,
    )  # fmt: skip


def _what(assignment: Assignment, part: Part | None) -> Activity:
    if part is None:
        return course_activity(assignment.course)
    return part_activity({"key": str(part.key), "kind": part.kind, "title": part.title})
