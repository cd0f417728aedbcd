from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import marking, responses
from quizzes.kinds import KINDS
from tests.quizzes import plain

MARKED = [name for name, kind in KINDS.items() if kind.scored and not kind.by_hand]


@st.composite
def questions(draw: Any, kinds: list[str] = MARKED) -> tuple[str, dict[str, Any]]:
    kind = draw(st.sampled_from(kinds))
    return kind, KINDS[kind].read(draw(plain.plain_forms([kind])))


@st.composite
def answered(draw: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    kind, body = draw(questions())
    return kind, body, draw(plain.answers(kind, body))


@given(answered())
def test_a_mark_is_a_share_between_the_least_and_all(case: Any) -> None:
    kind, body, response = case
    assert KINDS[kind].least(body) <= marking.mark(kind, body, response) <= 1
    responses.check(kind, body, response)


@given(questions())
def test_the_right_answer_earns_all_and_no_answer_nothing(question: Any) -> None:
    kind, body = question
    assert marking.mark(kind, body, responses.right_response(kind, body)) == 1
    assert marking.mark(kind, body, {}) == 0


@given(answered(), st.randoms(use_true_random=False))
def test_the_order_of_options_and_of_the_answer_does_not_change_the_mark(case: Any, rng: random.Random) -> None:
    kind, body, response = case
    before = marking.mark(kind, body, response)

    def turned(value: Any, name: str) -> Any:
        if isinstance(value, list) and name in {"options", "pairs", "extra", "areas", "choices"}:
            return [turned(one, "") for one in rng.sample(value, len(value))]
        if isinstance(value, dict):
            return {key: turned(one, key) for key, one in rng.sample(list(value.items()), len(value))}
        return value

    assert marking.mark(kind, turned(body, ""), turned(response, "")) == before


@given(questions(), st.randoms(use_true_random=False), st.booleans())
def test_what_a_page_sends_back_for_the_right_answer_earns_all(question: Any, rng: random.Random, shuffle: bool) -> None:
    kind, body = question
    order = responses.draw_order(kind, body, shuffle, rng)
    parsed = responses.parse(
        kind, body, order, plain.sent_back(responses.show(kind, body, order, responses.right_response(kind, body)))
    )
    assert marking.mark(kind, body, parsed) == 1
    responses.check(kind, body, parsed)


@given(answered(), st.randoms(use_true_random=False))
def test_an_answer_shown_again_and_sent_again_is_the_same(case: Any, rng: random.Random) -> None:
    kind, body, response = case
    order = responses.draw_order(kind, body, True, rng)
    again = responses.parse(kind, body, order, plain.sent_back(responses.show(kind, body, order, response)))
    assert marking.mark(kind, body, again) == marking.mark(kind, body, response)
    assert responses.summarise(kind, body, again) == responses.summarise(kind, body, response)


@given(questions(["matching", "ordering"]), st.randoms(use_true_random=False))
def test_the_page_never_shows_the_order_that_is_the_key(question: Any, rng: random.Random) -> None:
    kind, body = question
    order = responses.draw_order(kind, body, False, rng)
    if kind == "ordering":
        assert order != [item["id"] for item in body["items"]]
    shown = responses.show(kind, body, order, {})
    assert {choice.value for row in shown.rows for choice in row.choices} == {str(n + 1) for n in range(len(order))}


OPTIONS = [{"id": one, "text": one, "correct": one in "ab", "feedback": ""} for one in "abcd"]


@pytest.mark.parametrize(
    ("picked", "share"),
    [("ab", 1), ("a", Fraction(1, 2)), ("abc", Fraction(1, 2)), ("ac", 0), ("abcd", 0), ("cd", 0), ("c", 0)],
)
def test_several_choices_count_right_picks_less_wrong_ones(picked: str, share: Any) -> None:
    assert marking.mark("multiple", {"options": OPTIONS}, {"choices": list(picked)}) == share


@pytest.mark.parametrize(
    "text", ["thiên kiến", "THIÊN KIẾN", "thien  kien", "Thiên kiến.", "“thiên kiến”", "thie\u0302n kie\u0302\u0301n"]
)
def test_short_answers_forgive_accents_case_spaces_and_form(text: str) -> None:
    assert marking.mark("short_text", {"accept": ["thiên kiến"]}, {"text": text}) == 1


@pytest.mark.parametrize("text", ["thiên", "kiến thiên", "không thiên kiến", "."])
def test_other_words_earn_nothing(text: str) -> None:
    assert marking.mark("short_text", {"accept": ["thiên kiến"]}, {"text": text}) == 0


@pytest.mark.parametrize(
    ("text", "answer", "tolerance", "share"),
    [
        ("7,5", "7.5", "0", 1), ("7.5", "7.5", "0", 1), (" 7,50 ", "7.5", "0", 1), ("+7,5", "7.5", "0", 1), ("-3", "-3", "0", 1),
        ("−3", "-3", "0", 1), ("7", "7.5", "0.5", 1), ("6,9", "7.5", "0.5", 0), ("1.000", "1000", "0", 1), ("1.000", "1", "0", 1),
        ("1 000", "1000", "0", 1), ("12.500,5", "12500.5", "0", 1), ("1,234.5", "1234.5", "0", 1), ("1.00", "100", "0", 0),
        ("1e3", "1000", "0", 0), ("NaN", "7", "0", 0), ("Infinity", "7", "0", 0), ("bảy", "7", "0", 0), ("0.125", "125", "0", 0),
        ("7,", "7", "0", 1),
    ],
)  # fmt: skip
def test_numbers_are_read_the_vietnamese_and_the_english_way(text: str, answer: str, tolerance: str, share: int) -> None:
    assert marking.mark("number", {"answer": answer, "tolerance": tolerance}, {"number": text}) == share


def test_matching_earns_the_share_of_right_pairs() -> None:
    body = {"pairs": [{"id": one, "left": one, "right": one} for one in "abcd"], "extra": [{"id": "x1", "text": "x"}]}
    assert marking.mark("matching", body, {"pairs": {"a": "a", "b": "c", "c": "x1"}}) == Fraction(1, 4)


@pytest.mark.parametrize(
    ("order", "share"),
    [("abcde", 1), ("bcdea", Fraction(3, 4)), ("bacde", Fraction(3, 4)), ("edcba", 0), ("abc", Fraction(1, 2)), ("a", 0)],
)
def test_one_step_out_of_place_costs_one_step(order: str, share: Any) -> None:
    body = {"items": [{"id": one, "text": one} for one in "abcde"]}
    places = {item: place for place, item in enumerate(order, 1)}
    assert marking.mark("ordering", body, {"places": places}) == share


def test_giving_every_item_the_same_place_earns_nothing() -> None:
    body = {"items": [{"id": one, "text": one} for one in "abc"]}
    assert marking.mark("ordering", body, {"places": {"a": 1, "b": 1, "c": 1}}) == 0


@pytest.mark.parametrize(
    ("marks", "of", "score"),
    [(["1"] * 7, 10, "7.00"), (["0.3333333"] * 3, 3, "3.33"), (["0.6666667", "0.3333333"], 2, "5.00"), ([], 5, "0.00"),
     (["0.125"], 100, "0.01"), (["0.045"], 100, "0.00"), (["0.05"], 100, "0.01")],
)  # fmt: skip
def test_the_score_is_on_ten_to_the_hundredth_a_half_up(marks: list[str], of: int, score: str) -> None:
    assert marking.total([Decimal(one) for one in marks], Decimal(of)) == Decimal(score)


def test_a_mark_keeps_seven_places() -> None:
    assert marking.earned(Fraction(2, 3), Decimal(1)) == Decimal("0.6666667")
