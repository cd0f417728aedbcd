"""What is shown of a question, what comes back, and both in words: by the question's kind, and as pure as those."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from quizzes.kinds import KINDS
from quizzes.kinds.base import Fields, Response, ResponseError, Shown

__all__ = [
    "Fields", "Response", "ResponseError", "Shown", "check", "draw_order", "parse", "progress", "redraw", "remarks",
    "right_response", "show", "summarise",
]  # fmt: skip


def draw_order(kind: str, body: Mapping[str, Any], shuffle: bool, rng: random.Random) -> list[str]:
    return KINDS[kind].draw_order(body, shuffle, rng)


def show(kind: str, body: Mapping[str, Any], order: Sequence[str], response: Response) -> Shown:
    return KINDS[kind].show(body, order, response)


def redraw(kind: str, body: Mapping[str, Any], order: Sequence[str], fields: Fields) -> Shown:
    """The question with what was posted in it, also when that could not be kept."""
    try:
        return show(kind, body, order, parse(kind, body, order, fields))
    except ResponseError:
        return KINDS[kind].redraw(body, order, fields)


def parse(kind: str, body: Mapping[str, Any], order: Sequence[str], fields: Fields) -> Response:
    """A posted form as a response; empty when nothing was answered. Raises ResponseError."""
    return KINDS[kind].parse(body, order, fields)


def check(kind: str, body: Mapping[str, Any], response: Any) -> None:
    """Refuse a response that the served question cannot have. Raises ResponseError."""
    try:
        fits = response == {} or KINDS[kind].fits(body, response)
    except (KeyError, TypeError, AttributeError):
        fits = False
    if not fits:
        raise ResponseError(_("Câu trả lời không khớp với câu hỏi này. Bạn tải lại trang rồi chọn lại."))


def progress(kind: str, body: Mapping[str, Any], response: Response) -> str:
    """One of "none", "part" (a pair without its right side, two items on one place) or "full"."""
    return KINDS[kind].progress(body, response)


def summarise(kind: str, body: Mapping[str, Any], response: Response) -> list[str]:
    """The answer in words, a line each; empty when there is none."""
    return KINDS[kind].summarise(body, response) if response else []


def right_response(kind: str, body: Mapping[str, Any]) -> Response:
    """An answer that earns the whole mark; {} where a person decides or nobody."""
    return KINDS[kind].right(body)


def remarks(kind: str, body: Mapping[str, Any], response: Response) -> list[str]:
    """What the author says to who answered so; only about what was chosen."""
    return KINDS[kind].remarks(body, response) if response else []
