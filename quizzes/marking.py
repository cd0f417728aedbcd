"""What an answer is worth: pure, deterministic, versioned (quiz-engine Q24).

A response is a small dict whose shape goes by kind; an empty dict is no answer:

single:      {"choice": "a"}
multiple:    {"choices": ["a", "c"]}
true_false:  {"value": true}
short_text:  {"text": "thiên kiến"}           as typed
number:      {"number": "7,5"}                as typed
matching:    {"pairs": {"a": "b"}}            left id → id of the right side given to it
ordering:    {"places": {"a": 2, "b": 1}}     item id → place given to it, from 1
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from people.text import fold, nfc

# Raised whenever the same answer could get another mark; kept with every attempt.
SCORER = "1"

_SEVEN_PLACES = Decimal("0.0000001")
_QUOTES_AND_STOPS = " .,;:!?…\"'“”‘’()"
_PLAIN = re.compile(r"[+-]?\d+(?:[.,]\d*)?")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*(?!\d)(?:(?!\1)[.,]\d+)?")


def mark(kind: str, body: Mapping[str, Any], response: Mapping[str, Any]) -> Fraction:
    """The share of a question's mark that `response` earns, 0..1. `body` is a QuestionVersion's."""
    return _MARKERS[kind](body, response) if response else Fraction(0)


def earned(share: Fraction, max_mark: Decimal) -> Decimal:
    """The mark for a share, to seven places, a half up."""
    return (Decimal(share.numerator) * max_mark / Decimal(share.denominator)).quantize(_SEVEN_PLACES, ROUND_HALF_UP)


def total(marks: Iterable[Decimal], max_marks: Decimal) -> Decimal:
    """The score on the scale of 10, to the hundredth, a half up. It is this rounded score that passes or fails."""
    summed = sum(marks, Decimal(0))
    return (summed * 10 / max_marks).quantize(Decimal("0.01"), ROUND_HALF_UP) if max_marks else Decimal("0.00")


def readings(text: str) -> set[Decimal]:
    """The numbers that `text` may mean; empty when it is none.

    7,5 and 7.5 are both seven and a half. 1.000 is a thousand to a Vietnamese reader and one to a calculator:
    both readings count, since the question is about the sum and not about the dot.
    """
    written = "".join(nfc(text).split()).replace("−", "-")
    found: set[Decimal] = set()
    if _PLAIN.fullmatch(written):
        found.add(Decimal(written.replace(",", ".")))
    grouped = _GROUPED.fullmatch(written)
    if grouped:
        found.add(Decimal(written.replace(grouped[1], "").replace(",", ".")))
    return found


def words(text: str) -> str:
    """`text` as short answers are compared: no accents, no case, single spaces, no quotes or stops around it."""
    return fold(nfc(text)).strip(_QUOTES_AND_STOPS)


def _single(body: Mapping[str, Any], response: Mapping[str, Any]) -> Fraction:
    return Fraction(any(option["correct"] and option["id"] == response.get("choice") for option in body["options"]))


def _multiple(body: Mapping[str, Any], response: Mapping[str, Any]) -> Fraction:
    """Right picks minus wrong picks, over the number of right options; never below nothing."""
    picked = set(response.get("choices", []))
    right = {option["id"] for option in body["options"] if option["correct"]}
    wrong = {option["id"] for option in body["options"]} - right
    return max(Fraction(0), Fraction(len(picked & right) - len(picked & wrong), len(right)))


def _true_false(body: Mapping[str, Any], response: Mapping[str, Any]) -> Fraction:
    return Fraction(response.get("value") is body["answer"])


def _short_text(body: Mapping[str, Any], response: Mapping[str, Any]) -> Fraction:
    given = words(response.get("text", ""))
    return Fraction(bool(given) and given in {words(accepted) for accepted in body["accept"]})


def _number(body: Mapping[str, Any], response: Mapping[str, Any]) -> Fraction:
    answer, tolerance = Decimal(body["answer"]), Decimal(body.get("tolerance", "0"))
    return Fraction(any(abs(value - answer) <= tolerance for value in readings(response.get("number", ""))))


def _matching(body: Mapping[str, Any], response: Mapping[str, Any]) -> Fraction:
    """The share of left sides that have their own right side."""
    given = response.get("pairs", {})
    return Fraction(sum(given.get(pair["id"]) == pair["id"] for pair in body["pairs"]), len(body["pairs"]))


def _ordering(body: Mapping[str, Any], response: Mapping[str, Any]) -> Fraction:
    """The longest chain of items already in the right order among themselves, less one, over the most it can be.

    So one step out of place costs that one step, wherever it went. Counting items on their exact place would give
    nothing to who moved the first step to the end and had all the others right.
    """
    given = response.get("places", {})
    chain: list[int] = []
    for place in (given[item["id"]] for item in body["items"] if item["id"] in given):
        at = bisect_left(chain, place)
        chain[at : at + 1] = [place]
    return Fraction(max(0, len(chain) - 1), len(body["items"]) - 1)


_MARKERS: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Fraction]] = {
    "single": _single,
    "multiple": _multiple,
    "true_false": _true_false,
    "short_text": _short_text,
    "number": _number,
    "matching": _matching,
    "ordering": _ordering,
}
