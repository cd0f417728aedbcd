from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes import marking, responses

KINDS = ["single", "multiple", "true_false", "short_text", "number", "matching", "ordering"]
LETTERS = "abcdefgh"
# Enough of what people type, combining marks and odd digits too; all of Unicode takes two seconds to draw from.
TYPED = "aAđĐeếkniê \u0301\u0302\u032301237,.-+−٣²½…“”?xyz"

settings.register_profile("busy", deadline=None)
settings.load_profile("busy")


@st.composite
def questions(draw: Any, kinds: list[str] = KINDS) -> tuple[str, dict[str, Any]]:
    kind = draw(st.sampled_from(kinds))
    size = draw(st.integers(2, 6))
    if kind == "single":
        right = draw(st.integers(0, size - 1))
        return kind, {
            "options": [{"id": LETTERS[n], "text": f"t{n}", "correct": n == right, "feedback": ""} for n in range(size)]
        }
    if kind == "multiple":
        right = draw(st.sets(st.integers(0, size - 1), min_size=1))
        return kind, {
            "options": [{"id": LETTERS[n], "text": f"t{n}", "correct": n in right, "feedback": ""} for n in range(size)]
        }
    if kind == "true_false":
        return kind, {"answer": draw(st.booleans()), "feedback_true": "", "feedback_false": ""}
    if kind == "short_text":
        return kind, {"accept": draw(st.lists(st.sampled_from(["thiên kiến", "ảo giác", "nhãn"]), min_size=1, unique=True))}
    if kind == "number":
        answer = draw(st.decimals(-(10**6), 10**6, places=2))
        return kind, {"answer": str(answer), "tolerance": str(draw(st.decimals(0, 5, places=1))), "unit": ""}
    if kind == "matching":
        extra = draw(st.integers(0, 2))
        return kind, {
            "pairs": [{"id": LETTERS[n], "left": f"l{n}", "right": f"r{n}"} for n in range(size)],
            "extra": [{"id": f"x{n}", "text": f"s{n}"} for n in range(extra)],
        }
    return kind, {"items": [{"id": LETTERS[n], "text": f"t{n}"} for n in range(size)]}


@st.composite
def answered(draw: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    kind, body = draw(questions())
    if kind in {"single", "multiple"}:
        ids = [option["id"] for option in body["options"]]
        if kind == "single":
            return kind, body, {"choice": draw(st.sampled_from(ids))}
        return kind, body, {"choices": draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))}
    if kind == "true_false":
        return kind, body, {"value": draw(st.booleans())}
    if kind == "short_text":
        return kind, body, {"text": draw(st.text(TYPED, min_size=1, max_size=30))}
    if kind == "number":
        return (
            kind,
            body,
            {"number": draw(st.one_of(st.text(TYPED, max_size=12), st.decimals(-(10**6), 10**6, places=1).map(str)))},
        )
    if kind == "matching":
        rights = list(responses.rights(body))
        lefts = [pair["id"] for pair in body["pairs"]]
        return kind, body, {"pairs": draw(st.dictionaries(st.sampled_from(lefts), st.sampled_from(rights), min_size=1))}
    ids = [item["id"] for item in body["items"]]
    return kind, body, {"places": draw(st.dictionaries(st.sampled_from(ids), st.integers(1, len(ids)), min_size=1))}


@given(answered())
def test_a_mark_is_a_share_between_nothing_and_all(case: Any) -> None:
    assert 0 <= marking.mark(*case) <= 1


@given(questions())
def test_the_right_answer_earns_all_and_no_answer_nothing(question: Any) -> None:
    kind, body = question
    assert marking.mark(kind, body, responses.right_response(kind, body)) == 1
    assert marking.mark(kind, body, {}) == 0


@given(answered(), st.randoms(use_true_random=False))
def test_the_order_of_options_and_of_the_answer_does_not_change_the_mark(case: Any, rng: random.Random) -> None:
    kind, body, response = case
    before = marking.mark(kind, body, response)
    turned = {
        name: rng.sample(value, len(value)) if isinstance(value, list) and kind != "ordering" else value
        for name, value in body.items()
    }
    shuffled = {
        name: rng.sample(value, len(value)) if isinstance(value, list)
        else dict(rng.sample(list(value.items()), len(value))) if isinstance(value, dict) else value
        for name, value in response.items()
    }  # fmt: skip
    assert marking.mark(kind, turned, shuffled) == before


@given(questions(), st.randoms(use_true_random=False), st.booleans())
def test_what_a_page_sends_back_for_the_right_answer_earns_all(question: Any, rng: random.Random, shuffle: bool) -> None:
    kind, body = question
    order = responses.draw_order(kind, body, shuffle, rng)
    right = responses.right_response(kind, body)
    shown = responses.show(kind, body, order, right)
    fields = {row.name: [choice.value for choice in row.choices if choice.chosen] for row in shown.rows}
    fields["answer"] = [choice.value for choice in shown.choices if choice.chosen] or [shown.text]
    parsed = responses.parse(kind, body, order, fields)
    assert marking.mark(kind, body, parsed) == 1
    responses.check(kind, body, parsed)


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
