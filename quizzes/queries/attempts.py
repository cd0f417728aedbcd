"""Reads about quizzes and attempts. What a page gets of an open attempt never holds a key (quiz-engine Q20)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from django.db.models import F, OuterRef, QuerySet, Subquery

from courses.models import CoursePage, Enrolment
from courses.queries import Standing, course_outline, enrolment_in, standing
from quizzes import marking, responses
from quizzes.deadlines import Phase, Refusal, Terms, hindrance, phase
from quizzes.kinds import KINDS
from quizzes.kinds.by_hand import reached
from quizzes.marking import CERTAINTIES, Method
from quizzes.models import AnswerFile, AnswerStep, Attempt, AttemptState, ManualMark, MarkRound, QuizPage, Slot
from quizzes.queries.pools import has_enough
from quizzes.queries.terms import Held, gives_terms, terms_for
from quizzes.review import Item, visible, when_told


def phase_of(attempt: Attempt, now: dt.datetime) -> Phase:
    """Where an open attempt stands, tolerance included."""
    return phase(attempt.deadline, now, grace_minutes=attempt.rules.get("grace_minutes") or 0)


def is_running(attempt: Attempt, now: dt.datetime) -> bool:
    """Whether answers are still taken."""
    return attempt.state == AttemptState.IN_PROGRESS and phase_of(attempt, now) is Phase.RUNNING


def last_steps(attempt: Attempt) -> dict[int, AnswerStep]:
    """The last answer of each slot, by slot id. One query."""
    return last_of(AnswerStep.objects.filter(slot__attempt=attempt))


def last_of(steps: QuerySet[AnswerStep]) -> dict[int, AnswerStep]:
    """The last of the steps of each slot, by slot id. One query."""
    newest = AnswerStep.objects.filter(slot=OuterRef("slot")).order_by("-sequence").values("sequence")[:1]
    return {step.slot_id: step for step in steps.annotate(newest=Subquery(newest)).filter(sequence=F("newest"))}


class Verdict(NamedTuple):
    marks: Decimal
    score: Decimal  # scale of 10
    passed: bool


def verdict(attempt: Attempt, marks: Iterable[Decimal | None]) -> Verdict:
    """What the marks of all questions come to, by what was promised at the start; one that is missing is 0."""
    summed = sum((mark or Decimal(0) for mark in marks), Decimal(0))
    score = marking.total([summed], attempt.max_marks)
    return Verdict(summed, score, not attempt.graded or score >= Decimal(attempt.rules["pass_mark"]))


def last_finished(attempts: Iterable[Attempt]) -> dt.datetime | None:
    """When the last of them was handed in."""
    return max((one.finished_at for one in attempts if one.finished_at), default=None)


# --- the quiz page ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Panel:
    """What the quiz page says to one reader. `left` is None when attempts are not limited."""

    course_title: str
    course_url: str
    ready: bool
    enrolment: Enrolment | None
    finished: tuple[Attempt, ...]
    waiting: tuple[Attempt, ...]  # handed in, not marked yet
    current: Attempt | None
    current_over: bool
    terms: Terms  # what holds for this reader
    special: bool  # and not for everybody
    method: str
    gives_terms: bool  # the reader may give others other terms
    left: int | None
    refusal: Refusal | None  # why no other attempt can be begun now

    @property
    def why(self) -> str:
        """NOT_OPEN, CLOSED, NO_ATTEMPT_LEFT, WAIT or nothing."""
        return self.refusal.why.name if self.refusal else ""

    @property
    def used(self) -> int:
        return len(self.finished) + len(self.waiting) + (self.current is not None)

    @property
    def limited(self) -> bool:
        return self.left is not None

    @property
    def grade(self) -> Decimal | None:
        """The score of the quiz, by its method, of the attempts that have one."""
        return grade_of(self.method, self.finished)

    @property
    def passed(self) -> bool:
        return has_passed(self.method, self.finished)


def grade_of(method: str, attempts: Iterable[Attempt]) -> Decimal | None:
    """The score of a quiz from one enrolment's attempts at it."""
    finished = sorted((one for one in attempts if one.score is not None), key=lambda one: one.number)
    return marking.grade(method, [one.score for one in finished if one.score is not None])


