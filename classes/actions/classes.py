"""A class begins, is opened, closed, archived; its dates are corrected. Each change of these leaves a line in the trail."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import IntegrityError, transaction
from django.utils import timezone

from classes import codes, queries
from classes.actions.trail import note
from classes.models import ChangeSubject, ClassState, ClassTeacher, TrainingClass
from people.models import Organisation, User
from people.text import nfc

# Opened again after its last day, a class is open for so long, or the sweep would close it the same night.
REOPENED_FOR = dt.timedelta(days=14)
# A closed class rests for so long before it is archived.
KEPT_CLOSED = dt.timedelta(days=365)


class NotTeacherHere(Exception):
    """She holds no role of teacher in this organisation or above it."""


class ClassClosed(Exception):
    """The class takes no new members and no new work."""


class CodeTaken(Exception):
    """Another class of the organisation has this number."""


class WrongDates(Exception):
    """The last day lies before the first."""


@transaction.atomic
def create_class(
    *, key: uuid.UUID, teacher: User, name: str, kind: str, organisation: Organisation, starts_on: dt.date,
    ends_on: dt.date | None, now: dt.datetime, school_year: str = "", code: str = "", planned: bool = False,
) -> TrainingClass:  # fmt: skip
    """A class with a join code, taught by `teacher`; open at once unless it is `planned`. Raises NotTeacherHere, CodeTaken.

    `key` becomes its id: a form sent twice makes one class. A class of a school year without a last day ends with it.
    """
    if not queries.may_teach_in(teacher, organisation):
        raise NotTeacherHere(organisation.code)
    existing = TrainingClass.objects.taught_by(teacher).filter(pk=key).first()
    if existing:
        return existing
    number = nfc(code)
    if number and TrainingClass.objects.filter(organisation=organisation, code=number).exists():
        raise CodeTaken(number)
    fields = {
        "name": nfc(name), "kind": kind, "organisation": organisation, "starts_on": starts_on,
        "ends_on": ends_on or codes.school_year_end(school_year), "created_at": now, "code": number, "school_year": school_year,
        "opened_at": None if planned else now,
    }  # fmt: skip
    made = _with_join_code(key, fields)
    ClassTeacher.objects.create(training_class=made, teacher=teacher)
    return made


def _with_join_code(key: uuid.UUID, fields: dict[str, object]) -> TrainingClass:
    if TrainingClass.objects.filter(pk=key).exists():  # somebody else's id: never theirs, never an error that tells
        key = uuid.uuid4()
    while True:
        try:
            with transaction.atomic():
                return TrainingClass.objects.create(pk=key, join_code=codes.new_join_code(), **fields)
        except IntegrityError:
            if TrainingClass.objects.filter(pk=key).exists():
                raise


@transaction.atomic
def open_class(*, training_class: TrainingClass, by: User, now: dt.datetime) -> None:
    """A planned class takes members from now on. The first moment stays."""
    locked = _locked(training_class)
    if locked.opened_at is None and locked.cancelled_at is None:
        locked.opened_at = training_class.opened_at = now
        locked.save(update_fields=["opened_at"])
        note(locked, ChangeSubject.STATE, ClassState.PLANNED, ClassState.OPEN, by=by, now=now)


@transaction.atomic
def close_class(*, training_class: TrainingClass, now: dt.datetime, by: User | None = None, reason: str = "") -> None:
    """Nobody joins any more and nothing falls due; what was done stays. The first date stays."""
    locked = _locked(training_class)
    if locked.closed_at is None:
        before = locked.state_on(timezone.localdate(now))
        locked.closed_at = training_class.closed_at = now
        locked.save(update_fields=["closed_at"])
        note(locked, ChangeSubject.STATE, before, ClassState.CLOSED, by=by, now=now, reason=reason)


@transaction.atomic
def reopen_class(*, training_class: TrainingClass, now: dt.datetime, by: User | None = None, reason: str = "") -> None:
    """Closed is open again. A last day that is over moves on by two weeks, so that the class is not closed the same night."""
    locked = _locked(training_class)
    if locked.closed_at is None or locked.archived_at:
        return
    locked.closed_at = training_class.closed_at = None
    today, ends = timezone.localdate(now), locked.ends_on
    note(locked, ChangeSubject.STATE, ClassState.CLOSED, locked.state_on(today), by=by, now=now, reason=reason)
    if ends and ends < today:
        locked.ends_on = training_class.ends_on = today + REOPENED_FOR
        note(locked, ChangeSubject.ENDS, ends, locked.ends_on, by=by, now=now, reason=reason)
    locked.save(update_fields=["closed_at", "ends_on"])


@transaction.atomic
def cancel_class(*, training_class: TrainingClass, by: User, reason: str, now: dt.datetime) -> None:
    """Called off: it is counted nowhere. What its members did in courses stays theirs."""
    locked = _locked(training_class)
    if locked.cancelled_at is None and locked.closed_at is None:
        before = locked.state_on(timezone.localdate(now))
        locked.cancelled_at = training_class.cancelled_at = now
        locked.save(update_fields=["cancelled_at"])
        note(locked, ChangeSubject.STATE, before, ClassState.CANCELLED, by=by, now=now, reason=reason)


@transaction.atomic
def archive_class(*, training_class: TrainingClass, now: dt.datetime, by: User | None = None, reason: str = "") -> None:
    """Out of the daily list and read-only. Nothing happens to a class that is not over."""
    locked = _locked(training_class)
    if locked.archived_at is None and (locked.closed_at or locked.cancelled_at):
        before = locked.state_on(timezone.localdate(now))
        locked.archived_at = training_class.archived_at = now
        locked.save(update_fields=["archived_at"])
        note(locked, ChangeSubject.STATE, before, ClassState.ARCHIVED, by=by, now=now, reason=reason)


@transaction.atomic
def unarchive_class(*, training_class: TrainingClass, by: User, now: dt.datetime) -> None:
    locked = _locked(training_class)
    if locked.archived_at:
        locked.archived_at = training_class.archived_at = None
        locked.save(update_fields=["archived_at"])
        state = locked.state_on(timezone.localdate(now))
        note(locked, ChangeSubject.STATE, ClassState.ARCHIVED, state, by=by, now=now)


@transaction.atomic
def correct_dates(
    *, training_class: TrainingClass, starts_on: dt.date, ends_on: dt.date | None, by: User, reason: str, now: dt.datetime
) -> None:
    """Also of a class that is closed: the plan counts by these days. Raises WrongDates, ClassClosed (archived)."""
    if ends_on and ends_on < starts_on:
        raise WrongDates
    locked = _locked(training_class)
    if locked.archived_at:
        raise ClassClosed
    note(locked, ChangeSubject.STARTS, locked.starts_on, starts_on, by=by, now=now, reason=reason)
    note(locked, ChangeSubject.ENDS, locked.ends_on, ends_on, by=by, now=now, reason=reason)
    locked.starts_on = training_class.starts_on = starts_on
    locked.ends_on = training_class.ends_on = ends_on
    locked.save(update_fields=["starts_on", "ends_on"])


def close_over(*, now: dt.datetime, limit: int = 500) -> int:
    """Close classes that are over, and archive those that have rested long enough. Returns how many changed."""
    done = 0
    for one in queries.classes_over(now)[:limit]:
        close_class(training_class=one, now=now)
        done += 1
    for one in TrainingClass.objects.filter(closed_at__lt=now - KEPT_CLOSED, archived_at__isnull=True)[:limit]:
        archive_class(training_class=one, now=now)
        done += 1
    return done


def _locked(training_class: TrainingClass) -> TrainingClass:
    return TrainingClass.objects.select_for_update().get(pk=training_class.pk)
