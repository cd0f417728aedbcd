"""Other terms for a learner, given and taken back. Each function is one transaction and may be called twice."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet

from people.models import User
from people.text import nfc
from quizzes import queries
from quizzes.actions.locks import lock_attempt
from quizzes.deadlines import Change, deadline, last_moment
from quizzes.models import Accommodation, Attempt, Override, QuizPage

Row = TypeVar("Row", Override, Accommodation)


class NotYours(Exception):
    """Somebody among the learners is not in the scope of who gives the terms."""


class NoReason(Exception):
    """Other terms need a reason."""


class NothingGiven(Exception):
    """The change changes nothing."""


def _check(by: User, learners: Sequence[User], reason: str) -> str:
    """The reason as it is kept. Raises NotYours, NoReason."""
    wanted = {learner.pk for learner in learners}
    if not wanted or queries.learners_of(by).filter(pk__in=wanted).count() < len(wanted):
        raise NotYours
    kept = nfc(reason).strip()[:300]
    if not kept:
        raise NoReason
    return kept


@transaction.atomic
def give_override(
    *, quiz: QuizPage, learners: Sequence[User], change: Change, reason: str, by: User, now: dt.datetime,
    group: uuid.UUID | None = None,
) -> list[Override]:  # fmt: skip
    """Give learners other terms of a quiz, in place of what they had so far (of the same group). An open attempt of
    theirs gets what it gains at once and loses nothing. The same again changes nothing.

    Raises NotYours, NoReason, NothingGiven.
    """
    kept = _check(by, learners, reason)
    if change == Change():
        raise NothingGiven
    found = []
    for learner in sorted(learners, key=lambda one: one.pk):
        last = Override.objects.select_for_update().standing().filter(quiz=quiz, learner=learner, group=group).first()
        if last and last.change == change and last.reason == kept:
            found.append(last)
            continue
        if last:
            _withdraw(last, by, now)
        found.append(
            Override.objects.create(
                quiz=quiz, learner=learner, group=group, reason=kept, author=by, created_at=now, **vars(change)
            )
        )
        _extend(quiz.attempts.open().filter(enrolment__learner=learner), now)
    return found


@transaction.atomic
def withdraw_override(*, override: Override, by: User, now: dt.datetime) -> Override:
    """The quiz's own terms hold again from the next attempt on; an open one keeps what it was promised. Raises NotYours."""
    locked = Override.objects.select_for_update().get(pk=override.pk)
    if not queries.learners_of(by).filter(pk=locked.learner_id).exists():
        raise NotYours
    return locked if locked.withdrawn_at else _withdraw(locked, by, now)


@transaction.atomic
def give_accommodation(
    *, learner: User, factor: Decimal, reason: str, by: User, now: dt.datetime, until: dt.date | None = None
) -> Accommodation:
    """Lengthen the time of every quiz for a learner, until the end of a day or for good, in place of what she had.

    The same again changes nothing. Raises NotYours, NoReason, ValidationError.
    """
    kept = _check(by, [learner], reason)
    last = Accommodation.objects.select_for_update().filter(learner=learner, withdrawn_at__isnull=True).first()
    if last and (last.factor, last.reason, last.until) == (factor, kept, until):
        return last
    if last:
        _withdraw(last, by, now)
    given = Accommodation(learner=learner, factor=factor, reason=kept, author=by, created_at=now, until=until)
    given.full_clean()
    given.save()
    _extend(Attempt.objects.open().filter(enrolment__learner=learner), now)
    return given


@transaction.atomic
def withdraw_accommodation(*, accommodation: Accommodation, by: User, now: dt.datetime) -> Accommodation:
    """Attempts begun from now on have the usual time; an open one keeps what it was promised. Raises NotYours."""
    locked = Accommodation.objects.select_for_update().get(pk=accommodation.pk)
    if not queries.learners_of(by).filter(pk=locked.learner_id).exists():
        raise NotYours
    return locked if locked.withdrawn_at else _withdraw(locked, by, now)


def _withdraw(row: Row, by: User, now: dt.datetime) -> Row:
    row.withdrawn_at, row.withdrawn_by = now, by
    row.save(update_fields=["withdrawn_at", "withdrawn_by"])
    return row


def _extend(attempts: QuerySet[Attempt], now: dt.datetime) -> None:
    """Let open attempts have the longer time at once; their pages learn it with the next save or question to the clock.

    One whose time was already over by the clock stays over: what was not answered in time is not made timely afterwards.
    """
    for pk in attempts.filter(deadline__isnull=False).order_by("enrolment_id", "pk").values_list("pk", flat=True):
        locked = lock_attempt(pk)
        held = queries.terms_for(locked.quiz, locked.enrolment.learner_id, now)
        later = deadline(held.terms, locked.started_at)
        ends = locked.deadline
        if not queries.is_running(locked, now) or ends is None or later is None or later <= ends:
            continue
        locked.rules = {**locked.rules, **held.told, "deadline_before": ends.astimezone(dt.UTC).isoformat()}
        locked.deadline = later
        locked.check_at = last_moment(later, grace_minutes=locked.rules.get("grace_minutes") or 0)
        locked.save(update_fields=["rules", "deadline", "check_at"])
