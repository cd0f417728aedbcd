"""What counts as done without having been done here: recorded by somebody in charge, with evidence or a reason.

Nobody records for herself. It is no enrolment and earns no certificate (docs/decisions/0022).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import IO, Any

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from classes import evidence, queries
from classes.actions.assignments import NotOfClass
from classes.actions.counts import recount_agencies
from classes.actions.requirements import NotOfficerHere
from classes.models import Assignment, ClassMember, CompletionFile
from courses import statements
from courses.models import CoursePage, OutsideCompletion, OutsideKind
from lrs.actions import record, void
from people.models import Organisation, User
from people.text import nfc


class ForOneself(Exception):
    """Nobody says of herself that she has completed something elsewhere."""


class SaysNothing(Exception):
    """The issuer of what was done elsewhere, or the reason, is missing."""


class InFuture(Exception):
    """The day has not come yet."""


class PlanMoved(Exception):
    """What the file would do is not what was looked at."""


@transaction.atomic
def record_outside(
    *, organisation: Organisation, learner: User, course: CoursePage, kind: str, completed_on: dt.date, by: User,
    now: dt.datetime, issuer: str = "", reason: str = "", file: tuple[IO[Any], int] | None = None,
) -> OutsideCompletion:  # fmt: skip
    """An officer of `organisation` records it for somebody on the staff there or below. Recorded already, it stays as it is.

    `file` is the evidence and its size. Raises NotOfficerHere, ForOneself, SaysNothing, InFuture, evidence.PaperRefused.
    """
    if not queries.may_record(by, organisation, learner):
        raise NotOfficerHere(organisation.code)
    return _record(
        learner=learner, course=course, kind=OutsideKind(kind), completed_on=completed_on, by=by, now=now, issuer=issuer,
        reason=reason, file=file, organisation=organisation,
    )  # fmt: skip


@transaction.atomic
def waive_in_class(*, member: ClassMember, course: CoursePage, reason: str, by: User, now: dt.datetime) -> OutsideCompletion:
    """A teacher marks a course of her class complete for one member, from today, and says why.

    Raises NotOfClass, ForOneself, SaysNothing.
    """
    klass = member.training_class
    given = Assignment.objects.current().filter(training_class=klass, course=course)
    if not klass.teachers.filter(teacher=by).exists() or member.left_at is not None or not given.exists():
        raise NotOfClass
    return _record(
        learner=member.learner, course=course, kind=OutsideKind.WAIVED, completed_on=queries.day_of(now), by=by, now=now,
        reason=reason, group=klass.pk,
    )  # fmt: skip


def _record(
    *, learner: User, course: CoursePage, kind: OutsideKind, completed_on: dt.date, by: User, now: dt.datetime,
    issuer: str = "", reason: str = "", file: tuple[IO[Any], int] | None = None, organisation: Organisation | None = None,
    group: uuid.UUID | None = None, batch: uuid.UUID | None = None,
) -> OutsideCompletion:  # fmt: skip
    if learner == by:
        raise ForOneself
    issuer, reason = nfc(issuer)[:160], nfc(reason)[:500]
    if not (issuer if kind == OutsideKind.ELSEWHERE else reason):
        raise SaysNothing
    if completed_on > queries.day_of(now):
        raise InFuture
    content = evidence.clean(*file) if file else None
    standing = {"learner": learner, "course": course, "kind": kind, "completed_on": completed_on}
    existing = OutsideCompletion.objects.standing().filter(**standing).first()
    if existing:
        return existing
    outside = OutsideCompletion(
        **standing, issuer=issuer, reason=reason, organisation=organisation, group=group, batch=batch, recorded_by=by,
        recorded_at=now,
    )  # fmt: skip
    if content:
        outside.evidence.save(f"x.{content[1]}", ContentFile(content[0]), save=False)
    try:
        with transaction.atomic():
            outside.save(force_insert=True)
    except IntegrityError:  # the same button pressed twice at once: the other one won
        return OutsideCompletion.objects.standing().get(**standing)
    record([statements.waived(outside)])
    if batch is None:
        recount_agencies(now=now)
    return outside


@transaction.atomic
def withdraw_outside(*, outside: OutsideCompletion, reason: str, by: User, now: dt.datetime) -> None:
    """It counts no more; the row and its evidence stay, the statement is voided. The first withdrawal stays.

    Raises NotOfficerHere, SaysNothing.
    """
    if not queries.may_withdraw_outside(by, outside):
        raise NotOfficerHere
    if not nfc(reason):
        raise SaysNothing
    _withdraw([outside], nfc(reason)[:500], by, now)
    recount_agencies(now=now)


def _withdraw(rows: Sequence[OutsideCompletion], reason: str, by: User, now: dt.datetime) -> int:
    ended = 0
    for row in rows:
        fields = {"withdrawn_at": now, "withdrawn_by": by, "withdrawn_reason": reason}
        if OutsideCompletion.objects.standing().filter(pk=row.pk).update(**fields):
            void(statement_id=statements.waived(row).statement_id, actor_id=by.actor_id, now=now)
            ended += 1
    return ended


# --- a whole list -------------------------------------------------------------------------------------------------------


@transaction.atomic
def keep_completions(
    *, key: uuid.UUID, organisation: Organisation, name: str, table: list[list[str]], by: User, now: dt.datetime,
    file: tuple[IO[Any], int] | None = None,
) -> CompletionFile:  # fmt: skip
    """The list as it was sent, to be looked at before it is applied; sent twice, it is one. `file` is evidence for all of it.

    Raises NotOfficerHere, evidence.PaperRefused.
    """
    if not queries.may_require(by, organisation):
        raise NotOfficerHere(organisation.code)
    content = evidence.clean(*file) if file else None
    kept, made = CompletionFile.objects.get_or_create(
        pk=key, defaults={"organisation": organisation, "name": nfc(name)[:120], "table": table, "sent_by": by, "sent_at": now}
    )
    if kept.sent_by_id != by.pk:
        raise NotOfficerHere(organisation.code)
    if made and content:
        kept.evidence.save(f"x.{content[1]}", ContentFile(content[0]))
    return kept


@transaction.atomic
def apply_completions(*, file: CompletionFile, seen: str, by: User, now: dt.datetime) -> CompletionFile:
    """Record what the list says, wrong lines left out. Applied twice, it is once. Its lines are forgotten.

    Raises NotOfficerHere, PlanMoved when the people or courses changed since `seen` was looked at.
    """
    kept = CompletionFile.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=file.pk)
    if not queries.may_require(by, kept.organisation):
        raise NotOfficerHere(kept.organisation.code)
    if kept.applied_at:
        return kept
    plan = queries.completion_plan(kept, by=by, now=now)
    if plan.digest != seen:
        raise PlanMoved
    for one in plan.new:
        assert one.learner and one.course and one.day
        _record(
            learner=one.learner, course=one.course, kind=OutsideKind.ELSEWHERE, completed_on=one.day, by=by, now=now,
            issuer=one.issuer, reason=one.note, organisation=kept.organisation, batch=kept.pk,
        )  # fmt: skip
    kept.applied_at, kept.added, kept.table = now, len(plan.new), []
    kept.save(update_fields=["applied_at", "added", "table"])
    recount_agencies(now=now)
    return kept


@transaction.atomic
def undo_completions(*, file: CompletionFile, by: User, now: dt.datetime) -> int:
    """Withdraw what came of the list and still stands; for seven days. Returns how many. Raises NotOfficerHere, PlanMoved."""
    kept = CompletionFile.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=file.pk)
    if not queries.may_require(by, kept.organisation):
        raise NotOfficerHere(kept.organisation.code)
    if kept.undone_at:
        return 0
    if not kept.may_be_undone(now):
        raise PlanMoved
    rows = OutsideCompletion.objects.standing().filter(batch=kept.pk).select_related("learner", "course", "recorded_by")
    ended = _withdraw(list(rows), queries.undone_words(kept), by, now)
    CompletionFile.objects.filter(pk=kept.pk).update(undone_at=now)
    recount_agencies(now=now)
    return ended


def forget_completions(*, now: dt.datetime) -> int:
    """Lists that nobody applied within seven days. Returns how many."""
    old = CompletionFile.objects.filter(applied_at__isnull=True, sent_at__lt=now - queries.DESK_KEPT)
    for file in old:
        file.evidence.delete(save=False)
    return old.delete()[0]
