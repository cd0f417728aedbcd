"""Reads of what a quiz draws from. A pool only says where to look: what is served is looked up in the bank, always."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import F, QuerySet

from quizzes.drawing import another, pick
from quizzes.models import Category, Pool, QuestionVersion, QuizPage, QuizSection
from quizzes.queries.bank import latest


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a section draws from."""

    category_id: int
    tags: tuple[str, ...] = ()
    difficulty: str = ""

    @classmethod
    def of(cls, quiz: QuizPage, section: QuizSection) -> Choice:
        category = section.category_id or quiz.category_id
        return cls(category_id=category, tags=tuple(section.tag_names), difficulty=section.difficulty)

    @property
    def key(self) -> str:
        return hashlib.sha256(json.dumps([self.category_id, self.tags, self.difficulty]).encode()).hexdigest()


def with_those_inside(category_ids: Iterable[int]) -> set[int]:
    """The categories and all inside them. One query a level."""
    found = set(category_ids)
    waiting = found
    while waiting:
        waiting = set(Category.objects.filter(parent__in=waiting).values_list("pk", flat=True)) - found
        found |= waiting
    return found


def with_those_around(category_ids: Iterable[int]) -> set[int]:
    """The categories and all that they stand in. One query a level."""
    found: set[int] = set()
    waiting = set(category_ids)
    while waiting:
        found |= waiting
        outer = Category.objects.filter(pk__in=waiting, parent__isnull=False).values_list("parent", flat=True)
        waiting = {pk for pk in outer if pk is not None} - found
    return found


def chosen(choice: Choice) -> QuerySet[QuestionVersion]:
    """All versions that the choice may serve."""
    versions = latest().filter(question__category__in=with_those_inside([choice.category_id]))
    if choice.difficulty:
        versions = versions.filter(difficulty=choice.difficulty)
    for name in choice.tags:
        versions = versions.filter(question__tags__name=name)
    return versions


def has_enough(quiz: QuizPage) -> bool:
    """Whether every section finds what it asks for. Reads no further than that: a bank may be large, and everybody opens
    this page. What sections take from each other is seen when an attempt is drawn."""
    for section in quiz.parts:
        if len(named(section)) < len(section.codes):
            return False
        if section.ask and not _serves(Choice.of(quiz, section), section.ask):
            return False
    return True


def _serves(choice: Choice, ask: int) -> bool:
    pool = Pool.objects.filter(key=choice.key, stale=False).first()
    if pool:
        return pool.size >= ask
    return chosen(choice).values("pk")[:ask].count() >= ask


def named(section: QuizSection) -> list[QuestionVersion]:
    """The versions of a section's named questions, in its order; what cannot be served is left out. At most two queries."""
    codes = section.codes
    pinned = {(code, number) for code, number in codes if number is not None}
    moving = [code for code, number in codes if number is None]
    found: dict[str, QuestionVersion] = {}
    if moving:
        found |= {one.question.code: one for one in latest().filter(question__code__in=moving).select_related("question")}
    if pinned:
        known = QuestionVersion.objects.filter(
            question__code__in=[code for code, _number in pinned], question__retired_at__isnull=True
        ).select_related("question")
        found |= {one.question.code: one for one in known if (one.question.code, one.number) in pinned}
    return [found[code] for code, _number in codes if code in found]


def drawn(pool: Pool, ask: int, used: set[int], rng: random.Random) -> list[QuestionVersion]:
    """`ask` versions of different questions that are not in `used`, spread over the pool; fewer when it has no more.

    Two queries where the pool says what the bank says; one more for each round of places that serve no longer.
    """
    if pool.size < ask:
        return []
    order = pick(pool.strata, ask, rng)
    tried, found = set(order), _at(pool, order, used)
    while len(found) < ask:
        more: list[int] = []
        while len(more) < ask - len(found) and (place := another(pool.size, tried, rng)) is not None:
            tried.add(place)
            more.append(place)
        if not more:
            break
        found += _at(pool, more, used | {one.question_id for one in found})
    return found


def _at(pool: Pool, places: Sequence[int], used: set[int]) -> list[QuestionVersion]:
    versions = (
        latest()
        .filter(question__entries__pool=pool, question__entries__place__in=places)
        .exclude(question__in=used)
        .annotate(place=F("question__entries__place"))
    )
    by_place = {version.place: version for version in versions}
    return [by_place[place] for place in places if place in by_place]
