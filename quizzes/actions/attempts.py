"""What happens to attempts. Each function is one transaction, may be called twice, and sends nothing."""

from __future__ import annotations

import datetime as dt
import logging
import random
import secrets
from contextlib import suppress
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare

from courses.actions import CourseNotOpen, NotInOutline, complete_part, enrol, open_part
from courses.models import CoursePage, Enrolment
from courses.queries import enrolment_in
from lrs.actions import record
from people.models import User
from people.text import nfc
from quizzes import marking, queries, responses, statements
from quizzes.actions import uploading
from quizzes.actions.locks import Closed, lock_attempt, lock_slot
from quizzes.actions.pools import draw
from quizzes.deadlines import TOLERANCE, Hindrance, Phase, Refusal, deadline, hindrance, last_moment
from quizzes.kinds import KINDS
from quizzes.models import AnswerStep, Attempt, AttemptState, Behaviour, QuestionVersion, QuizPage, QuizSection, Slot

log = logging.getLogger(__name__)


class NoAttemptsLeft(Exception):
    """All attempts that the quiz allows are used."""


class NotNow(Exception):
    """Not open yet, closed, or too soon after the last attempt. `refusal` says which, and from when."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.why.name)
        self.refusal = refusal


class WrongPassword(Exception):
    """The quiz has a password and this is not it."""


class QuizNotReady(Exception):
    """The quiz is not published, not of this course, or its bank has fewer questions than it asks."""


class Conflict(Exception):
    """The question was answered elsewhere since this page saw it. `step` is that answer."""

    def __init__(self, step: AnswerStep) -> None:
        super().__init__(f"{step.sequence}")
        self.step = step


# --- starting --------------------------------------------------------------------------------------------------------


def begin(*, learner: User, quiz: QuizPage, now: dt.datetime, password: str = "") -> Attempt:
    """Start (or go on) from the quiz page: who is not enrolled in the course becomes so.

    Raises NoAttemptsLeft, NotNow, QuizNotReady, WrongPassword.
    """
    going_on = Attempt.objects.open().filter(enrolment__learner=learner, quiz=quiz).exists()
    if quiz.password and not going_on and not _same(password, quiz.password):
        raise WrongPassword(quiz.title)
    course = CoursePage.objects.parent_of(quiz).live().first()
    if course is None:
        raise QuizNotReady(quiz.title)
    with transaction.atomic():
        try:
            enrolment = enrolment_in(learner, course.pk) or enrol(learner=learner, course=course, now=now)
        except CourseNotOpen as error:
            raise QuizNotReady(quiz.title) from error
        return start_attempt(enrolment=enrolment, quiz=quiz, now=now)


def _same(said: str, wanted: str) -> bool:
    """Read out in a room and typed on a phone: neither spaces nor capitals count."""
    return constant_time_compare(nfc(said).casefold().strip(), nfc(wanted).casefold().strip())


@transaction.atomic
def start_attempt(*, enrolment: Enrolment, quiz: QuizPage, now: dt.datetime, seed: int | None = None) -> Attempt:
    """The open attempt if there is one, else the next: questions drawn, order of options and rules frozen.

    One whose time is over is finished first. `seed` decides the draw (random when None).
    Raises NoAttemptsLeft, NotNow, QuizNotReady.
    """
    locked = Enrolment.objects.select_for_update(of=("self",)).select_related("learner", "course", "outline").get(pk=enrolment.pk)
    found = list(Attempt.objects.filter(enrolment=locked, quiz=quiz).order_by("number"))
    current = next((one for one in found if one.state == AttemptState.IN_PROGRESS), None)
    if current and queries.phase_of(current, now) is not Phase.OVER:
        return current
    if current:
        finish_attempt(attempt=current, now=now)
        found = list(Attempt.objects.filter(enrolment=locked, quiz=quiz).order_by("number"))
    held = queries.terms_for(quiz, locked.learner_id, now)
    refusal = hindrance(held.terms, used=len(found), last_finished=queries.last_finished(found), now=now)
    if refusal:
        raise NoAttemptsLeft(quiz.title) if refusal.why is Hindrance.NO_ATTEMPT_LEFT else NotNow(refusal)
    if not quiz.live or locked.withdrawn_at or not quiz.path.startswith(locked.course.path):
        raise QuizNotReady(quiz.title)
    seed = secrets.randbits(62) if seed is None else seed
    try:
        with transaction.atomic():
            attempt = _make_attempt(locked, quiz, held, len(found) + 1, seed, now)
    except IntegrityError:  # the same button pressed twice at once, on a database that did not lock: the other one won
        return Attempt.objects.open().get(enrolment=locked, quiz=quiz)
    # The quiz may have been unpublished just now: nothing is noted, and the attempt stands.
    with suppress(NotInOutline):
        open_part(enrolment=locked, part=quiz.translation_key, now=now)
    record([statements.attempted(attempt)])
    return attempt


def _make_attempt(enrolment: Enrolment, quiz: QuizPage, held: queries.Held, number: int, seed: int, now: dt.datetime) -> Attempt:
    rng = random.Random(seed)  # noqa: S311  the order of options can be drawn again from the kept seed
    sections = quiz.parts
    drawn = [(number, one) for number, found in enumerate(draw(quiz=quiz, sections=sections, rng=rng), 1) for one in found]
    asked = sum(section.asked for section in sections)
    if len(drawn) < asked:
        raise QuizNotReady(f"{len(drawn)} < {asked}")
    ends, grace = deadline(held.terms, now), quiz.grace_minutes or 0
    attempt = Attempt.objects.create(
        enrolment=enrolment, quiz=quiz, part=quiz.translation_key, number=number, seed=seed, started_at=now,
        deadline=ends, check_at=last_moment(ends, grace_minutes=grace),
        max_marks=sum((worth(version) for _section, version in drawn), Decimal(0)),
        rules={
            "ask": len(drawn), "pass_mark": f"{quiz.pass_mark:.2f}", **held.told, "purpose": quiz.purpose,
            "behaviour": quiz.behaviour, "navigation": quiz.navigation, "expiry": quiz.expiry,
            "grace_minutes": quiz.grace_minutes, "review": quiz.review_policy, **_told(sections),
        },
    )  # fmt: skip
    Slot.objects.bulk_create(
        Slot(
            attempt=attempt, position=place, section=section, version=version, max_mark=worth(version),
            order=responses.draw_order(version.kind, version.body, quiz.shuffle, rng),
        )
        for place, (section, version) in enumerate(drawn, 1)
    )  # fmt: skip
    return attempt


def worth(version: QuestionVersion) -> Decimal:
    """What a question counts in an attempt; an opinion counts nothing."""
    return version.mark if KINDS[version.kind].scored else Decimal(0)


def _told(sections: list[QuizSection]) -> dict[str, Any]:
    """What the learner is told of the sections, if anything."""
    told = [{"title": section.title, "intro": section.intro} for section in sections]
    return {"sections": told} if any(one["title"] or one["intro"] for one in told) else {}


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
    certainty: int | None = None,
) -> AnswerStep | None:
    """Keep an answer as the next step of its question, and the flag when one is given. Returns the last step.

    `sequence` is the last step the page had seen; None skips that check. The same answer again is no new step, and an
    empty one (see marking) only takes back an answer that was there. `certainty` (1 … 3) belongs to the answer where the
    attempt asks for it. Raises Closed, Conflict, ResponseError, Slot.DoesNotExist.
    """
    slot, last = lock_slot(attempt, position)
    if not queries.is_running(slot.attempt, now):
        raise Closed(str(attempt.pk))
    if slot.checked_at or (slot.attempt.one_by_one and position != slot.attempt.reached):
        raise Closed(f"{attempt.pk} {position}")
    sure = certainty if response and slot.attempt.asks_certainty else None
    responses.check(slot.version.kind, slot.version.body, response)
    uploading.check_files(slot, response)
    if flagged is not None and flagged != slot.flagged:
        Slot.objects.filter(pk=slot.pk).update(flagged=flagged)
    if response == (last.response if last else {}) and sure == (last.certainty if last else None):
        return last
    if last and sequence is not None and sequence < last.sequence:
        raise Conflict(last)
    return AnswerStep.objects.create(
        slot=slot, sequence=last.sequence + 1 if last else 1, response=response, certainty=sure, saved_at=now
    )


@transaction.atomic
def check_answer(*, attempt: Attempt, position: int, now: dt.datetime) -> Slot:
    """Mark the question the learner is at, on the spot; its answer is settled by that. Checked twice it is as it was.

    Raises Closed, Slot.DoesNotExist.
    """
    slot, last = lock_slot(attempt, position)
    if slot.checked_at:
        return slot
    here = slot.attempt.behaviour == Behaviour.IMMEDIATE and position == slot.attempt.reached
    if not here or not queries.is_running(slot.attempt, now):
        raise Closed(f"{attempt.pk} {position}")
    slot.mark = _earned(slot, last)
    slot.checked_at = now
    slot.save(update_fields=["mark", "checked_at"])
    return slot


@transaction.atomic
def go_on(*, attempt: Attempt, position: int, now: dt.datetime) -> Attempt:
    """From the question the learner is at to the next one; there is no way back. Asked twice it goes one step.

    Raises Closed.
    """
    locked = Attempt.objects.select_for_update().get(pk=attempt.pk)
    if position != locked.reached:
        return locked
    unchecked = locked.behaviour == Behaviour.IMMEDIATE and locked.slots.filter(position=position, checked_at=None).exists()
    if not queries.is_running(locked, now) or not locked.one_by_one or unchecked or position > locked.rules["ask"]:
        raise Closed(str(attempt.pk))
    locked.reached = position + 1
    locked.save(update_fields=["reached"])
    return locked


# --- finishing -------------------------------------------------------------------------------------------------------


@transaction.atomic
def finish_attempt(*, attempt: Attempt, now: dt.datetime) -> Attempt:
    """Mark the attempt from its last saved answers; one that was handed in is returned as it stands.

    Past the deadline it counts as handed in at the deadline. What a person has to mark keeps it waiting, without a score.
    A passed one completes the part of the course.
    """
    locked = lock_attempt(attempt.pk)
    if locked.state != AttemptState.IN_PROGRESS:
        return locked
    if queries.phase_of(locked, now) is Phase.OVER and not locked.hands_itself_in:
        return _abandon(locked)
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


def _abandon(attempt: Attempt) -> Attempt:
    """Its time went by and nobody handed it in: what was answered is kept, nothing of it counts."""
    attempt.state, attempt.finished_at = AttemptState.ABANDONED, attempt.check_at
    attempt.save(update_fields=["state", "finished_at"])
    record([statements.abandoned(attempt)])
    return attempt


def conclude(locked: Attempt, now: dt.datetime) -> Attempt:
    """The one end of every attempt, once all its questions are marked: score, verdict, record, and the part of the course.

    `locked` is in its row lock, after its enrolment. Only for the actions of this app.
    """
    locked.marks, locked.score, locked.passed = queries.verdict(locked, locked.slots.values_list("mark", flat=True))
    locked.state = AttemptState.FINISHED
    locked.judged_at = now
    locked.save(update_fields=["marks", "score", "passed", "state", "finished_at", "judged_at", "scorer"])
    record([statements.judged(locked)])
    complete(locked, now)
    return locked


def complete(attempt: Attempt, now: dt.datetime) -> None:
    """The part of the course is done when the attempts that count pass. Nothing is ever taken back here."""
    attempts = list(Attempt.objects.filter(enrolment=attempt.enrolment_id, quiz=attempt.quiz_id))
    if not queries.has_passed(attempt.quiz.grade_method, attempts):
        return
    score = queries.grade_of(attempt.quiz.grade_method, attempts)
    evidence = {"attempt": str(attempt.pk), "score": f"{score:.2f}"}
    with suppress(NotInOutline):  # as in start_attempt
        complete_part(
            enrolment=attempt.enrolment, part=attempt.part, evidence=evidence, score10=score if attempt.graded else None, now=now
        )


def time_up(*, attempt: Attempt, now: dt.datetime) -> Attempt:
    """The learner's page says that the time is over: finish, if the server's clock and the deadline of now agree."""
    fresh = Attempt.objects.get(pk=attempt.pk)
    return finish_attempt(attempt=fresh, now=now) if fresh.deadline and now >= fresh.deadline else fresh


def _mark_slots(attempt: Attempt) -> list[tuple[Slot, AnswerStep]]:
    """Write the marks that need nobody; the slots that were answered, with the step that counted.

    The mark of what a person has to mark stays None.
    """
    slots = list(attempt.slots.select_related("attempt", "version__question").order_by("position"))
    steps = queries.last_steps(attempt)
    for slot in slots:
        slot.mark = _earned(slot, steps.get(slot.pk))
    Slot.objects.bulk_update(slots, ["mark"])
    return [(slot, steps[slot.pk]) for slot in slots if slot.pk in steps]


def _earned(slot: Slot, step: AnswerStep | None) -> Decimal | None:
    """What an answer counts; None when a person has to say."""
    return marking.counted(
        slot.version.kind, slot.version.body, step.response if step else {}, slot.max_mark,
        certainty=step.certainty if step else None, weigh=slot.attempt.asks_certainty,
    )  # fmt: skip


def close_overdue(*, now: dt.datetime, limit: int = 200) -> int:
    """Finish attempts whose time is over, the longest overdue first, each in its own transaction. Returns how many."""
    overdue = Attempt.objects.open().filter(check_at__lt=now - TOLERANCE).order_by("check_at")[:limit]
    closed = 0
    for attempt in overdue:
        try:
            finish_attempt(attempt=attempt, now=now)
            closed += 1
        except Exception:  # one attempt that cannot be marked must not keep the others open
            log.exception("attempt %s could not be closed", attempt.pk)
    return closed
