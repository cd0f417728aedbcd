"""What a learner does in a course, as xAPI statements."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from courses.models import CoursePage, Enrolment, OutsideCompletion, OutsideKind
from lrs import vocabulary as v
from lrs.models import Statement
from lrs.statements import Activity, activity_iri, build, score

PART_TYPES = {"lesson": v.LESSON, "quiz": v.ASSESSMENT}


def course_activity(course: CoursePage) -> Activity:
    return Activity(iri=activity_iri("course", course.translation_key), type=v.COURSE, name=course.title)


def part_activity(part: dict[str, Any]) -> Activity:
    """`part` as in Outline.parts."""
    return Activity(iri=activity_iri(part["kind"], part["key"]), type=PART_TYPES[part["kind"]], name=part["title"])


def registered(enrolment: Enrolment) -> Statement:
    return build(
        actor_id=enrolment.learner.actor_id, verb=v.REGISTERED, activity=course_activity(enrolment.course),
        at=enrolment.enrolled_at, registration=enrolment.pk,
    )  # fmt: skip


def unregistered(enrolment: Enrolment, at: dt.datetime) -> Statement:
    return build(
        actor_id=enrolment.learner.actor_id, verb=v.UNREGISTERED, activity=course_activity(enrolment.course),
        at=at, registration=enrolment.pk,
    )  # fmt: skip


def experienced(enrolment: Enrolment, part: dict[str, Any], at: dt.datetime) -> Statement:
    """The first time a part is opened in an enrolment."""
    return build(
        actor_id=enrolment.learner.actor_id, verb=v.EXPERIENCED, activity=part_activity(part), at=at,
        registration=enrolment.pk, parent=course_activity(enrolment.course),
    )  # fmt: skip


def practised(
    enrolment: Enrolment, part: dict[str, Any], *, question: str, prompt: str, chosen: list[str], options: list[str],
    right: list[str], multiple: bool, correct: bool, at: dt.datetime,
) -> Statement:  # fmt: skip
    """An answer to a formative question of a lesson; options are known by their place, a, b, c…"""
    activity = Activity(
        iri=activity_iri("question", f"{part['key']}/{question}"),
        type=v.INTERACTION,
        name=prompt[:200],
        extra={
            "interactionType": "choice",
            "correctResponsesPattern": ["[,]".join(right)],
            "choices": [{"id": chr(97 + place), "description": {"vi": text}} for place, text in enumerate(options)],
        },
    )
    return build(
        actor_id=enrolment.learner.actor_id, verb=v.ANSWERED, activity=activity, at=at, registration=enrolment.pk,
        parent=part_activity(part), grouping=course_activity(enrolment.course),
        result={"response": "[,]".join(chosen), "success": correct}, discriminator=at.isoformat(),
    )  # fmt: skip


def completed_part(enrolment: Enrolment, part: dict[str, Any], at: dt.datetime) -> Statement:
    return build(
        actor_id=enrolment.learner.actor_id, verb=v.COMPLETED, activity=part_activity(part), at=at,
        registration=enrolment.pk, parent=course_activity(enrolment.course), category=v.MOVE_ON,
        result={"completion": True},
    )  # fmt: skip


def progressed(enrolment: Enrolment, *, done: int, total: int, at: dt.datetime) -> Statement:
    """Share of the pinned outline that is done, 0..100."""
    return build(
        actor_id=enrolment.learner.actor_id, verb=v.PROGRESSED, activity=course_activity(enrolment.course), at=at,
        registration=enrolment.pk, result={"extensions": {v.PROGRESS: 100 * done // total}}, discriminator=done,
    )  # fmt: skip


def completed_course(enrolment: Enrolment, at: dt.datetime) -> Statement:
    result: dict[str, Any] = {"completion": True, "success": True}
    if enrolment.score is not None:
        result["score"] = score(score10=enrolment.score)
    return build(
        actor_id=enrolment.learner.actor_id, verb=v.COMPLETED, activity=course_activity(enrolment.course), at=at,
        registration=enrolment.pk, category=v.MOVE_ON, result=result,
    )  # fmt: skip


# cmi5 §9.5.5.2 names these reasons.
_WAIVED_BECAUSE = {OutsideKind.ELSEWHERE: "Equivalent Outside Activity", OutsideKind.WAIVED: "Administrative"}


def waived(outside: OutsideCompletion) -> Statement:
    """The course counts as done by other means than doing it here. Who decided it is the instructor; what she wrote stays

    with us. Pass it with its learner, course and who recorded it.
    """
    return build(
        actor_id=outside.learner.actor_id, verb=v.WAIVED, activity=course_activity(outside.course), at=outside.recorded_at,
        category=v.MOVE_ON, instructor_id=outside.recorded_by.actor_id, discriminator=outside.pk,
        result={
            "completion": True, "success": True,
            "extensions": {v.REASON: _WAIVED_BECAUSE[OutsideKind(outside.kind)]},
        },
    )  # fmt: skip


def part_by_key(enrolment: Enrolment, key: uuid.UUID) -> dict[str, Any]:
    """The part of the pinned outline with this key. Raises LookupError when the outline has none."""
    for part in enrolment.outline.parts:
        if part["key"] == str(key):
            return dict(part)
    raise LookupError(key)
