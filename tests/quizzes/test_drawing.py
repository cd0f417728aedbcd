"""Which questions an attempt gets."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.drawing import another, pick

strata = st.lists(st.integers(0, 40), max_size=8)


@given(strata, st.integers(0, 60), st.integers())
def test_as_many_different_places_as_are_asked_for(lengths: list[int], ask: int, seed: int) -> None:
    size = sum(lengths)
    if ask > size:
        with pytest.raises(ValueError, match="of"):
            pick(lengths, ask, random.Random(seed))
        return
    picked = pick(lengths, ask, random.Random(seed))
    assert len(set(picked)) == ask
    assert all(0 <= place < size for place in picked)
    assert picked == pick(lengths, ask, random.Random(seed)), "the same seed, the same questions"


@given(strata, st.data())
def test_each_stretch_gets_its_share(stretches: list[int], data: st.DataObject) -> None:
    size = sum(stretches)
    ask = data.draw(st.integers(0, size))
    picked = pick(stretches, ask, random.Random(data.draw(st.integers())))
    begin = 0
    for length in stretches:
        got = sum(begin <= place < begin + length for place in picked)
        assert not length or abs(got - ask * length / size) < 1
        begin += length


@pytest.mark.parametrize(("lengths", "ask"), [([7], 3), ([3, 7], 10), ([1, 6, 5], 5), ([2, 0, 7], 1)])
def test_every_place_has_the_same_chance(lengths: list[int], ask: int) -> None:
    size = sum(lengths)
    rng = random.Random(7)
    rounds = 6000
    counted = Counter(place for _round in range(rounds) for place in pick(lengths, ask, rng))
    expected = rounds * ask / size
    # Five standard deviations of a binomial: a biased draw is far outside, a fair one is not even once in a million runs.
    allowed = 5 * (rounds * (ask / size) * (1 - ask / size)) ** 0.5
    assert all(abs(counted[place] - expected) <= allowed for place in range(size)), counted


def test_neighbours_in_the_bank_are_not_always_asked_together() -> None:
    rng = random.Random(3)
    pairs = Counter(tuple(sorted(pick([10, 10], 2, rng))) for _round in range(3000))
    assert len(pairs) == 100, "each with each of the other stretch"


@given(st.integers(1, 60), st.data())
def test_another_place_is_one_that_was_not_tried(size: int, data: st.DataObject) -> None:
    tried = data.draw(st.sets(st.integers(0, size - 1)))
    found = another(size, tried, random.Random(data.draw(st.integers())))
    assert (found is None) == (len(tried) == size)
    assert found is None or (found not in tried and 0 <= found < size)
