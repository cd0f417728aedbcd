"""What marking anew would change: the kept answers replayed against a chosen version, attempt by attempt (quiz-engine Q27).

Reads a few hundred attempts at a time, so that a quiz of any size is planned in the same memory.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet

from courses.models import Completion
from people.models import RoleKind, User, holds_over_all
from quizzes import marking, responses
from quizzes.kinds import KINDS
from quizzes.models import (
    EDITING,
    AnswerStep,
    Attempt,
    AttemptState,
    Flag,
    ManualMark,
    MarkRound,
    Question,
    QuestionVersion,
    QuizPage,
    RegradedAttempt,
    Regrading,
    Slot,
)
from quizzes.queries.attempts import last_of, verdict
from quizzes.queries.bank import newest

_CHUNK = 200
# A page shows so many and says how many more there are.
SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is marked anew: every question or one; by its latest version or by `version`; marks given by hand stay unless
    `hand_too`, and then the levels that were reached are counted by the rubric of the version."""

    quiz: QuizPage
    question: Question | None = None
    attempt: Attempt | None = None
    version: QuestionVersion | None = None
    hand_too: bool = False


@dataclass(frozen=True, kw_only=True)
class SlotChange:
    slot_id: int
    position: int
    code: str
    old_version: int
    new_version: int
    old_number: int
    new_number: int
    old_mark: Decimal
    new_mark: Decimal


@dataclass(frozen=True, kw_only=True)
class AttemptChange:
    attempt_id: uuid.UUID
    alias: str
    old_score: Decimal | None
    new_score: Decimal | None
    old_passed: bool | None
    new_passed: bool | None
    flag: str
    changes: tuple[SlotChange, ...]

    @property
    def flag_words(self) -> str:
        return str(Flag(self.flag).label) if self.flag else ""


@dataclass(kw_only=True)
class Plan:
    """A dry run. `unlike`: answers that cannot be replayed, since the version asks something else; they keep their mark."""

    scope: Scope
    digest: str = ""
    attempts: int = 0
    changed: int = 0
    now_passed: int = 0
    no_longer: int = 0
    flagged: int = 0
    unlike: int = 0
    shown: list[AttemptChange] = field(default_factory=list)


def plan(scope: Scope) -> Plan:
    """The dry run; nothing is written. `digest` says exactly which changes were seen."""
    found = Plan(scope=scope)
    for _one in changes(scope, found):
        pass
    return found


def changes(scope: Scope, found: Plan, without: Regrading | None = None) -> Iterator[AttemptChange]:
    """Every attempt that would change, in the order of their ids; `found` is filled on the way and whole at the end.

    How often the quiz was marked anew before is part of the digest, `without` not counted: the same change made, undone
    and made again is three plans.
    """
    digest = hashlib.sha256()
    before = Regrading.objects.filter(quiz=scope.quiz).exclude(pk=without.pk if without else None).count()
    told = (scope.quiz.pk, scope.question and scope.question.pk, scope.attempt and scope.attempt.pk,
            scope.version and scope.version.pk, scope.hand_too, marking.SCORER, before)  # fmt: skip
    digest.update(repr(told).encode())
    for chunk in _chunks(scope):
        for one in _changed(chunk, scope, found):
            digest.update(repr((str(one.attempt_id), one.old_score, one.new_score, one.changes)).encode())
            found.changed += 1
            found.now_passed += one.new_passed is True and one.old_passed is False
            found.no_longer += one.new_passed is False and one.old_passed is True
            found.flagged += bool(one.flag)
            if len(found.shown) < SHOWN:
                found.shown.append(one)
            yield one
    found.digest = digest.hexdigest()


def _chunks(scope: Scope) -> Iterator[list[Attempt]]:
    handed_in = Attempt.objects.filter(quiz=scope.quiz, state__in=[AttemptState.FINISHED, AttemptState.SUBMITTED])
    if scope.attempt:
        handed_in = handed_in.filter(pk=scope.attempt.pk)
    if scope.question:
        handed_in = handed_in.filter(slots__version__question=scope.question)
    rows, last = handed_in.select_related("enrolment").order_by("pk"), None
    while True:
        chunk = list((rows.filter(pk__gt=last) if last else rows)[:_CHUNK])
        if not chunk:
            return
        yield chunk
        last = chunk[-1].pk


