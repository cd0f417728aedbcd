"""Marking anew. A plan is looked at, confirmed exactly so, and then done one attempt a transaction; what was confirmed to a
learner before is never taken back, a person is asked to look at it (quiz-engine Q27, F31)."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction

from courses.models import Completion
from lrs.actions import record, void
from lrs.models import Statement
from people.models import User
from quizzes import marking, queries, statements
from quizzes.actions.attempts import complete
from quizzes.actions.locks import lock_attempt
from quizzes.actions.marks import COMMENT_LIMIT, MarkedMeanwhile, NotMarker, NotWaiting, wanted_mark
from quizzes.models import (
    AnswerStep,
    Attempt,
    AttemptState,
    ManualMark,
    MarkRound,
    QuizPage,
    RegradedAttempt,
    Regrading,
    RegradingChange,
    Slot,
)
from quizzes.queries.regrading import Plan, Scope, changes, flag_for, judged_anew

log = logging.getLogger(__name__)

_TOGETHER = 200


class NotRegrader(Exception):
    """Only editors and owners of the whole programme have a quiz marked anew; only owners decide about what is flagged."""


class ReasonMissing(Exception):
    """Whose score changes is owed a reason."""


class PlanMoved(Exception):
    """Something changed since the plan was looked at; nothing was done."""


@transaction.atomic
def confirm_regrading(*, scope: Scope, seen: str, reason: str, by: User, now: dt.datetime) -> Regrading:
    """Write down exactly the plan with the digest `seen`; apply_regradings does it. Confirmed twice, it is one.

    Raises NotRegrader, ReasonMissing, PlanMoved.
    """
    words = _reason(reason)
    if not queries.may_regrade(by):
        raise NotRegrader(str(by.pk))
    QuizPage.objects.select_for_update(of=("self",)).get(pk=scope.quiz.pk)
    before = Regrading.objects.filter(quiz=scope.quiz, plan=seen).first()
    if before:
        return before
    regrading = Regrading.objects.create(
        quiz=scope.quiz, question=scope.question, version=scope.version, hand_too=scope.hand_too, scorer=marking.SCORER,
        reason=words, by=by, made_at=now, plan=seen,
    )  # fmt: skip
    found = Plan(scope=scope)
    batch: list[queries.AttemptChange] = []
    # Counted with this one left out, as the dry run did.
    for one in changes(scope, found, without=regrading):
        batch.append(one)
        if len(batch) == _TOGETHER:
            _write(regrading, batch)
            batch = []
    _write(regrading, batch)
    if found.digest != seen or not found.changed:
        raise PlanMoved(found.digest)
    return regrading


def _reason(reason: str) -> str:
    words = reason.replace("\x00", "").strip()[:COMMENT_LIMIT]
    if not words:
        raise ReasonMissing
    return words


def _write(regrading: Regrading, batch: Sequence[queries.AttemptChange]) -> None:
    rows = RegradedAttempt.objects.bulk_create(
        RegradedAttempt(
            regrading=regrading, attempt_id=one.attempt_id, old_score=one.old_score, new_score=one.new_score,
            old_passed=one.old_passed, new_passed=one.new_passed,
        )
        for one in batch
    )  # fmt: skip
    RegradingChange.objects.bulk_create(
        RegradingChange(
            regraded=row, slot_id=change.slot_id, old_version_id=change.old_version, new_version_id=change.new_version,
            old_mark=change.old_mark, new_mark=change.new_mark,
        )
        for row, one in zip(rows, batch, strict=True)
        for change in one.changes
    )  # fmt: skip


def apply_regradings(*, now: dt.datetime, limit: int = 500, regrading: Regrading | None = None) -> int:
    """Do what confirmed plans owe, each attempt in its own transaction. Returns how many; one that fails keeps no other back."""
    owed = RegradedAttempt.objects.filter(done_at__isnull=True).order_by("regrading__made_at", "pk")
    if regrading:
        owed = owed.filter(regrading=regrading)
    done = 0
    for pk in list(owed.values_list("pk", flat=True)[:limit]):
        try:
            apply_one(pk=pk, now=now)
            done += 1
        except Exception:
            log.exception("regraded attempt %s could not be done", pk)
    return done


@transaction.atomic
def apply_one(*, pk: int, now: dt.datetime) -> RegradedAttempt:
    """One attempt of a confirmed plan. Done twice, it is done once; one that somebody changed meanwhile is left as it is."""
    row = RegradedAttempt.objects.select_related("regrading__by").get(pk=pk)
    attempt = lock_attempt(row.attempt_id)
    row.refresh_from_db(fields=["done_at", "skipped"])
    if row.done_at:
        return row
    slots = {slot.pk: slot for slot in attempt.slots.select_related("version__question", "judged_by").order_by("position")}
    planned = list(row.changes.all())
    row.done_at = now
    if attempt.score != row.old_score or any(not _as_planned(slots[one.slot_id], one) for one in planned):
        row.skipped = True
        row.save(update_fields=["done_at", "skipped"])
        return row
    _carry_out(row, attempt, slots, planned, now)
    return row


def _as_planned(slot: Slot, one: RegradingChange) -> bool:
    return slot.mark == one.old_mark and (slot.judged_by_id or slot.version_id) == one.old_version_id


def _carry_out(
    row: RegradedAttempt, attempt: Attempt, slots: dict[int, Slot], planned: list[RegradingChange], now: dt.datetime
) -> None:
    regrading = row.regrading
    outdated = _statements(attempt, slots, planned)
    for one in planned:
        slot = slots[one.slot_id]
        slot.mark = one.new_mark
        slot.judged_by_id = one.new_version_id if one.new_version_id != slot.version_id else None
    Slot.objects.bulk_update([slots[one.slot_id] for one in planned], ["mark", "judged_by"])
    marks = [slot.mark for slot in slots.values()]
    score, passed = judged_anew(attempt, marks)
    part = Completion.objects.filter(enrolment=attempt.enrolment_id, part=attempt.part)
    row.flag = flag_for(attempt, score, passed, completed=part.exists())
    attempt.scorer = regrading.scorer
    if attempt.state == AttemptState.FINISHED:
        attempt.marks, attempt.score, attempt.passed = queries.verdict(attempt, marks)
        attempt.judged_at = now
    attempt.save(update_fields=["marks", "score", "passed", "scorer", "judged_at"])
    row.save(update_fields=["done_at", "flag"])
    for statement in outdated:
        void(statement_id=statement.statement_id, actor_id=regrading.by.actor_id, now=now)
    record(_statements(attempt, slots, planned, again=regrading))
    if attempt.state == AttemptState.FINISHED:
        complete(attempt, now)


def _statements(
    attempt: Attempt, slots: dict[int, Slot], planned: list[RegradingChange], again: Regrading | None = None
) -> list[Statement]:
    """What the record says of these questions and of the whole attempt: as it stands, or as `again` has it."""
    steps: dict[int, AnswerStep] = queries.last_steps(attempt)
    done = RegradingChange.objects.filter(
        slot__in=[one.slot_id for one in planned], regraded__done_at__isnull=False, regraded__skipped=False
    ).order_by("regraded__done_at", "pk")
    last: dict[int, object] = dict(done.values_list("slot", "regraded__regrading"))
    now_by = {one.slot_id: again.pk if again else last.get(one.slot_id, "") for one in planned}
    found = [
        statements.answered(attempt, slots[one.slot_id], steps[one.slot_id], again=now_by[one.slot_id])
        for one in planned
        if one.slot_id in steps and steps[one.slot_id].response
    ]
    if attempt.state == AttemptState.FINISHED:
        rows = attempt.regraded.carried_out().filter(old_score__isnull=False)
        before = rows.order_by("-done_at", "-pk").values_list("regrading", flat=True).first() or ""
        found.append(statements.judged(attempt, again=again.pk if again else before))
    return found


@transaction.atomic
def correct_mark(
    *, slot: Slot, marker: User, seen: int, reason: str, now: dt.datetime, levels: Sequence[int] = (),
    points: Decimal | str | None = None,
) -> ManualMark:  # fmt: skip
    """Give an answer of a judged attempt another mark, with the reason that the learner reads. The same again changes nothing.

    Raises NotMarker, MarkRefused, NotWaiting, MarkedMeanwhile, ReasonMissing.
    """
    words = _reason(reason)
    attempt = lock_attempt(slot.attempt_id)
    locked = Slot.objects.select_related("version", "judged_by").get(pk=slot.pk)
    if not Attempt.objects.markable_by(marker).filter(pk=attempt.pk).exists():
        raise NotMarker(str(marker.pk))
    given = list(locked.hand_marks.select_related("marker").order_by("number"))
    if attempt.state != AttemptState.FINISHED or not given or locked.mark is None:
        raise NotWaiting(str(locked.pk))
    mark, last = wanted_mark(locked, levels, points), given[-1]
    if last.marker_id == marker.pk and (last.mark, last.levels) == (mark, list(levels)):
        return last
    if last.number > seen and last.marker_id != marker.pk:
        raise MarkedMeanwhile(last)
    made = ManualMark.objects.create(
        slot=locked, number=len(given) + 1, round=MarkRound.SETTLED, marker=marker, mark=mark, levels=list(levels),
        comment=words, marked_at=now,
    )  # fmt: skip
    if mark != locked.mark:
        _note_correction(made, attempt, locked, now)
    return made


def _note_correction(made: ManualMark, attempt: Attempt, slot: Slot, now: dt.datetime) -> None:
    """A regrading of one answer by a person, done at once."""
    version = slot.judged_by or slot.version
    regrading = Regrading.objects.create(
        quiz=attempt.quiz, question=version.question, version=version, hand_too=True, scorer=attempt.scorer,
        reason=made.comment, by=made.marker, made_at=now, plan=hashlib.sha256(f"mark {made.pk}".encode()).hexdigest(),
    )  # fmt: skip
    marks = [made.mark if one.pk == slot.pk else one.mark for one in attempt.slots.all()]
    score, passed = judged_anew(attempt, marks)
    row = RegradedAttempt.objects.create(
        regrading=regrading, attempt=attempt, old_score=attempt.score, new_score=score, old_passed=attempt.passed,
        new_passed=passed,
    )  # fmt: skip
    RegradingChange.objects.create(
        regraded=row, slot=slot, old_version=version, new_version=version, old_mark=slot.mark, new_mark=made.mark
    )
    apply_one(pk=row.pk, now=now)


@transaction.atomic
def look_at_flag(*, row: RegradedAttempt, decision: str, by: User, now: dt.datetime) -> RegradedAttempt:
    """Note what a person decided about a flagged result. The first decision stands. Raises NotRegrader, ReasonMissing."""
    words = _reason(decision)
    if not queries.may_decide(by):
        raise NotRegrader(str(by.pk))
    RegradedAttempt.objects.filter(pk=row.pk, looked_at__isnull=True).exclude(flag="").update(
        looked_at=now, looked_by=by, decision=words
    )
    row.refresh_from_db()
    return row
