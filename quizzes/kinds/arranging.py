"""Putting together what belongs together, and into the right order."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction
from string import ascii_lowercase
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quizzes.kinds import base
from quizzes.kinds.base import Body, Choice, Fields, Kind, Plain, Response, Row, Shown


def rights(body: Body) -> dict[str, str]:
    """The right sides of a matching question, the spare ones too, by id."""
    return {
        **{pair["id"]: pair["right"] for pair in body["pairs"]},
        **{extra["id"]: extra["text"] for extra in body.get("extra", [])},
    }


class Matching(Kind):
    """body: {"pairs": [{"id": "a", "left", "right"}], "extra": [{"id": "x1", "text"}]}; response: {"pairs": {"a": "b"}},
    left id → id of the right side given to it. Right sides may say the same: it is the text that counts."""

    name = "matching"
    label = gettext_lazy("Ghép cặp")
    interaction = "matching"

    def read(self, plain: Plain) -> dict[str, Any]:
        pairs = [base.part_of(value, "pairs") for value in base.list_of(plain, "pairs", 2)]
        lefts = base.distinct([base.text_of(pair.get("left")) for pair in pairs], "left")
        sides = [base.text_of(pair.get("right")) for pair in pairs]
        extra = [base.text_of(value) for value in base.list_of({"extra": plain.get("extra") or []}, "extra", 0)]
        base.distinct([*dict.fromkeys(sides), *extra], "right")
        return {
            "pairs": [
                {"id": letter, "left": left, "right": right}
                for letter, left, right in zip(ascii_lowercase, lefts, sides, strict=False)
            ],
            "extra": [{"id": f"x{place}", "text": text} for place, text in enumerate(extra, 1)],
        }

    def tell(self, body: Body) -> dict[str, Any]:
        pairs = [{"left": pair["left"], "right": pair["right"]} for pair in body["pairs"]]
        return {"pairs": pairs, **base.given({"extra": [one["text"] for one in body["extra"]]})}

    def draw_order(self, body: Body, shuffle: bool, rng: random.Random) -> list[str]:
        """Always shuffled: their own order is the key. What says the same is offered once."""
        once: dict[str, str] = {}
        for one, text in rights(body).items():
            once.setdefault(text, one)
        ids = list(once.values())
        rng.shuffle(ids)
        return ids

    def show(self, body: Body, order: Sequence[str], response: Response) -> Shown:
        texts, given = rights(body), response.get("pairs", {})
        rows = tuple(
            Row(name=f"pair-{place}", text=pair["left"], choices=base.choices_of(order, texts, {given.get(pair["id"])}))
            for place, pair in enumerate(body["pairs"], 1)
        )
        return Shown(kind=self.name, rows=rows)

    def parse(self, body: Body, order: Sequence[str], fields: Fields) -> Response:
        given = {}
        for place, pair in enumerate(body["pairs"], 1):
            token = base.one(fields, f"pair-{place}")
            if token:
                given[pair["id"]] = base.served(order, token)
        return {"pairs": given} if given else {}

    def fits(self, body: Body, response: Response) -> bool:
        given = response["pairs"]
        return set(given) <= {pair["id"] for pair in body["pairs"]} and set(given.values()) <= set(rights(body))

    def progress(self, body: Body, response: Response) -> str:
        return "none" if not response else "full" if len(response["pairs"]) == len(body["pairs"]) else "part"

    def mark(self, body: Body, response: Response) -> Fraction:
        """The share of left sides that have a right side saying what theirs says."""
        given, texts = response.get("pairs", {}), rights(body)
        return Fraction(sum(texts.get(given.get(pair["id"])) == pair["right"] for pair in body["pairs"]), len(body["pairs"]))

    def summarise(self, body: Body, response: Response) -> list[str]:
        told, given = rights(body), response["pairs"]
        return [f"{pair['left']} → {told[given[pair['id']]]}" for pair in body["pairs"] if pair["id"] in given]

    def right(self, body: Body) -> Response:
        once: dict[str, str] = {}
        for one, text in rights(body).items():
            once.setdefault(text, one)
        return {"pairs": {pair["id"]: once[pair["right"]] for pair in body["pairs"]}}

    def explain(self, body: Body) -> str:
        return _("Mỗi cặp ghép đúng được một phần điểm bằng nhau. Ghép sai không bị trừ.")

    def components(self, body: Body) -> dict[str, Any]:
        # Right sides in the order of their names, or their order beside the left sides would be the key.
        return {
            "source": [base.component(f"l{place}", pair["left"]) for place, pair in enumerate(body["pairs"], 1)],
            "target": [base.component(f"r{place}", text) for place, text in enumerate(self._names(body), 1)],
        }

    def _names(self, body: Body) -> list[str]:
        return sorted(set(rights(body).values()))

    def spoken(self, body: Body, response: Response, *, right: bool) -> str | None:
        texts, names, given = rights(body), self._names(body), response["pairs"]
        chosen = [(place, texts[given[pair["id"]]]) for place, pair in enumerate(body["pairs"], 1) if pair["id"] in given]
        return "[,]".join(f"l{place}[.]r{names.index(text) + 1}" for place, text in chosen)


class Ordering(Kind):
    """body: {"items": [{"id": "a", "text"}] in the right order, "rule"?}; response: {"places": {"a": 2}}, from 1"""

    name = "ordering"
    label = gettext_lazy("Sắp thứ tự")
    interaction = "sequencing"

    def read(self, plain: Plain) -> dict[str, Any]:
        items = base.distinct([base.text_of(value) for value in base.list_of(plain, "items", 2)], "items")
        rule = base.one_of(plain, "rule", ("chain", "exact", "all"))
        read = [{"id": letter, "text": text} for letter, text in zip(ascii_lowercase, items, strict=False)]
        return {"items": read, **({"rule": rule} if rule != "chain" else {})}

    def tell(self, body: Body) -> dict[str, Any]:
        return {"items": [one["text"] for one in body["items"]], **base.given({"rule": body.get("rule")})}

    def draw_order(self, body: Body, shuffle: bool, rng: random.Random) -> list[str]:
        right = [item["id"] for item in body["items"]]
        ids = right[:]
        while ids == right:
            rng.shuffle(ids)
        return ids

    def show(self, body: Body, order: Sequence[str], response: Response) -> Shown:
        given, texts = response.get("places", {}), {item["id"]: item["text"] for item in body["items"]}
        places = range(1, len(order) + 1)
        rows = tuple(
            Row(
                name=f"place-{shown}", text=texts[one],
                choices=tuple(Choice(value=str(place), text=str(place), chosen=given.get(one) == place) for place in places),
            )
            for shown, one in enumerate(order, 1)
        )  # fmt: skip
        return Shown(kind=self.name, rows=rows)

    def parse(self, body: Body, order: Sequence[str], fields: Fields) -> Response:
        given = {}
        for shown, item in enumerate(order, 1):
            token = base.one(fields, f"place-{shown}")
            if token:
                base.served(order, token)  # as many places as items: the same range
                given[item] = int(token)
        return {"places": given} if given else {}

    def fits(self, body: Body, response: Response) -> bool:
        given, places = response["places"], range(1, len(body["items"]) + 1)
        known = set(given) <= {item["id"] for item in body["items"]}
        return known and all(type(place) is int and place in places for place in given.values())

    def progress(self, body: Body, response: Response) -> str:
        if not response:
            return "none"
        return "full" if len(set(response["places"].values())) == len(body["items"]) else "part"

    def mark(self, body: Body, response: Response) -> Fraction:
        """By the chain: the longest chain of items already in the right order among themselves, less one, over the most
        it can be. So one step out of place costs that one step, wherever it went. Counting items on their exact place
        ("exact") gives nothing to who moved the first step to the end and had all the others right.
        """
        given, rule = response.get("places", {}), body.get("rule", "chain")
        if rule != "chain":
            exact = sum(given.get(item["id"]) == place for place, item in enumerate(body["items"], 1))
            return Fraction(exact, len(body["items"])) if rule == "exact" else Fraction(exact == len(body["items"]))
        chain: list[int] = []
        for place in (given[item["id"]] for item in body["items"] if item["id"] in given):
            at = bisect_left(chain, place)
            chain[at : at + 1] = [place]
        return Fraction(max(0, len(chain) - 1), len(body["items"]) - 1)

    def summarise(self, body: Body, response: Response) -> list[str]:
        given = response["places"]
        placed = sorted((given[item["id"]], item["text"]) for item in body["items"] if item["id"] in given)
        return [f"{place}. {text}" for place, text in placed]

    def right(self, body: Body) -> Response:
        return {"places": {item["id"]: place for place, item in enumerate(body["items"], 1)}}

    def explain(self, body: Body) -> str:
        rule = body.get("rule", "chain")
        if rule == "all":
            return _("Đúng thứ tự tất cả thì được trọn điểm, sai một chỗ thì không có điểm.")
        if rule == "exact":
            return _("Mỗi mục nằm đúng chỗ được một phần điểm bằng nhau.")
        return _("Mỗi mục lạc chỗ làm mất một phần điểm. Các mục khác vẫn đúng thứ tự với nhau thì vẫn được tính.")

    def components(self, body: Body) -> dict[str, Any]:
        return {"choices": [base.component(f"i{place}", text) for place, text in enumerate(self._names(body), 1)]}

    def _names(self, body: Body) -> list[str]:
        return sorted(item["text"] for item in body["items"])

    def spoken(self, body: Body, response: Response, *, right: bool) -> str | None:
        names, given = self._names(body), response["places"]
        placed = sorted((given[item["id"]], names.index(item["text"]) + 1) for item in body["items"] if item["id"] in given)
        return "[,]".join(f"i{name}" for _at, name in placed)