def _changed(chunk: list[Attempt], scope: Scope, found: Plan) -> Iterator[AttemptChange]:
    """Five queries a chunk."""
    slots: dict[uuid.UUID, list[Slot]] = {}
    served = Slot.objects.filter(attempt__in=[one.pk for one in chunk]).order_by("attempt", "position")
    for slot in served.select_related("attempt", "version__question", "judged_by"):
        slots.setdefault(slot.attempt_id, []).append(slot)
    replay = _Replay(scope, [slot for some in slots.values() for slot in some])
    done = set(Completion.objects.filter(enrolment__in=[one.enrolment_id for one in chunk]).values_list("enrolment", "part"))
    for attempt in chunk:
        found.attempts += 1
        new = {slot.pk: replay.change(slot, found) for slot in slots.get(attempt.pk, [])}
        really = tuple(one for one in new.values() if one)
        if not really:
            continue
        marks = [new[slot.pk].new_mark if new[slot.pk] else slot.mark for slot in slots[attempt.pk]]  # type: ignore[union-attr]
        score, passed = judged_anew(attempt, marks)
        yield AttemptChange(
            attempt_id=attempt.pk, alias=attempt.alias, old_score=attempt.score, new_score=score, old_passed=attempt.passed,
            new_passed=passed, changes=really,
            flag=flag_for(attempt, score, passed, completed=(attempt.enrolment_id, attempt.part) in done),
        )  # fmt: skip


def judged_anew(attempt: Attempt, marks: list[Decimal | None]) -> tuple[Decimal | None, bool | None]:
    """Score and whether it passes; nothing while a person has yet to mark."""
    if attempt.state != AttemptState.FINISHED:
        return None, None
    _marks, score, passed = verdict(attempt, marks)
    return score, passed


def flag_for(attempt: Attempt, score: Decimal | None, passed: bool | None, *, completed: bool) -> str:
    """Whether a person has to look at what was confirmed before. A pass elsewhere does not spare it: she decides."""
    if attempt.passed and passed is False and completed:
        return Flag.PASS
    said = attempt.enrolment.completed_at is not None and attempt.score == attempt.enrolment.score
    return Flag.SCORE if said and score != attempt.score else Flag.NONE


class _Replay:
    """The answers of a chunk and the versions to mark them by."""

    def __init__(self, scope: Scope, slots: list[Slot]) -> None:
        self.scope = scope
        ids = [slot.pk for slot in slots]
        self.steps = last_of(AnswerStep.objects.filter(slot__in=ids))
        self.versions = _versions(scope, {slot.version.question_id for slot in slots})
        self.hand: dict[int, list[ManualMark]] = {}
        if scope.hand_too:
            for one in ManualMark.objects.filter(slot__in=ids).order_by("number"):
                self.hand.setdefault(one.slot_id, []).append(one)

    def change(self, slot: Slot, found: Plan) -> SlotChange | None:
        served, now_by = slot.version, slot.judged_by or slot.version
        wanted = self.versions.get(served.question_id)
        if wanted is None or slot.mark is None:
            return None
        if not same_task(served.kind, served.body, wanted.kind, wanted.body, self._said(slot)):
            found.unlike += 1
            return None
        mark = self._mark(slot, wanted)
        if mark is None or mark == slot.mark:
            return None
        return SlotChange(
            slot_id=slot.pk, position=slot.position, code=served.question.code, old_version=now_by.pk, new_version=wanted.pk,
            old_number=now_by.number, new_number=wanted.number, old_mark=slot.mark, new_mark=mark,
        )  # fmt: skip

    def _said(self, slot: Slot) -> dict[str, Any]:
        return self.steps[slot.pk].response if slot.pk in self.steps else {}

    def _mark(self, slot: Slot, wanted: QuestionVersion) -> Decimal | None:
        """None where the mark stays because a person gave it."""
        response = self._said(slot)
        if response and KINDS[wanted.kind].by_hand:
            return _by_hand(self.hand.get(slot.pk, []), wanted, slot)
        return marking.counted(
            wanted.kind, wanted.body, response, slot.max_mark, weigh=slot.attempt.asks_certainty,
            certainty=self.steps[slot.pk].certainty if slot.pk in self.steps else None,
        )  # fmt: skip


