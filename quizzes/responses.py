"""What is shown of a question, what comes back, and both in words: pure.

Between page and server an option is known by its place in the order it was served in, from 1. Its id stays on the
server: the id of a right side names its left side, and the ids of ordered items stand in the right order, so an id
in the page's source would be the key (quiz-engine Q20).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from people.text import nfc
from quizzes.marking import readings

Response = dict[str, Any]
# A posted form: name → values, as QueryDict.lists() gives them.
Fields = Mapping[str, Sequence[str]]

TEXT_LIMIT = 200
NUMBER_LIMIT = 40
TYPED = {"short_text", "number"}


class ResponseError(ValueError):
    """The answer cannot be kept; the message says why, to the learner."""


# --- serving ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One thing that can be picked. `value` is what the form sends."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class Row:
    """A left side or an item with a list to pick from. `name` is the form's field."""

    name: str
    text: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a page may know of a question: never more than is here."""

    kind: str
    choices: tuple[Choice, ...] = ()
    rows: tuple[Row, ...] = ()
    text: str = ""
    unit: str = ""


def draw_order(kind: str, body: Mapping[str, Any], shuffle: bool, rng: random.Random) -> list[str]:
    """The order of ids to freeze in the slot. Right sides and items are always shuffled: their own order is the key."""
    if kind in {"single", "multiple"}:
        ids = [option["id"] for option in body["options"]]
        if shuffle:
            rng.shuffle(ids)
        return ids
    if kind == "matching":
        ids = [part["id"] for part in [*body["pairs"], *body.get("extra", [])]]
        rng.shuffle(ids)
        return ids
    if kind == "ordering":
        right = [item["id"] for item in body["items"]]
        ids = right[:]
        while ids == right:
            rng.shuffle(ids)
        return ids
    return []


def show(kind: str, body: Mapping[str, Any], order: Sequence[str], response: Response) -> Shown:
    """The question as it is drawn, with the learner's answer in it."""
    if kind in {"single", "multiple"}:
        texts = {option["id"]: option["text"] for option in body["options"]}
        picked = {response.get("choice"), *response.get("choices", [])}
        return Shown(kind=kind, choices=_choices(order, texts, picked))
    if kind == "true_false":
        said = response.get("value")
        return Shown(
            kind=kind,
            choices=(
                Choice(value="true", text=_("Đúng"), chosen=said is True),
                Choice(value="false", text=_("Sai"), chosen=said is False),
            ),
        )
    if kind == "short_text":
        return Shown(kind=kind, text=response.get("text", ""))
    if kind == "number":
        return Shown(kind=kind, text=response.get("number", ""), unit=body.get("unit", ""))
    rows = _matching_rows if kind == "matching" else _ordering_rows
    return Shown(kind=kind, rows=rows(body, order, response))


def redraw(kind: str, body: Mapping[str, Any], order: Sequence[str], fields: Fields) -> Shown:
    """The question with what was posted in it, also when that could not be kept."""
    try:
        return show(kind, body, order, parse(kind, body, order, fields))
    except ResponseError:
        typed = Shown(kind=kind, text=_one(fields, "answer"), unit=body.get("unit", ""))
        return typed if kind in TYPED else show(kind, body, order, {})


def _choices(order: Sequence[str], texts: Mapping[str, str], picked: set[Any]) -> tuple[Choice, ...]:
    return tuple(Choice(value=str(place), text=texts[one], chosen=one in picked) for place, one in enumerate(order, 1))


def _matching_rows(body: Mapping[str, Any], order: Sequence[str], response: Response) -> tuple[Row, ...]:
    given, texts = response.get("pairs", {}), rights(body)
    return tuple(
        Row(name=f"pair-{place}", text=pair["left"], choices=_choices(order, texts, {given.get(pair["id"])}))
        for place, pair in enumerate(body["pairs"], 1)
    )


def _ordering_rows(body: Mapping[str, Any], order: Sequence[str], response: Response) -> tuple[Row, ...]:
    given = response.get("places", {})
    texts = {item["id"]: item["text"] for item in body["items"]}
    return tuple(
        Row(
            name=f"place-{shown}",
            text=texts[one],
            choices=tuple(
                Choice(value=str(place), text=str(place), chosen=given.get(one) == place) for place in range(1, len(order) + 1)
            ),
        )
        for shown, one in enumerate(order, 1)
    )


