"""Marks that people give. Each is a row; what the rows say together becomes the mark of the question (quiz-engine Q28)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction

from lrs.actions import record
from people.models import User
from quizzes import marking, queries, statements
from quizzes.actions.attempts import conclude
from quizzes.actions.locks import lock_attempt
from quizzes.kinds import BY_HAND
from quizzes.models import Attempt, AttemptState, ManualMark, MarkRound, Slot

COMMENT_LIMIT = 5_000


class NotMarker(Exception):
    """Not somebody who may mark this answer: it is another place's, or her own, or she already gave her part."""


class MarkRefused(ValueError):
    """The mark does not fit the question: outside its bounds, or not one level for each criterion."""


class NotWaiting(Exception):
    """Nobody has to mark this: not handed in yet, marked by machine, or judged already."""


class MarkedMeanwhile(Exception):
    """Somebody marked it since this page was opened. `mark` is that mark."""

    def __init__(self, mark: ManualMark) -> None:
        super().__init__(f"{mark.slot_id} {mark.number}")
        self.mark = mark


@transaction.atomic
def give_mark(
    *, slot: Slot, marker: User, seen: int, now: dt.datetime, levels: Sequence[int] = (), points: Decimal | str | None = None,
    comment: str = "",
) -> ManualMark:  # fmt: skip
    """Give the answer of `slot` a mark: a level for each criterion of its rubric, or points where it has none.

    `seen` is the number of the last mark the page knew of. The same mark by the same person again is the one that stands;
    another one by her corrects it, as long as the attempt is not judged. When the last question of the attempt has its
    mark, the attempt is judged as any other. Raises NotMarker, MarkRefused, NotWaiting, MarkedMeanwhile.
    """
    attempt = lock_attempt(slot.attempt_id)
    locked = Slot.objects.select_related("version__question").get(pk=slot.pk)
    if not Attempt.objects.markable_by(marker).filter(pk=attempt.pk).exists():
        raise NotMarker(str(marker.pk))
    given = list(locked.hand_marks.select_related("marker").order_by("number"))
    wanted = wanted_mark(locked, levels, points)
    words = comment.replace("\x00", "").strip()[:COMMENT_LIMIT]
    last = given[-1] if given else None
    if last and last.marker_id == marker.pk and (last.mark, last.levels, last.comment) == (wanted, list(levels), words):
        return last
    waits = attempt.state == AttemptState.SUBMITTED and locked.version.kind in BY_HAND
    two = attempt.two_markers
    turn = marking.turn([one.given for one in given], marker.pk, locked.max_mark, two=two) if waits else None
    # Who marks without knowing the other's mark has nothing to be overtaken by.
    if last and last.number > seen and last.marker_id != marker.pk and turn != MarkRound.SECOND:
        raise MarkedMeanwhile(last)
    if not waits:
        raise NotWaiting(str(locked.pk))
    if turn is None:
        raise NotMarker(str(marker.pk))
    made = ManualMark.objects.create(
        slot=locked, number=len(given) + 1, round=turn, marker=marker, mark=wanted, levels=list(levels), comment=words,
        marked_at=now,
    )  # fmt: skip
    _settle(attempt, locked, [*given, made], now)
    return made


def wanted_mark(slot: Slot, levels: Sequence[int], points: Decimal | str | None) -> Decimal:
    """What levels or points come to. Only for the actions of this app. Raises MarkRefused."""
    rubric = slot.version.body.get("rubric", [])
    try:
        if rubric:
            return marking.by_rubric(rubric, levels, slot.max_mark)
        return marking.by_points(Decimal(str(points)), slot.max_mark)
    except (ValueError, InvalidOperation, IndexError) as error:
        raise MarkRefused(str(points or levels)) from error


def _settle(attempt: Attempt, slot: Slot, given: list[ManualMark], now: dt.datetime) -> None:
    """What the marks come to, and the end of the attempt when no question is left."""
    slot.mark = marking.settled([one.given for one in given], slot.max_mark, two=attempt.two_markers)
    slot.save(update_fields=["mark"])
    if attempt.slots.filter(mark__isnull=True).exists():
        return
    steps: dict[int, Any] = queries.last_steps(attempt)
    marked = attempt.slots.filter(version__kind__in=BY_HAND).select_related("version__question").order_by("position")
    answered = [(one, steps[one.pk]) for one in marked if one.pk in steps]
    # Of those without an answer nobody was asked, and nothing is told.
    record([statements.answered(attempt, one, step) for one, step in answered if step.response])
    conclude(attempt, now)
