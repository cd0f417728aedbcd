"""What happens to attempts. Each function is one transaction, may be called twice, and sends nothing.

Rows are locked in one order, enrolment then attempt, so that two of these never wait for each other.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
import secrets
from contextlib import suppress
from decimal import Decimal

from django.db import IntegrityError, transaction

from courses.actions import CourseNotOpen, NotInOutline, complete_part, enrol, open_part
from courses.models import CoursePage, Enrolment
from courses.queries import enrolment_in
from lrs.actions import record
from people.models import User
from quizzes import marking, queries, responses, statements
from quizzes.actions import uploading
from quizzes.deadlines import Hindrance, Refusal, deadline, hindrance
from quizzes.kinds import KINDS
from quizzes.models import AnswerStep, Attempt, AttemptState, QuestionVersion, QuizPage, Slot
from quizzes.queries import TOLERANCE

log = logging.getLogger(__name__)


class NoAttemptsLeft(Exception):
    """All attempts that the quiz allows are used."""


class NotNow(Exception):
    """Not open yet, closed, or too soon after the last attempt. `refusal` says which, and from when."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.why.name)
        self.refusal = refusal


class QuizNotReady(Exception):
    """The quiz is not published, not of this course, or its bank has fewer questions than it asks."""


class Closed(Exception):
    """The attempt is finished or its time is over; the answer was not kept."""


class Conflict(Exception):
    """The question was answered elsewhere since this page saw it. `step` is that answer."""

    def __init__(self, step: AnswerStep) -> None:
        super().__init__(f"{step.sequence}")
        self.step = step


# --- starting --------------------------------------------------------------------------------------------------------


def begin(*, learner: User, quiz: QuizPage, now: dt.datetime) -> Attempt:
    """Start (or go on) from the quiz page: who is not enrolled in the course becomes so.

    Raises NoAttemptsLeft, NotNow, QuizNotReady.
    """
    course = CoursePage.objects.parent_of(quiz).live().first()
    if course is None:
        raise QuizNotReady(quiz.title)
    with transaction.atomic():
        try:
            enrolment = enrolment_in(learner, course.pk) or enrol(learner=learner, course=course, now=now)
        except CourseNotOpen as error:
            raise QuizNotReady(quiz.title) from error
        return start_attempt(enrolment=enrolment, quiz=quiz, now=now)


@transaction.atomic
def start_attempt(*, enrolment: Enrolment, quiz: QuizPage, now: dt.datetime, seed: int | None = None) -> Attempt:
    """The open attempt if there is one, else the next: questions drawn, order of options and rules frozen.

    One whose time is over is finished first. `seed` decides the draw (random when None).
    Raises NoAttemptsLeft, NotNow, QuizNotReady.
    """
    locked = Enrolment.objects.select_for_update(of=("self",)).select_related("learner", "course", "outline").get(pk=enrolment.pk)
    found = list(Attempt.objects.filter(enrolment=locked, quiz=quiz).order_by("number"))
    current = next((one for one in found if one.state == AttemptState.IN_PROGRESS), None)
    if current and not queries.is_over(current, now):
        return current
    if current:
        finish_attempt(attempt=current, now=now)
        found = list(Attempt.objects.filter(enrolment=locked, quiz=quiz).order_by("number"))
    refusal = hindrance(quiz.terms, used=len(found), last_finished=queries.last_finished(found), now=now)
    if refusal:
        raise NoAttemptsLeft(quiz.title) if refusal.why is Hindrance.NO_ATTEMPT_LEFT else NotNow(refusal)
    if not quiz.live or locked.withdrawn_at or not quiz.path.startswith(locked.course.path):
        raise QuizNotReady(quiz.title)
    seed = secrets.randbits(62) if seed is None else seed
    try:
        with transaction.atomic():
            attempt = _make_attempt(locked, quiz, len(found) + 1, seed, now)
    except IntegrityError:  # the same button pressed twice at once, on a database that did not lock: the other one won
        return Attempt.objects.open().get(enrolment=locked, quiz=quiz)
    # The quiz may have been unpublished just now: nothing is noted, and the attempt stands.
    with suppress(NotInOutline):
        open_part(enrolment=locked, part=quiz.translation_key, now=now)
    record([statements.attempted(attempt)])
    return attempt


