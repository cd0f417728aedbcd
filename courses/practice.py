"""Judging a formative question: pure, used when an answer is posted and when it is shown again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class PracticeResult:
    """What to tell the learner. `chosen` and `right` are places of options, from 0."""

    question: str
    chosen: list[int]
    right: list[int]
    correct: bool
    feedback: list[str]


def judge(value: Mapping[str, Any], chosen: list[int]) -> PracticeResult:
    """`value` is a question block's value (or the same as a dict); places that do not exist are ignored."""
    options = list(value["options"])
    chosen = sorted({place for place in chosen if 0 <= place < len(options)})
    right = [place for place, option in enumerate(options) if option["correct"]]
    return PracticeResult(
        question=value["name"], chosen=chosen, right=right, correct=chosen == right,
        feedback=[options[place]["feedback"] for place in chosen if options[place]["feedback"]],
    )  # fmt: skip