def has_passed(method: str, attempts: Iterable[Attempt]) -> bool:
    """By the pass mark that was promised at the start of the last finished attempt; where the best counts, of each."""
    finished = sorted((one for one in attempts if one.score is not None), key=lambda one: one.number)
    if method == Method.HIGHEST or not all(one.graded for one in finished):
        return any(one.passed for one in finished)
    told = grade_of(method, finished)
    return told is not None and told >= Decimal(finished[-1].rules["pass_mark"])


def panel(*, quiz: QuizPage, user: Any, now: dt.datetime) -> Panel:
    """Rules and attempts for whoever reads the quiz page; nobody else's attempts."""
    course = CoursePage.objects.parent_of(quiz).first()
    enrolment = enrolment_in(user, course.pk) if course and user.is_authenticated else None
    attempts = list(Attempt.objects.filter(enrolment=enrolment, quiz=quiz).order_by("number")) if enrolment else []
    current = next((attempt for attempt in attempts if attempt.state == AttemptState.IN_PROGRESS), None)
    held = terms_for(quiz, user.pk, now) if enrolment else Held(terms=quiz.terms)
    allowed = held.terms.attempts
    return Panel(
        course_title=course.title if course else "",
        course_url=course_outline(course).url if course else "",
        ready=has_enough(quiz),
        enrolment=enrolment,
        finished=tuple(one for one in attempts if one.state in {AttemptState.FINISHED, AttemptState.ABANDONED}),
        waiting=tuple(attempt for attempt in attempts if attempt.state == AttemptState.SUBMITTED),
        current=current,
        current_over=current is not None and phase_of(current, now) is not Phase.RUNNING,
        terms=held.terms,
        special=held.special,
        method=quiz.grade_method,
        gives_terms=user.is_authenticated and gives_terms(user),
        left=None if allowed is None else max(0, allowed - len(attempts)),
        refusal=hindrance(held.terms, used=len(attempts), last_finished=last_finished(attempts), now=now),
    )


# --- an open attempt -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Served:
    """A served question as its page may show it. `progress` is as in responses.progress."""

    position: int
    section: str  # its title; empty where the quiz has none
    lead: str  # what the section says of itself, at its first question
    stem: str
    shown: responses.Shown
    progress: str
    flagged: bool
    sequence: int
    saved_at: dt.datetime | None
    checked: Reviewed | None  # once it was marked on the spot
    asks_certainty: bool
    certainty: int | None
    files: tuple[AnswerFile, ...] = ()  # of the answer shown


@dataclass(frozen=True, kw_only=True)
class Screen:
    """An open attempt. `seconds_left` is None without a limit; `over` includes the tolerance."""

    attempt: Attempt
    questions: tuple[Served, ...]  # where they come one by one: the one that may be answered now
    total: int
    seconds_left: int | None
    over: bool  # no new answers
    overdue: bool  # but it may be handed in

    @property
    def certainties(self) -> list[tuple[int, str]]:
        return [(value, str(words)) for value, words in CERTAINTIES.items()]

    @property
    def through(self) -> bool:
        """Questions come one by one and all have come."""
        return self.attempt.one_by_one and self.attempt.reached > self.total

    def at(self, position: int) -> Served:
        return next(question for question in self.questions if question.position == position)

    @property
    def answered(self) -> int:
        return sum(question.progress == "full" for question in self.questions)

    @property
    def unanswered(self) -> list[Served]:
        return [question for question in self.questions if question.progress != "full"]

    @property
    def saved_at(self) -> dt.datetime | None:
        return max((question.saved_at for question in self.questions if question.saved_at), default=None)

    @property
    def first_open(self) -> int | None:
        """The position of the first question without an answer; None when all have one."""
        return next((question.position for question in self.questions if question.progress == "none"), None)


def attempts_of(user: Any) -> Any:
    """The user's own attempts with what their pages need."""
    return Attempt.objects.visible_to(user).select_related(
        "quiz", "enrolment__learner", "enrolment__course", "enrolment__outline"
    )