def rights(body: Mapping[str, Any]) -> dict[str, str]:
    """The right sides of a matching question, the spare ones too, by id."""
    return {
        **{pair["id"]: pair["right"] for pair in body["pairs"]},
        **{extra["id"]: extra["text"] for extra in body.get("extra", [])},
    }


# --- taking ----------------------------------------------------------------------------------------------------------


def parse(kind: str, body: Mapping[str, Any], order: Sequence[str], fields: Fields) -> Response:
    """A posted form as a response; empty when nothing was answered. Raises ResponseError.

    Fields that the question does not have are ignored; a place that was not served is refused.
    """
    return _PARSERS[kind](body, order, fields)


def _one(fields: Fields, name: str) -> str:
    values = fields.get(name) or [""]
    return nfc(str(values[-1]))


def _id(order: Sequence[str], token: str) -> str:
    if token.isascii() and token.isdigit() and 1 <= int(token[:4]) <= len(order):
        return order[int(token[:4]) - 1]
    raise ResponseError(_("Phương án này không có trong câu hỏi. Bạn tải lại trang rồi chọn lại."))


def _parse_single(body: Mapping[str, Any], order: Sequence[str], fields: Fields) -> Response:
    token = _one(fields, "answer")
    return {"choice": _id(order, token)} if token else {}


def _parse_multiple(body: Mapping[str, Any], order: Sequence[str], fields: Fields) -> Response:
    ids = sorted({_id(order, str(token)) for token in fields.get("answer", []) if token})
    return {"choices": ids} if ids else {}


def _parse_true_false(body: Mapping[str, Any], order: Sequence[str], fields: Fields) -> Response:
    said = _one(fields, "answer")
    if said not in {"", "true", "false"}:
        raise ResponseError(_("Câu này chỉ có hai phương án: Đúng và Sai. Bạn chọn lại một trong hai."))
    return {"value": said == "true"} if said else {}


def _parse_short_text(body: Mapping[str, Any], order: Sequence[str], fields: Fields) -> Response:
    text = _one(fields, "answer")
    if len(text) > TEXT_LIMIT:
        raise ResponseError(_("Câu trả lời dài quá %(limit)s chữ cái. Câu này chỉ cần vài chữ.") % {"limit": TEXT_LIMIT})
    return {"text": text} if text else {}


def _parse_number(body: Mapping[str, Any], order: Sequence[str], fields: Fields) -> Response:
    text = _one(fields, "answer")
    unit = nfc(body.get("unit", ""))
    if unit and text.casefold().endswith(unit.casefold()):
        text = text[: -len(unit)].strip()
    if text and (len(text) > NUMBER_LIMIT or not readings(text)):
        raise ResponseError(_("Ô này chỉ nhận số. Bạn viết bằng chữ số, ví dụ 7 hoặc 7,5."))
    return {"number": text} if text else {}


def _parse_matching(body: Mapping[str, Any], order: Sequence[str], fields: Fields) -> Response:
    given = {}
    for place, pair in enumerate(body["pairs"], 1):
        token = _one(fields, f"pair-{place}")
        if token:
            given[pair["id"]] = _id(order, token)
    return {"pairs": given} if given else {}


def _parse_ordering(body: Mapping[str, Any], order: Sequence[str], fields: Fields) -> Response:
    given = {}
    for shown, one in enumerate(order, 1):
        token = _one(fields, f"place-{shown}")
        if token:
            _id(order, token)  # as many places as items: the same range
            given[one] = int(token)
    return {"places": given} if given else {}


_PARSERS: dict[str, Callable[[Mapping[str, Any], Sequence[str], Fields], Response]] = {
    "single": _parse_single,
    "multiple": _parse_multiple,
    "true_false": _parse_true_false,
    "short_text": _parse_short_text,
    "number": _parse_number,
    "matching": _parse_matching,
    "ordering": _parse_ordering,
}


