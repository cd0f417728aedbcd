"""Reads for whoever marks by hand: what waits, one answer with its rubric, what was given (quiz-engine Q28)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from people.models import Role, RoleKind, User
from quizzes import marking
from quizzes.kinds import BY_HAND, KINDS
from quizzes.kinds.base import Choice, Criterion
from quizzes.kinds.by_hand import reached, show_rubric
from quizzes.models import AnswerFile, Attempt, AttemptState, ManualMark, MarkRound, QuizPage, RegradedAttempt, Slot
from quizzes.queries.attempts import files_sent, last_steps

MARKERS = [RoleKind.TEACHER, RoleKind.EDITOR, RoleKind.OWNER]


def may_mark_somewhere(user: User) -> bool:
    return Role.objects.current().filter(user=user, kind__in=MARKERS).exists()


# --- what waits ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Pile:
    """The answers to one question of one quiz that wait for this marker."""

    quiz_id: int
    quiz: str
    course: str
    question_id: int
    kind: str
    stem: str
    count: int
    oldest: dt.datetime


def waiting(user: Any) -> QuerySet[Slot]:
    """Answers that `user` may mark and has not, the first handed in first. Two of a quiz with two markers that went far
    apart wait for a third."""
    mine = ManualMark.objects.filter(marker=user).values("slot")
    return (
        Slot.objects.filter(attempt__in=Attempt.objects.markable_by(user).waiting(), mark__isnull=True)
        .exclude(pk__in=mine)
        .order_by("attempt__finished_at", "pk")
    )


def piles(user: Any) -> list[Pile]:
    """By question, what has waited longest first. Two queries, however much waits."""
    rows = (
        waiting(user)
        .order_by()
        .values("attempt__quiz", "version__question")
        .annotate(
            count=Count("pk"), oldest=Min("attempt__finished_at"), quiz=Max("attempt__quiz__title"),
            course=Max("attempt__enrolment__course__title"), stem=Max("version__stem"), kind=Max("version__kind"),
        )
        .order_by("oldest", "attempt__quiz", "version__question")
    )  # fmt: skip
    return [
        Pile(
            quiz_id=row["attempt__quiz"], quiz=row["quiz"], course=row["course"], question_id=row["version__question"],
            kind=str(KINDS[row["kind"]].label), stem=row["stem"], count=row["count"], oldest=row["oldest"],
        )
        for row in rows
    ]  # fmt: skip


def pile(user: Any, quiz: QuizPage, question_id: int) -> QuerySet[Slot]:
    """What waits of one question."""
    found = waiting(user).filter(attempt__quiz=quiz, version__question=question_id)
    return found.select_related("version", "attempt__quiz", "attempt__enrolment__learner")


def marked(user: Any, quiz: QuizPage, question_id: int) -> QuerySet[Slot]:
    """What `user` gave a mark to of one question, the last first, with `given_at`."""
    seen = Attempt.objects.markable_by(user).exclude(state=AttemptState.IN_PROGRESS)
    found = Slot.objects.filter(
        attempt__in=seen, attempt__quiz=quiz, version__question=question_id, hand_marks__marker=user
    ).annotate(given_at=Max("hand_marks__marked_at"))
    return found.select_related("version", "attempt__quiz", "attempt__enrolment__learner").order_by("-given_at", "-pk")


def next_waiting(user: Any, slot: Slot) -> Slot | None:
    """Of the same question the one handed in after it, else the one that has waited longest."""
    left = waiting(user).filter(attempt__quiz=slot.attempt.quiz_id, version__question=slot.version.question_id)
    left = left.exclude(pk=slot.pk)
    at = slot.attempt.finished_at
    later = Q(attempt__finished_at__gt=at) | Q(attempt__finished_at=at, pk__gt=slot.pk)
    return left.filter(later).first() or left.first()


# --- one answer ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Given:
    """A mark as another marker reads it."""

    round: str
    by: str
    at: dt.datetime
    mark: Decimal
    reached: tuple[tuple[str, str], ...]
    comment: str
    mine: bool


@dataclass(frozen=True, kw_only=True)
class Paper:
    """An answer to be marked. `seen` is the last mark that its page knows of; `turn` is empty when nobody, or somebody else,
    has to mark; `late` when the attempt is judged, so that another mark would be a correction."""

    slot: Slot
    name: str
    named: bool
    stem: str
    for_markers: str
    text: str
    words: int
    word_limits: tuple[int, int]
    files: tuple[AnswerFile, ...]
    checks: tuple[Choice, ...]
    rubric: tuple[Criterion, ...]
    history: tuple[Given, ...]
    hidden: bool  # the other marker has given a mark that may not be seen yet
    levels: tuple[int, ...]  # what the reader gave before
    points: Decimal | None
    comment: str
    turn: str
    late: bool
    seen: int
    left: int


def name_of(slot: Slot) -> str:
    """As a marker may know it: a name only where the quiz says so."""
    if slot.attempt.quiz.anonymous_marking:
        return _("Bài %(alias)s") % {"alias": slot.attempt.alias}
    return slot.attempt.enrolment.learner.full_name


def paper_of(user: Any, slot_id: int) -> Slot:
    """A question marked by hand of an attempt that was handed in, if `user` may mark it. Raises Slot.DoesNotExist."""
    handed_in = Attempt.objects.markable_by(user).exclude(state=AttemptState.IN_PROGRESS)
    return (
        Slot.objects.filter(attempt__in=handed_in, version__kind__in=BY_HAND)
        .select_related("version__question", "attempt__quiz", "attempt__enrolment__learner", "attempt__enrolment__course")
        .get(pk=slot_id)
    )


def paper(slot: Slot, user: User) -> Paper:
    """Of a slot read through paper_of. Six queries."""
    version, attempt = slot.version, slot.attempt
    step = last_steps(attempt).get(slot.pk)
    response = step.response if step else {}
    shown = KINDS[version.kind].show(version.body, slot.order, response)
    sent = files_sent([slot]) if shown.files else {}
    given = list(slot.hand_marks.select_related("marker").order_by("number"))
    mine = next((one for one in reversed(given) if one.marker_id == user.pk), None)
    # Two who mark apart do not see each other's mark before both have given theirs.
    apart = attempt.two_markers and len({one.round for one in given}) < 2 and attempt.state == AttemptState.SUBMITTED
    visible = [one for one in given if not apart or one.marker_id == user.pk]
    waits = attempt.state == AttemptState.SUBMITTED
    turn = marking.turn([one.given for one in given], user.pk, slot.max_mark, two=attempt.two_markers) if waits else None
    return Paper(
        slot=slot,
        name=name_of(slot),
        named=not attempt.quiz.anonymous_marking,
        stem=KINDS[version.kind].wording(version.stem, version.body),
        for_markers=version.body.get("for_markers", ""),
        text=str(response.get("text", "")),
        words=len(str(response.get("text", "")).split()),
        word_limits=(shown.least_words, shown.most_words),
        files=tuple(sent[name] for name in shown.files if name in sent),
        checks=shown.choices,
        rubric=show_rubric(version.body.get("rubric", [])),
        history=tuple(_given(one, version.body.get("rubric", []), user) for one in visible),
        hidden=len(visible) < len(given),
        levels=tuple(mine.levels) if mine else (),
        points=mine.mark if mine else None,
        comment=mine.comment if mine else "",
        turn=str(MarkRound(turn).label) if turn else "",
        late=attempt.state == AttemptState.FINISHED,
        seen=given[-1].number if given else 0,
        left=waiting(user).filter(attempt__quiz=attempt.quiz_id, version__question=version.question_id).count(),
    )


def _given(one: ManualMark, rubric: list[Any], user: User) -> Given:
    return Given(
        round=str(MarkRound(one.round).label), by=one.marker.full_name, at=one.marked_at, mark=one.mark, comment=one.comment,
        reached=reached(rubric, one.levels), mine=one.marker_id == user.pk,
    )  # fmt: skip


# --- what is new for a learner ---------------------------------------------------------------------------------------


def lately_judged(learner: User, now: dt.datetime) -> list[Attempt]:
    """Attempts that a person marked, or that were marked anew, in the last fourteen days; and those that wait. One query."""
    lately = Q(state=AttemptState.FINISHED, judged_at__gte=now - dt.timedelta(days=14))
    by_somebody = Exists(ManualMark.objects.filter(slot__attempt=OuterRef("pk"))) | Exists(
        RegradedAttempt.objects.carried_out().filter(attempt=OuterRef("pk"))
    )
    return list(
        Attempt.objects.visible_to(learner)
        .filter(Q(state=AttemptState.SUBMITTED) | (lately & Q(by_somebody)))
        .select_related("quiz")
        .order_by("-finished_at")[:10]
    )