def _make_attempt(enrolment: Enrolment, quiz: QuizPage, number: int, seed: int, now: dt.datetime) -> Attempt:
    rng = random.Random(seed)  # noqa: S311  a draw that can be repeated from the kept seed
    drawn = _draw(list(queries.servable_versions(quiz.category_id)), quiz.ask, rng)
    attempt = Attempt.objects.create(
        enrolment=enrolment, quiz=quiz, part=quiz.translation_key, number=number, seed=seed, started_at=now,
        deadline=deadline(quiz.terms, now), max_marks=sum((worth(one) for one in drawn), Decimal(0)),
        rules={
            "ask": quiz.ask, "pass_mark": f"{quiz.pass_mark:.2f}", "attempts_allowed": quiz.attempts_allowed,
            "time_limit_minutes": quiz.time_limit_minutes,
            "closes_at": quiz.closes_at.astimezone(dt.UTC).isoformat() if quiz.closes_at else None,
        },
    )  # fmt: skip
    orders = [responses.draw_order(version.kind, version.body, quiz.shuffle, rng) for version in drawn]
    Slot.objects.bulk_create(
        Slot(attempt=attempt, position=place, version=version, order=order, max_mark=worth(version))
        for place, (version, order) in enumerate(zip(drawn, orders, strict=True), 1)
    )
    return attempt


def worth(version: QuestionVersion) -> Decimal:
    """What a question counts in an attempt; an opinion counts nothing."""
    return version.mark if KINDS[version.kind].scored else Decimal(0)


