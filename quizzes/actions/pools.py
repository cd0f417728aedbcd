"""What a quiz draws from, kept in order. Each function may be called twice."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from itertools import groupby

from django.db import transaction

from quizzes import queries
from quizzes.models import Pool, PoolEntry, QuestionVersion, QuizPage, QuizSection

# A pool of up to so many questions is made again at once where it is needed; a larger one by a task, and meanwhile the old one
# serves: it lacks the newest questions, never has a wrong one.
SMALL = 2000
_BATCH = 5000


def mark_stale(*, category_ids: Iterable[int]) -> None:
    """Questions of these categories came, went or changed: every pool that may draw from them is made again before long.

    To be called by whatever changes what is in the bank, in its own transaction.
    """
    touched = queries.with_those_around(category_ids)
    _mark(touched)
    # And once more for a pool that somebody made meanwhile, from the bank as it stood before.
    transaction.on_commit(lambda: _mark(touched))


@transaction.atomic
def _mark(touched: set[int]) -> None:
    # Locked by their keys, as a start does that needs several: neither waits for the other in turn.
    pools = Pool.objects.select_for_update().filter(category__in=touched).order_by("key")
    Pool.objects.filter(pk__in=list(pools.values_list("pk", flat=True))).update(stale=True)


@transaction.atomic
def refresh_pool(*, choice: queries.Choice, at_once: bool = False) -> Pool:
    """The pool of a choice. A stale one is made again unless it is large, and then too when `at_once`."""
    pool = Pool.objects.filter(key=choice.key).first()
    if pool and (not pool.stale or (pool.size > SMALL and not at_once)):
        return pool
    Pool.objects.get_or_create(
        key=choice.key,
        defaults={"category_id": choice.category_id, "tags": list(choice.tags), "difficulty": choice.difficulty},
    )
    pool = Pool.objects.select_for_update().get(key=choice.key)
    if pool.stale:  # else somebody was quicker
        _fill(pool, choice)
    return pool


def _fill(pool: Pool, choice: queries.Choice) -> None:
    # Before the bank is read: a change that comes meanwhile makes it stale again.
    Pool.objects.filter(pk=pool.pk).update(stale=False)
    found = list(queries.chosen(choice).order_by("question").values_list("competency", "difficulty", "question"))
    # By the category's own name, not by a number of this database: a seed draws the same as long as the bank is the same.
    random.Random(pool.category.code).shuffle(found)  # noqa: S311
    found.sort(key=lambda one: one[:2])
    PoolEntry.objects.filter(pool=pool).delete()
    PoolEntry.objects.bulk_create(
        (PoolEntry(pool=pool, place=place, question_id=question) for place, (_c, _d, question) in enumerate(found)),
        batch_size=_BATCH,
    )
    pool.strata = [len(list(same)) for _stretch, same in groupby(found, key=lambda one: one[:2])]
    pool.stale = False
    Pool.objects.filter(pk=pool.pk).update(strata=pool.strata)


def refresh_stale_pools() -> int:
    """Make again every pool that is stale, each in its own transaction. Returns how many."""
    stale = list(Pool.objects.filter(stale=True))
    for pool in stale:
        refresh_pool(choice=_choice(pool), at_once=True)
    return len(stale)


def _choice(pool: Pool) -> queries.Choice:
    return queries.Choice(category_id=pool.category_id, tags=tuple(pool.tags), difficulty=pool.difficulty)


def draw(*, quiz: QuizPage, sections: Sequence[QuizSection], rng: random.Random) -> list[list[QuestionVersion]]:
    """What each section asks; no question twice. A section gets fewer than it asks when the bank has no more.

    Named questions are their section's own, whatever others draw; and who has fewer to choose from draws first.
    """
    named = [queries.named(section) for section in sections]
    used = {version.question_id for versions in named for version in versions}
    choices = {place: queries.Choice.of(quiz, section) for place, section in enumerate(sections) if section.ask}
    by_key = sorted(choices, key=lambda place: choices[place].key)
    pools = {place: refresh_pool(choice=choices[place]) for place in by_key}
    found: dict[int, list[QuestionVersion]] = {}
    for place in sorted(pools, key=lambda one: (pools[one].size, one)):
        found[place] = _draw_from(pools[place], sections[place].ask, used, rng)
        used |= {version.question_id for version in found[place]}
    drawn = [[*versions, *found.get(place, [])] for place, versions in enumerate(named)]
    for section, versions in zip(sections, drawn, strict=True):
        if section.shuffle:
            rng.shuffle(versions)
    return drawn


def _draw_from(pool: Pool, ask: int, used: set[int], rng: random.Random) -> list[QuestionVersion]:
    found = queries.drawn(pool, ask, used, rng)
    if len(found) < ask and pool.stale:
        found = queries.drawn(refresh_pool(choice=_choice(pool), at_once=True), ask, used, rng)
    return found
