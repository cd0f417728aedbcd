"""What an agency requires of its staff."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from classes import queries
from classes.actions.assignments import DueInPast, NothingToAssign
from classes.actions.counts import recount_agencies
from classes.models import StaffRequirement, kept_groups
from courses.models import CoursePage
from courses.queries import course_outline
from people.models import Organisation, User


class NotOfficerHere(Exception):
    """He holds no role of officer or owner in this organisation or above it."""


class NoEnd(Exception):
    """Neither a date nor a number of days was given."""


@transaction.atomic
def require_course(
    *, organisation: Organisation, course: CoursePage, due_at: dt.datetime | None, officer: User, now: dt.datetime,
    days: int | None = None, groups: Iterable[str] = (), months: int | None = None,
) -> StaffRequirement:  # fmt: skip
    """The staff below `organisation`, of `groups` or all, must complete the course by `due_at` or so many `days` after

    they joined, and again when it is `months` old. Required already: it is asked in the new way from now on; the days
    of those who are there go on from when they were asked first.

    Raises NotOfficerHere, DueInPast, NoEnd, NothingToAssign.
    """
    if not queries.may_require(officer, organisation):
        raise NotOfficerHere(organisation.code)
    wanted: dict[str, Any] = {"due_at": due_at, "days": days, "groups": kept_groups(groups), "months": months}
    existing = StaffRequirement.objects.current().filter(organisation=organisation, course=course).first()
    if existing and all(getattr(existing, name) == value for name, value in wanted.items()):
        return existing
    if due_at is not None and due_at <= now and not (existing and existing.due_at == due_at):
        raise DueInPast
    if due_at is None and days is None:
        raise NoEnd
    if not course_outline(course).parts:
        raise NothingToAssign
    wanted |= {"set_by": officer, "set_at": now, "asked_on": timezone.localdate(now)}
    requirement, made = StaffRequirement.objects.get_or_create(
        organisation=organisation, course=course, withdrawn_at=None, defaults=wanted
    )
    if not made:
        wanted["asked_on"] = requirement.asked_on or wanted["asked_on"]
        for name, value in wanted.items():
            setattr(requirement, name, value)
        requirement.save(update_fields=list(wanted))
    recount_agencies(now=now)
    return requirement


@transaction.atomic
def withdraw_requirement(*, requirement: StaffRequirement, officer: User, now: dt.datetime) -> None:
    """Raises NotOfficerHere."""
    if not queries.may_require(officer, requirement.organisation):
        raise NotOfficerHere(requirement.organisation.code)
    StaffRequirement.objects.current().filter(pk=requirement.pk).update(withdrawn_at=now)
    recount_agencies(now=now)