def _draw(versions: list[QuestionVersion], ask: int, rng: random.Random) -> list[QuestionVersion]:
    """A systematic sample: sorted by competency and difficulty, then every n-th from a random start.

    Each competency and difficulty gets its share, and every question the same chance. Raises QuizNotReady.
    """
    if len(versions) < ask or not versions:
        raise QuizNotReady(f"{len(versions)} < {ask}")
    pool = sorted(versions, key=lambda version: version.pk)
    rng.shuffle(pool)
    pool.sort(key=lambda version: (version.competency, version.difficulty))
    start = rng.randrange(len(pool))
    drawn = [pool[(start + place * len(pool)) // ask] for place in range(ask)]
    rng.shuffle(drawn)
    return drawn


# --- answering -------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_answer(
    *,
    attempt: Attempt,
    position: int,
    response: responses.Response,
    now: dt.datetime,
    sequence: int | None = None,
    flagged: bool | None = None,
) -> AnswerStep | None:
    """Keep an answer as the next step of its question, and the flag when one is given. Returns the last step.

    `sequence` is the last step the page had seen; None skips that check. The same answer again is no new step, and an
    empty one (see marking) only takes back an answer that was there. Raises Closed, Conflict, ResponseError,
    Slot.DoesNotExist.
    """
    slot = (
        Slot.objects.select_for_update(of=("attempt",))
        .select_related("attempt", "version")
        .get(attempt=attempt, position=position)
    )
    if slot.attempt.state != AttemptState.IN_PROGRESS or queries.is_over(slot.attempt, now):
        raise Closed(str(attempt.pk))
    responses.check(slot.version.kind, slot.version.body, response)
    uploading.check_files(slot, response)
    if flagged is not None and flagged != slot.flagged:
        Slot.objects.filter(pk=slot.pk).update(flagged=flagged)
    # Asked only now: a query that waited for the lock would still see the steps of before it waited.
    last = slot.steps.order_by("-sequence").first()
    if last:
        last.slot = slot
    if response == (last.response if last else {}):
        return last
    if last and sequence is not None and sequence < last.sequence:
        raise Conflict(last)
    return AnswerStep.objects.create(slot=slot, sequence=last.sequence + 1 if last else 1, response=response, saved_at=now)


# --- finishing -------------------------------------------------------------------------------------------------------


@transaction.atomic
def finish_attempt(*, attempt: Attempt, now: dt.datetime) -> Attempt:
    """Mark the attempt from its last saved answers; one that was handed in is returned as it stands.

    Past the deadline it counts as handed in at the deadline. What a person has to mark keeps it waiting, without a score.
    A passed one completes the part of the course.
    """
    # The enrolment first, see above; complete_part takes it again.
    Enrolment.objects.select_for_update(of=("self",)).get(pk=attempt.enrolment_id)
    locked = (
        Attempt.objects.select_for_update(of=("self",))
        .select_related("quiz", "enrolment__learner", "enrolment__course", "enrolment__outline")
        .get(pk=attempt.pk)
    )
    if locked.state != AttemptState.IN_PROGRESS:
        return locked
    slots = _mark_slots(locked)
    locked.finished_at = min(now, locked.deadline) if locked.deadline else now
    locked.scorer = marking.SCORER
    # What a person has to mark is told of when it is marked.
    record([statements.answered(locked, slot, step) for slot, step in slots if step.response and slot.mark is not None])
    if any(slot.mark is None for slot, _step in slots):
        locked.state = AttemptState.SUBMITTED
        # From here on the marking goes by one rule, whatever the page says later.
        locked.rules = {**locked.rules, "second_marker": locked.quiz.second_marker}
        locked.save(update_fields=["state", "rules", "finished_at", "scorer"])
        record([statements.handed_in(locked)])
        return locked
    return conclude(locked, now)


def conclude(locked: Attempt, now: dt.datetime) -> Attempt:
    """The one end of every attempt, once all its questions are marked: score, verdict, record, and the part of the course.

    `locked` is in its row lock, after its enrolment. Only for the actions of this app.
    """
    judge(locked, list(locked.slots.values_list("mark", flat=True)))
    locked.state = AttemptState.FINISHED
    locked.judged_at = now
    locked.save(update_fields=["marks", "score", "passed", "state", "finished_at", "judged_at", "scorer"])
    record([statements.judged(locked)])
    complete(locked, now)
    return locked


def judge(attempt: Attempt, marks: list[Decimal | None]) -> None:
    """Score and verdict from the marks of all questions, not saved."""
    attempt.marks = sum((mark or Decimal(0) for mark in marks), Decimal(0))
    attempt.score = marking.total([attempt.marks], attempt.max_marks)
    attempt.passed = attempt.score >= Decimal(attempt.rules["pass_mark"])


def complete(attempt: Attempt, now: dt.datetime) -> None:
    """A passed attempt completes the part of the course. Nothing is ever taken back here."""
    if attempt.passed:
        evidence = {"attempt": str(attempt.pk), "score": f"{attempt.score:.2f}"}
        with suppress(NotInOutline):  # as in start_attempt
            complete_part(enrolment=attempt.enrolment, part=attempt.part, evidence=evidence, score10=attempt.score, now=now)


def time_up(*, attempt: Attempt, now: dt.datetime) -> Attempt:
    """The learner's page says that the time is over: finish, if the server's clock and the deadline of now agree."""
    fresh = Attempt.objects.get(pk=attempt.pk)
    return finish_attempt(attempt=fresh, now=now) if fresh.deadline and now >= fresh.deadline else fresh


def _mark_slots(attempt: Attempt) -> list[tuple[Slot, AnswerStep]]:
    """Write the marks that need nobody; the slots that were answered, with the step that counted.

    The mark of what a person has to mark stays None.
    """
    slots = list(attempt.slots.select_related("version__question").order_by("position"))
    steps = queries.last_steps(attempt)
    for slot in slots:
        step = steps.get(slot.pk)
        share = marking.mark(slot.version.kind, slot.version.body, step.response if step else {})
        slot.mark = None if share is None else marking.earned(share, slot.max_mark)
    Slot.objects.bulk_update(slots, ["mark"])
    return [(slot, steps[slot.pk]) for slot in slots if slot.pk in steps]


def close_overdue(*, now: dt.datetime, limit: int = 200) -> int:
    """Finish attempts whose time is over, the longest overdue first, each in its own transaction. Returns how many."""
    overdue = Attempt.objects.open().filter(deadline__lt=now - TOLERANCE).order_by("deadline")[:limit]
    closed = 0
    for attempt in overdue:
        try:
            finish_attempt(attempt=attempt, now=now)
            closed += 1
        except Exception:  # one attempt that cannot be marked must not keep the others open
            log.exception("attempt %s could not be closed", attempt.pk)
    return closed
