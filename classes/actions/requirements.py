"""What an agency requires of its staff."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from classes import queries
from classes.actions.assignments import DueInPast, NothingToAssign
from classes.actions.counts import recount_agencies
from classes.models import StaffRequirement
from courses.models import CoursePage
from courses.queries import course_outline
from people.models import Organisation, User


class NotOfficerHere(Exception):
    """He holds no role of officer or owner in this organisation or above it."""


@transaction.atomic
def require_course(
    *, organisation: Organisation, course: CoursePage, due_at: dt.datetime, officer: User, now: dt.datetime
) -> StaffRequirement:
    """All staff below `organisation` must complete the course by `due_at`. Required already: only the date is set.

    Raises NotOfficerHere, DueInPast, NothingToAssign.
    """
    if not queries.may_require(officer, organisation):
        raise NotOfficerHere(organisation.code)
    if due_at <= now:
        raise DueInPast
    if not course_outline(course).parts:
        raise NothingToAssign
    requirement, made = StaffRequirement.objects.get_or_create(
        organisation=organisation, course=course, withdrawn_at=None,
        defaults={"due_at": due_at, "set_by": officer, "set_at": now},
    )  # fmt: skip
    if not made and requirement.due_at != due_at:
        requirement.due_at, requirement.set_by, requirement.set_at = due_at, officer, now
        requirement.save(update_fields=["due_at", "set_by", "set_at"])
    recount_agencies(now=now)
    return requirement


@transaction.atomic
def withdraw_requirement(*, requirement: StaffRequirement, officer: User, now: dt.datetime) -> None:
    """Raises NotOfficerHere."""
    if not queries.may_require(officer, requirement.organisation):
        raise NotOfficerHere(requirement.organisation.code)
    StaffRequirement.objects.current().filter(pk=requirement.pk).update(withdrawn_at=now)
    recount_agencies(now=now)