def screen(*, attempt: Attempt, now: dt.datetime, drafts: Mapping[int, responses.Fields] | None = None) -> Screen:
    """Two queries, three where files may be sent. `drafts` are posted forms (by position) to show in place of the saved
    answers."""
    steps = last_steps(attempt)
    drafts = drafts or {}
    slots = list(attempt.slots.select_related("version").order_by("position"))
    total = len(slots)
    begins = {slot.section: slot.position for slot in reversed(slots)}
    told = dict(enumerate(attempt.rules.get("sections", []), 1))
    if attempt.one_by_one and attempt.reached <= total:
        slots = [slot for slot in slots if slot.position == attempt.reached]
    lessons = _lessons(attempt) if any(slot.checked_at for slot in slots) else {}
    questions = [
        _served(
            slot, steps.get(slot.pk), drafts.get(slot.position), told.get(slot.section, {}),
            begins=begins[slot.section] == slot.position, sure=attempt.asks_certainty,
            checked=_reviewed(slot, steps.get(slot.pk), lessons, frozenset(Item)) if slot.checked_at else None,
        )
        for slot in slots
    ]  # fmt: skip
    sent = files_sent(slots) if any(one.shown.most_files for one in questions) else {}
    return Screen(
        attempt=attempt,
        total=total,
        questions=tuple(replace(one, files=tuple(sent[name] for name in one.shown.files if name in sent)) for one in questions),
        seconds_left=max(0, int((attempt.deadline - now).total_seconds())) if attempt.deadline else None,
        over=phase_of(attempt, now) is not Phase.RUNNING,
        overdue=phase_of(attempt, now) is Phase.OVERDUE,
    )


def _served(
    slot: Slot, step: AnswerStep | None, draft: responses.Fields | None, section: dict[str, str], *, begins: bool,
    checked: Reviewed | None, sure: bool,
) -> Served:  # fmt: skip
    kind, body = slot.version.kind, slot.version.body
    saved = step.response if step else {}
    return Served(
        position=slot.position,
        section=section.get("title", ""),
        lead=section.get("intro", "") if begins else "",
        stem=slot.version.stem,
        shown=responses.show(kind, body, slot.order, saved) if draft is None else responses.redraw(kind, body, slot.order, draft),
        progress=responses.progress(kind, body, saved),
        flagged=slot.flagged,
        sequence=step.sequence if step else 0,
        saved_at=step.saved_at if step else None,
        checked=checked,
        asks_certainty=sure,
        certainty=certainty_of(draft) if draft is not None else step.certainty if step else None,
    )


def certainty_of(fields: responses.Fields) -> int | None:
    """How sure a posted form says its author is."""
    said = (fields.get("certainty") or [""])[-1]
    return int(said) if said in {"1", "2", "3"} else None


def _lessons(attempt: Attempt) -> dict[str, Any]:
    """The parts of the course by their slugs: to read again."""
    return {part.slug: part for part in course_outline(attempt.enrolment.course).parts}


def files_sent(slots: Iterable[Slot]) -> dict[str, AnswerFile]:
    """Every file that was sent to these questions, by its id. One query."""
    return {str(one.pk): one for one in AnswerFile.objects.filter(slot__in=[slot.pk for slot in slots])}


def slot_of(*, user: Any, attempt_id: uuid.UUID, position: int) -> Slot:
    """A slot of the user's own attempt, with attempt and version. One query. Raises Slot.DoesNotExist."""
    return (
        Slot.objects.filter(attempt__in=Attempt.objects.visible_to(user))
        .select_related("attempt", "version")
        .get(attempt_id=attempt_id, position=position)
    )


