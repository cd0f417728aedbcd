"""What an answer is worth: pure, deterministic, versioned (quiz-engine Q24). Each kind has its own rule (quizzes.kinds)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from quizzes.kinds import KINDS
from quizzes.kinds.by_hand import rubric_share

# Raised whenever the same answer could get another mark; kept with every attempt.
SCORER = "1"

_SEVEN_PLACES = Decimal("0.0000001")


def mark(kind: str, body: Mapping[str, Any], response: Mapping[str, Any]) -> Fraction | None:
    """The share of a question's mark that `response` earns, up to 1; below 0 only where the question takes marks away.

    None when a person has to mark it. Nothing answered earns nothing, and needs nobody.
    """
    if not response:
        return Fraction(0)
    return None if KINDS[kind].by_hand else KINDS[kind].mark(body, dict(response))


# What an answer counts by how sure its author was: right, wrong. A guess costs nothing, a wrong certainty much; who says
# honestly how sure she is does best (certainty-based marking after Gardner-Medwin: 1, 2, 3 and 0, -2, -6 of 3).
_CERTAINTY = {1: (Fraction(1, 3), Fraction(0)), 2: (Fraction(2, 3), Fraction(-2, 3)), 3: (Fraction(1), Fraction(-2))}


CERTAINTIES = {
    1: _("Chưa chắc: đúng được một phần ba số điểm, sai không bị trừ"),
    2: _("Khá chắc: đúng được hai phần ba, sai bị trừ hai phần ba"),
    3: _("Rất chắc: đúng được trọn điểm, sai bị trừ gấp đôi"),
}


def weighed(share: Fraction, certainty: int | None) -> Fraction:
    """A share by how sure its author was (1 … 3; not said is 1); what is partly right lies between."""
    right, wrong = _CERTAINTY[certainty or 1]
    held = max(share, Fraction(0))
    return held * right + (1 - held) * wrong


def earned(share: Fraction, max_mark: Decimal) -> Decimal:
    """The mark for a share, to seven places, a half up."""
    return (Decimal(share.numerator) * max_mark / Decimal(share.denominator)).quantize(_SEVEN_PLACES, ROUND_HALF_UP)


def counted(
    kind: str, body: Mapping[str, Any], response: Mapping[str, Any], max_mark: Decimal, *, certainty: int | None, weigh: bool
) -> Decimal | None:
    """The mark of an answer, with `weigh` by how sure its author was; None when a person has to mark it."""
    share = mark(kind, body, response)
    if share is None:
        return None
    return earned(weighed(share, certainty) if weigh and response else share, max_mark)


class Method(TextChoices):
    """Which of several attempts counts (quiz-engine Q25)."""

    HIGHEST = "highest", _("lượt cao nhất")
    AVERAGE = "average", _("trung bình các lượt")
    FIRST = "first", _("lượt đầu")
    LAST = "last", _("lượt cuối")


def grade(method: str, scores: Sequence[Decimal]) -> Decimal | None:
    """The score of the quiz from those of its attempts, in their order, to the hundredth; None when there is none."""
    if not scores:
        return None
    if method == Method.AVERAGE:
        return (sum(scores, Decimal(0)) / len(scores)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return {Method.FIRST: scores[0], Method.LAST: scores[-1]}.get(Method(method), max(scores))


def total(marks: Iterable[Decimal], max_marks: Decimal) -> Decimal:
    """The score on the scale of 10, to the hundredth, a half up, never below 0. It is this rounded score that passes or fails."""
    summed = max(Decimal(0), sum(marks, Decimal(0)))
    return (summed * 10 / max_marks).quantize(Decimal("0.01"), ROUND_HALF_UP) if max_marks else Decimal("0.00")


# --- by hand -----------------------------------------------------------------------------------------------------------

# Two markers may differ by so much of the mark; then the mean holds. By more, a third person decides.
MOST_APART = Decimal("0.15")

# What was given, in the order it was given: round, marker, mark.
Given = Sequence[tuple[str, int, Decimal]]


def by_rubric(rubric: Sequence[Any], levels: Sequence[int], max_mark: Decimal) -> Decimal:
    """The mark for a level in each criterion, places from 0. Raises ValueError, IndexError."""
    if any(type(level) is not int or level < 0 for level in levels):
        raise ValueError(levels)
    return earned(rubric_share(rubric, levels), max_mark)


def by_points(points: Decimal, max_mark: Decimal) -> Decimal:
    """Points as a marker gives them, to the hundredth. Raises ValueError."""
    if not points.is_finite() or not 0 <= points <= max_mark or points != round(points, 2):
        raise ValueError(points)
    return points.quantize(_SEVEN_PLACES)


def turn(given: Given, marker: int, max_mark: Decimal, *, two: bool) -> str | None:
    """The round in which `marker` would mark now: a correction of her own, or the next one; None when it is not for her."""
    rounds = _rounds(given)
    for name in reversed(rounds):
        if rounds[name][0] == marker:
            # A decision was made on the marks before it: they are corrected no more.
            return name if name == "settled" or "settled" not in rounds else None
    if "first" not in rounds:
        return "first"
    if not two or "settled" in rounds:
        return None
    if "second" not in rounds:
        return "second"
    return "settled" if settled(given, max_mark, two=two) is None else None


def settled(given: Given, max_mark: Decimal, *, two: bool) -> Decimal | None:
    """The mark that stands, None while somebody still has to mark: a decision, one marker's where one is asked for, the
    mean of two that are near each other."""
    rounds = _rounds(given)
    if "settled" in rounds:
        return rounds["settled"][1]
    if "first" in rounds and "second" in rounds:
        first, second = rounds["first"][1], rounds["second"][1]
        near = abs(first - second) <= MOST_APART * max_mark
        return ((first + second) / 2).quantize(_SEVEN_PLACES, ROUND_HALF_UP) if near else None
    return rounds["first"][1] if "first" in rounds and not two else None


def _rounds(given: Given) -> dict[str, tuple[int, Decimal]]:
    """The last of each round; a round keeps its place."""
    return {name: (marker, mark) for name, marker, mark in given}