def _by_hand(given: list[ManualMark], wanted: QuestionVersion, slot: Slot) -> Decimal | None:
    """What was given, its levels counted by the rubric of `wanted`."""
    rubric = wanted.body.get("rubric", [])
    try:
        counted = [
            (one.round, one.marker_id, marking.by_rubric(rubric, one.levels, slot.max_mark) if one.levels else one.mark)
            for one in given
        ]
    except (ValueError, IndexError):  # a rubric of another shape: what was said does not fit it
        return None
    # Only what stands is counted anew, so two rounds are two markers.
    return marking.settled(counted, slot.max_mark, two=any(one.round == MarkRound.SECOND for one in given))


def _versions(scope: Scope, questions: set[int]) -> dict[int, QuestionVersion]:
    if scope.version:
        return {scope.version.question_id: scope.version}
    if scope.question:
        questions = questions & {scope.question.pk}
    return {one.question_id: one for one in newest().filter(question__in=questions)}


def same_task(kind: str, served: dict[str, Any], other_kind: str, other: dict[str, Any], response: dict[str, Any]) -> bool:
    """Whether an answer to `served` is an answer to `other` as well. Options are known by their ids: where one id names what
    another one named, they were put in another order, and the answer would say what nobody said."""
    if kind != other_kind:
        return False
    try:
        responses.check(other_kind, other, response)
    except responses.ResponseError:
        return False
    old, new = _named(served), _named(other)
    return not any(text in old.values() and old.get(key, text) != text for key, text in new.items())


def _named(value: Any, path: str = "") -> dict[str, str]:
    """Every id in a body with the words under it."""
    if isinstance(value, list):
        return {key: text for one in value for key, text in _named(one, path).items()}
    if not isinstance(value, dict):
        return {}
    found: dict[str, str] = {}
    if "id" in value:
        words = next((value[name] for name in ("text", "left", "right", "name") if name in value), "")
        found[f"{path}/{value['id']}"] = f"{path}/{str(words).strip()}"
    for key, one in value.items():
        found |= _named(one, f"{path}/{key}" if isinstance(one, list | dict) else path)
    return found


# --- who, and what was done ------------------------------------------------------------------------------------------


def may_regrade(user: Any) -> bool:
    """Editors and owners of the whole programme: a quiz is everybody's."""
    return holds_over_all(user, EDITING)


def may_decide(user: User) -> bool:
    """What was confirmed is the owner's to take back."""
    return holds_over_all(user, [RoleKind.OWNER])


def regradings() -> QuerySet[Regrading]:
    rows = Regrading.objects.select_related("quiz", "question", "by").order_by("-made_at")
    return rows.annotate(
        total=Count("attempts"), owed=Count("attempts", filter=Q(attempts__done_at__isnull=True)),
        skipped=Count("attempts", filter=Q(attempts__skipped=True)),
    )  # fmt: skip


def flagged() -> QuerySet[RegradedAttempt]:
    """What a person has yet to look at, the oldest first."""
    rows = RegradedAttempt.objects.carried_out().exclude(flag="").filter(looked_at__isnull=True)
    rows = rows.select_related("regrading", "attempt__quiz", "attempt__enrolment__learner", "attempt__enrolment__course")
    return rows.order_by("done_at", "pk")


@dataclass(frozen=True, kw_only=True)
class Sat:
    """A quiz with something to mark anew."""

    quiz_id: int
    quiz: str
    course: str
    attempts: int


def quizzes_sat() -> list[Sat]:
    rows = Attempt.objects.filter(state__in=[AttemptState.FINISHED, AttemptState.SUBMITTED]).order_by()
    found = rows.values("quiz", "quiz__title", "enrolment__course__title").annotate(attempts=Count("pk"))
    return [
        Sat(quiz_id=row["quiz"], quiz=row["quiz__title"], course=row["enrolment__course__title"], attempts=row["attempts"])
        for row in found.order_by("enrolment__course__title", "quiz__title", "quiz")
    ]


def questions_served(quiz: QuizPage) -> QuerySet[Question]:
    served = Slot.objects.filter(attempt__quiz=quiz).values("version__question")
    return Question.objects.filter(pk__in=served).order_by("code")