# --- a finished attempt ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """A question after marking. `verdict` is "right", "part", "wrong", "said" (an opinion), "none" (no answer), "waiting" for a
    person, or empty when it may not be told; so are `right`, `remarks` and `feedback`. `marked` is what a person gave, once it
    stands."""

    position: int
    stem: str
    verdict: str
    share: int  # percent of the mark, rounded down
    answer: list[str]
    right: list[str]
    rich: bool  # both are Markdown
    remarks: list[str]
    feedback: str
    lesson_title: str
    lesson_url: str
    files: tuple[AnswerFile, ...] = ()
    marked: HandMarked | None = None


@dataclass(frozen=True, kw_only=True)
class HandMarked:
    """What a person gave, as the learner reads it: never who, and of two markers what both said."""

    mark: Decimal
    most: Decimal
    reached: tuple[tuple[str, str], ...]  # each criterion with its level
    comments: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Told:
    """A regrading as the learner reads it."""

    at: dt.datetime
    why: str
    old_score: Decimal | None
    new_score: Decimal | None


def regraded(attempt: Attempt) -> tuple[Told, ...]:
    rows = attempt.regraded.carried_out().select_related("regrading").order_by("done_at", "pk")
    return tuple(
        Told(at=one.done_at, why=one.regrading.reason, old_score=one.old_score, new_score=one.new_score)  # type: ignore[arg-type]
        for one in rows
    )


@dataclass(frozen=True, kw_only=True)
class Result:
    """An attempt that was handed in, for its learner; while a person has yet to mark it, it has no score. What may not be
    told yet (quizzes.review) is not in it."""

    attempt: Attempt
    pass_mark: Decimal
    shown: frozenset[str]  # quizzes.review.Item
    score_words: str  # when the score is told, and the keys; empty for never
    keys_words: str
    words: str  # what the quiz says to such a score
    method: str
    passed_before: bool  # in this attempt or another one
    review: tuple[Reviewed, ...]
    regraded: tuple[Told, ...]
    waiting: int  # questions a person has yet to mark
    right: int
    total: int  # questions that count
    left: int | None
    current: Attempt | None
    standing: Standing
    completed: bool

    @property
    def others_missing(self) -> list[Any]:
        """What the course still asks for besides this quiz."""
        return [part for part in self.standing.missing if part.key != self.attempt.part]

    @property
    def lessons(self) -> list[tuple[str, str]]:
        """Lessons to reread, (title, address), of questions that were not right; each once."""
        missed = [one for one in self.review if one.verdict not in {"right", "said", "waiting"} and one.lesson_url]
        found = {one.lesson_url: one.lesson_title for one in missed}
        return [(title, url) for url, title in found.items()]


@dataclass(frozen=True, kw_only=True)
class _Tried:
    """All attempts of one enrolment at a quiz. `left` is None when they are not limited."""

    current: Attempt | None
    left: int | None
    passed: bool
    shown: frozenset[Item]


def _tried(attempt: Attempt, now: dt.datetime) -> _Tried:
    quiz = attempt.quiz
    found = list(Attempt.objects.filter(enrolment=attempt.enrolment_id, quiz=quiz))
    terms = terms_for(quiz, attempt.enrolment.learner_id, now).terms
    left = None if terms.attempts is None else max(0, terms.attempts - len(found))
    current = next((one for one in found if one.state == AttemptState.IN_PROGRESS), None)
    passed = has_passed(quiz.grade_method, found)
    return _Tried(
        current=current, left=left, passed=passed,
        shown=visible(
            attempt.review, busy=current is not None, settled=passed or left == 0,
            closed=terms.closes_at is not None and now >= terms.closes_at,
        ),
    )  # fmt: skip


def items_shown(attempt: Attempt, now: dt.datetime) -> frozenset[Item]:
    """What its learner may see of a finished attempt read through attempts_of."""
    return _tried(attempt, now).shown


def result(attempt: Attempt, now: dt.datetime) -> Result:
    """For an attempt that was handed in, read through attempts_of. Two queries more where a person marks."""
    tried = _tried(attempt, now)
    shown = tried.shown
    slots = list(attempt.slots.select_related("version", "judged_by").order_by("position"))
    by_hand = [slot for slot in slots if KINDS[slot.version.kind].by_hand] if Item.ANSWERS in shown else []
    sent = files_sent(by_hand) if by_hand else {}
    given = _given(by_hand) if by_hand and Item.VERDICTS in shown else {}
    lessons = _lessons(attempt)
    steps = last_steps(attempt)
    said = {pk: step.response for pk, step in steps.items()}
    return Result(
        attempt=attempt,
        pass_mark=Decimal(attempt.rules["pass_mark"]),
        shown=shown,
        score_words=when_told(attempt.review, Item.SCORE),
        keys_words=when_told(attempt.review, Item.KEYS),
        words=_words(attempt) if Item.SCORE in shown else "",
        method=attempt.quiz.grade_method,
        passed_before=tried.passed,
        review=tuple(
            _by_hand(slot, steps.get(slot.pk), _reviewed(slot, steps.get(slot.pk), lessons, shown), sent, given) for slot in slots
        )
        if Item.ANSWERS in shown
        else (),
        regraded=regraded(attempt),
        waiting=sum(slot.mark is None for slot in slots),
        right=sum(slot.share(said.get(slot.pk, {})) == 1 for slot in slots if slot.max_mark),
        total=sum(slot.max_mark > 0 for slot in slots),
        left=tried.left,
        current=tried.current,
        standing=standing(attempt.enrolment),
        completed=attempt.enrolment.completed_at is not None,
    )


def _words(attempt: Attempt) -> str:
    score = attempt.score
    return "" if score is None else next((words for least, words in attempt.quiz.band_list if score >= least), "")


def _verdict(share: Fraction) -> str:
    return "right" if share == 1 else "part" if share > 0 else "wrong"


def _given(slots: list[Slot]) -> dict[int, list[ManualMark]]:
    """The marks that stand, the last of each round, by slot id."""
    found: dict[int, dict[str, ManualMark]] = {}
    for one in ManualMark.objects.filter(slot__in=[slot.pk for slot in slots]).order_by("number"):
        found.setdefault(one.slot_id, {})[one.round] = one
    return {slot: list(rounds.values()) for slot, rounds in found.items()}


def _by_hand(
    slot: Slot, step: AnswerStep | None, reviewed: Reviewed, sent: Mapping[str, AnswerFile],
    given: Mapping[int, list[ManualMark]],
) -> Reviewed:  # fmt: skip
    """With its files, and what a person gave once that stands."""
    if not KINDS[slot.version.kind].by_hand:
        return reviewed
    named = step.response.get("files", []) if step else []
    files, marks = tuple(sent[name] for name in named if name in sent), given.get(slot.pk, [])
    if slot.mark is None or not marks:
        return replace(reviewed, files=files)
    # A decision stands alone: those it was made on are no result.
    settled = [one for one in marks if one.round == MarkRound.SETTLED] or marks
    rubric = (slot.judged_by or slot.version).body.get("rubric", [])
    levels = settled[-1].levels if len(settled) == 1 else []
    return replace(
        reviewed,
        files=files,
        marked=HandMarked(
            mark=slot.mark, most=slot.max_mark, comments=tuple(one.comment for one in settled if one.comment),
            reached=reached(rubric, levels),
        ),
    )  # fmt: skip


def _reviewed(slot: Slot, step: AnswerStep | None, lessons: dict[str, Any], shown: frozenset[Item]) -> Reviewed:
    version, response = slot.version, step.response if step else {}
    kind, body = version.kind, version.body
    judging = (slot.judged_by or version).body
    share = slot.share(response)
    verdict = "none" if not response else "said" if not slot.max_mark else _verdict(share)
    if slot.mark is None and response:
        verdict = "waiting"
    told = Item.KEYS in shown and verdict not in {"right", "said"}
    lesson = lessons.get(version.lesson) if Item.EXPLANATIONS in shown else None
    if Item.VERDICTS not in shown and verdict != "none":
        verdict = ""
    return Reviewed(
        position=slot.position,
        stem=KINDS[kind].wording(version.stem, body),
        verdict=verdict,
        share=int(100 * share) if verdict else 0,
        answer=responses.summarise(kind, body, response),
        right=responses.summarise(kind, judging, responses.right_response(kind, judging)) if told else [],
        rich=KINDS[kind].rich,
        remarks=responses.remarks(kind, judging, response) if Item.REMARKS in shown else [],
        feedback=version.feedback if Item.EXPLANATIONS in shown else "",
        lesson_title=lesson.title if lesson else "",
        lesson_url=lesson.url if lesson else "",
    )
