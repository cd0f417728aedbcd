"""Which of many questions an attempt gets. Pure; the same seed draws the same."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Collection, Sequence


def pick(strata: Sequence[int], ask: int, rng: random.Random) -> list[int]:
    """`ask` different places of 0 … sum(strata) - 1, in an order that says nothing.

    `strata` are the lengths of the stretches (a competency at one difficulty) that shall each get their share, to the
    question above or below it: a systematic sample says how many, chance alone which. Every place has the same chance.
    Raises ValueError when there are fewer places than are asked for.
    """
    size = sum(strata)
    if not 0 <= ask <= size:
        raise ValueError(f"{ask} of {size}")
    start = rng.randrange(size) if size else 0
    hits = sorted((start + place * size // ask) % size for place in range(ask))
    picked: list[int] = []
    begin = 0
    for length in strata:
        end = begin + length
        picked += rng.sample(range(begin, end), bisect_left(hits, end) - bisect_left(hits, begin))
        begin = end
    rng.shuffle(picked)
    return picked


def another(size: int, tried: Collection[int], rng: random.Random) -> int | None:
    """A place that was not tried yet; None when all were."""
    if len(tried) >= size:
        return None
    if len(tried) * 2 < size:
        while (place := rng.randrange(size)) in tried:
            pass
        return place
    return rng.choice([place for place in range(size) if place not in tried])