def check(kind: str, body: Mapping[str, Any], response: Any) -> None:
    """Refuse a response that the served question cannot have. Raises ResponseError."""
    try:
        fits = response == {} or _CHECKERS[kind](body, response)
    except (KeyError, TypeError, AttributeError):
        fits = False
    if not fits:
        raise ResponseError(_("Câu trả lời không khớp với câu hỏi này. Bạn tải lại trang rồi chọn lại."))


def _ids(parts: Sequence[Mapping[str, Any]]) -> set[str]:
    return {part["id"] for part in parts}


def _fits_matching(body: Mapping[str, Any], response: Response) -> bool:
    given = response["pairs"]
    return set(given) <= _ids(body["pairs"]) and set(given.values()) <= set(rights(body))


def _fits_ordering(body: Mapping[str, Any], response: Response) -> bool:
    given = response["places"]
    places = range(1, len(body["items"]) + 1)
    return set(given) <= _ids(body["items"]) and all(type(place) is int and place in places for place in given.values())


_CHECKERS: dict[str, Callable[[Mapping[str, Any], Response], bool]] = {
    "single": lambda body, response: response["choice"] in _ids(body["options"]),
    "multiple": lambda body, response: set(response["choices"]) <= _ids(body["options"]),
    "true_false": lambda body, response: type(response["value"]) is bool,
    "short_text": lambda body, response: len(response["text"]) <= TEXT_LIMIT,
    "number": lambda body, response: len(response["number"]) <= NUMBER_LIMIT and bool(readings(response["number"])),
    "matching": _fits_matching,
    "ordering": _fits_ordering,
}


def progress(kind: str, body: Mapping[str, Any], response: Response) -> str:
    """One of "none", "part" (a pair without its right side, two items on one place) or "full"."""
    if not response:
        return "none"
    if kind == "matching":
        return "full" if len(response["pairs"]) == len(body["pairs"]) else "part"
    if kind == "ordering":
        return "full" if len(set(response["places"].values())) == len(body["items"]) else "part"
    return "full"


# --- in words --------------------------------------------------------------------------------------------------------


def summarise(kind: str, body: Mapping[str, Any], response: Response) -> list[str]:
    """The answer in words, a line each; empty when there is none."""
    if not response:
        return []
    if kind in {"single", "multiple"}:
        picked = {response.get("choice"), *response.get("choices", [])}
        return [option["text"] for option in body["options"] if option["id"] in picked]
    if kind == "true_false":
        return [_("Đúng") if response["value"] else _("Sai")]
    if kind == "short_text":
        return [response["text"]]
    if kind == "number":
        return [f"{response['number']} {body.get('unit', '')}".strip()]
    if kind == "matching":
        told, given = rights(body), response["pairs"]
        return [f"{pair['left']} → {told[given[pair['id']]]}" for pair in body["pairs"] if pair["id"] in given]
    placed = sorted((response["places"][item["id"]], item["text"]) for item in body["items"] if item["id"] in response["places"])
    return [f"{place}. {text}" for place, text in placed]


def right_response(kind: str, body: Mapping[str, Any]) -> Response:
    """An answer that earns the whole mark."""
    if kind in {"single", "multiple"}:
        ids = [option["id"] for option in body["options"] if option["correct"]]
        return {"choice": ids[0]} if kind == "single" else {"choices": ids}
    if kind == "true_false":
        return {"value": body["answer"]}
    if kind == "short_text":
        return {"text": body["accept"][0]}
    if kind == "number":
        return {"number": body["answer"].replace(".", ",")}
    if kind == "matching":
        return {"pairs": {pair["id"]: pair["id"] for pair in body["pairs"]}}
    return {"places": {item["id"]: place for place, item in enumerate(body["items"], 1)}}


def remarks(kind: str, body: Mapping[str, Any], response: Response) -> list[str]:
    """What the author says to who answered so; only about what was chosen."""
    if kind in {"single", "multiple"}:
        picked = {response.get("choice"), *response.get("choices", [])}
        return [option["feedback"] for option in body["options"] if option["id"] in picked and option.get("feedback")]
    if kind == "true_false" and response:
        said = body.get("feedback_true" if response["value"] else "feedback_false")
        return [said] if said else []
    return []
