"""What an answer is worth: pure, deterministic, versioned (quiz-engine Q24). Each kind has its own rule (quizzes.kinds)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from quizzes.kinds import KINDS

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


def earned(share: Fraction, max_mark: Decimal) -> Decimal:
    """The mark for a share, to seven places, a half up."""
    return (Decimal(share.numerator) * max_mark / Decimal(share.denominator)).quantize(_SEVEN_PLACES, ROUND_HALF_UP)


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
