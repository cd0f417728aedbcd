"""Reads the figures of a quiz or a question out of what people answered. Reads only, in two passes over the database.

The first pass counts the scores, the second streams every saved answer once, attempt by attempt, so that memory
holds one attempt and the sums. Only the first finished attempt of each person counts (see statistics).
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from django.db.models import Count, FloatField, QuerySet, TextField, Window
from django.db.models.functions import Cast, RowNumber

from quizzes.models import Attempt, AttemptState, Question, QuestionVersion, QuizPage, Slot
from quizzes.statistics import Item, ItemFigures, QuizFigures, Sat, Tally, describe, hundredths, picks, units, work_out

_CHUNK = 5_000
_LONGEST = 1_800  # seconds between two answers that may still be spent on the question; more was a pause


def quiz_figures(quiz: QuizPage) -> QuizFigures:
    """Everything about a quiz: its scores, and each question and version as it was answered in this quiz."""
    finished = _finished().filter(quiz=quiz)
    firsts = _firsts(finished)
    items = _items(QuestionVersion.objects.filter(pk__in=Slot.objects.filter(attempt__in=finished).values("version")))
    return work_out(rows=_rows(firsts, items), items=items, scores=_scores(firsts), attempts=finished.count())


class QuestionFigures(NamedTuple):
    whole: ItemFigures | None
    versions: tuple[ItemFigures, ...]


def question_figures(question: Question) -> QuestionFigures:
    """A question over all quizzes that asked it. Of each person the first finished attempt that had it counts.

    `whole` is None when nobody has met it.
    """
    firsts = _firsts(_finished().filter(pk__in=Slot.objects.filter(version__question=question).values("attempt")))
    items = _items(question.versions.all())
    tally = Tally(_scores(firsts))
    for row in _rows(firsts, items):
        tally.add(row)
    whole = tally.of_questions(items)
    return QuestionFigures(whole[0] if whole else None, tally.of_versions(items))


# --- reading -----------------------------------------------------------------------------------------------------------


def _finished() -> QuerySet[Attempt]:
    return Attempt.objects.filter(state=AttemptState.FINISHED, marks__isnull=False)


def _firsts(attempts: QuerySet[Attempt]) -> QuerySet[Attempt]:
    """The first of each person. Who enrolled again in the course is still the same person."""
    turn = Window(RowNumber(), partition_by="enrolment__learner", order_by=["finished_at", "started_at", "pk"])
    return attempts.annotate(turn=turn).filter(turn=1)


def _scores(attempts: QuerySet[Attempt]) -> Counter[int]:
    """How many have each score, in hundredths. As many rows as there are different sums of marks."""
    chosen = Attempt.objects.filter(pk__in=attempts.values("pk")).order_by()
    found: Counter[int] = Counter()
    for marks, max_marks, times in chosen.values_list("marks", "max_marks").annotate(times=Count("pk")):
        found[hundredths(units(marks), units(max_marks))] += times
    return found


def _items(versions: QuerySet[QuestionVersion]) -> dict[int, Item]:
    return {
        pk: describe(version=pk, question=question, kind=kind, stem=stem, body=body)
        for pk, question, kind, stem, body in versions.values_list("pk", "question_id", "kind", "stem", "body")
    }


class _Line(NamedTuple):
    """A saved answer with its slot and its attempt; of a slot without answers, a line without one."""

    attempt: str
    slot: int
    version: int
    mark: float | None
    max_mark: float
    total: float
    max_total: float
    started_at: dt.datetime
    response: str | None
    saved_at: dt.datetime | None


def _lines(attempts: QuerySet[Attempt]) -> Iterator[_Line]:
    """Ordered by attempt, slot and step. Numbers come as floats, answers and ids as text, which is read far more quickly."""
    numbers = {
        name: Cast(path, FloatField())
        for name, path in (
            ("a_mark", "mark"), ("a_max", "max_mark"), ("a_total", "attempt__marks"), ("a_max_total", "attempt__max_marks"),
        )
    }  # fmt: skip
    lines = (
        Slot.objects.filter(attempt__in=attempts.values("pk"))
        .annotate(**numbers, a_attempt=Cast("attempt", TextField()), a_response=Cast("steps__response", TextField()))
        .order_by("attempt", "position", "steps__sequence")
        .values_list(
            "a_attempt", "pk", "version_id", "a_mark", "a_max", "a_total", "a_max_total", "attempt__started_at", "a_response",
            "steps__saved_at",
        )
    )  # fmt: skip
    return map(_Line._make, lines.iterator(chunk_size=_CHUNK))


def _rows(attempts: QuerySet[Attempt], items: Mapping[int, Item]) -> Iterator[Sat]:
    """What people did with `items`. A question that still waits for its mark is left out."""
    read: dict[tuple[int, str], tuple[str, ...]] = {}  # people who answer alike are many
    for _attempt, found in groupby(_lines(attempts), key=itemgetter(0)):
        lines = list(found)
        spent = _spent(lines)
        last = {line.slot: line for line in lines}  # the last step counts
        for slot, line in last.items():
            if line.mark is None or line.version not in items:
                continue
            answered = line.response not in {None, "{}"}
            yield Sat(
                line.version, units(line.mark), units(line.max_mark), units(line.total), units(line.max_total), len(last),
                _picked(line, items[line.version].kind, read) if answered else (), answered, spent.get(slot),
            )  # fmt: skip


def _picked(line: _Line, kind: str, read: dict[tuple[int, str], tuple[str, ...]]) -> tuple[str, ...]:
    if kind not in {"single", "multiple", "true_false"} or line.response is None:
        return ()
    key = line.version, line.response
    found = read.get(key)
    if found is None:
        found = read[key] = picks(kind, json.loads(line.response))
    return found


def _spent(lines: list[_Line]) -> dict[int, int]:
    """Seconds for each slot: from what was saved before (or the start) to the first answer that was saved of it.

    Unknown where answers were saved together, and after a pause.
    """
    begun = lines[0].started_at
    saved = sorted((line.saved_at, line.slot) for line in lines if line.saved_at is not None)
    spent: dict[int, int] = {}
    seen: set[int] = set()
    for moment, together in groupby(saved, key=itemgetter(0)):
        slots = {slot for _moment, slot in together}
        if len(slots) == 1 and not slots & seen:
            seconds = round((moment - begun).total_seconds())
            if 0 <= seconds <= _LONGEST:
                spent[next(iter(slots))] = seconds
        seen |= slots
        begun = moment
    return spent
