"""A text with gaps: to type into, to choose from, numbers."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from string import ascii_lowercase
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quizzes.kinds import base
from quizzes.kinds.base import TEXT_LIMIT, Bad, Body, Fields, Kind, Piece, Plain, Response, ResponseError, Shown
from quizzes.kinds.choice import check_single, read_share, share
from quizzes.kinds.reading import readings
from quizzes.kinds.typed import NUMBER_LIMIT, accepted, answered, read_accepted, read_answers, sample, tell_accepted, tell_answers

_MARKER = re.compile(r"\[\[([A-Za-z0-9]{1,10})\]\]")
_MOST = 50

Gap = Mapping[str, Any]


class Gaps(Kind):
    """body: {"text": "… [[1]] …", "gaps": {"1": {"kind": "typed" | "chosen" | "number", "weight"?, …}}}, the rest of a gap as
    the body of short_text, single or number; response: {"gaps": {"1": text as typed | id of an option}}

    The order frozen in a slot is that of the options of all gaps: "1:b", "1:a", "3:c" …
    """

    name = "gaps"
    label = gettext_lazy("Điền vào chỗ trống")
    interaction = "fill-in"

    def read(self, plain: Plain) -> dict[str, Any]:
        text, gaps = base.paragraphs_of(plain.get("text")), plain.get("gaps")
        names = _MARKER.findall(text)
        if not isinstance(gaps, dict) or not names or len(names) > _MOST:
            raise Bad(_("câu này cần một đoạn văn có chỗ trống, ghi là [[1]], [[2]]…, và phần “gaps” nói từng chỗ."))
        by_name = {str(name): value for name, value in gaps.items()}
        if sorted(names) != sorted(by_name):
            raise Bad(_("mỗi chỗ trống trong đoạn văn phải có một mục trong “gaps”, và ngược lại, mỗi chỗ một lần."))
        return {"text": text, "gaps": {name: self._read_gap(base.part_of(by_name[name], "gaps")) for name in names}}

    def _read_gap(self, plain: Plain) -> dict[str, Any]:
        kind = base.one_of(plain, "kind", ("typed", "chosen", "number"))
        read: dict[str, Any] = {"kind": kind}
        if kind == "typed":
            read |= read_accepted(plain)
        elif kind == "number":
            read |= read_answers(plain)
        else:
            read["options"] = self._read_options(plain)
        weight = base.number_of(plain.get("weight", 1), "weight")
        if not 0 < weight <= 100:
            raise Bad(_("trọng số của một chỗ trống phải lớn hơn 0 và không quá 100."))
        return {**read, **({"weight": f"{weight:f}"} if weight != 1 else {})}

    def _read_options(self, plain: Plain) -> list[dict[str, Any]]:
        values = [base.part_of(value, "options") for value in base.list_of(plain, "options", 2)]
        texts = base.distinct([base.text_of(value.get("text")) for value in values], "options")
        options = []
        for letter, text, value in zip(ascii_lowercase, texts, values, strict=False):
            option: dict[str, Any] = {"id": letter, "text": text, "correct": value.get("correct") is True}
            read_share(value, option)
            options.append({**option, **base.given({"feedback": base.paragraphs_of(value.get("feedback"))})})
        check_single(options)
        return options

    def tell(self, body: Body) -> dict[str, Any]:
        return {"text": body["text"], "gaps": {name: self._tell_gap(gap) for name, gap in body["gaps"].items()}}

    def _tell_gap(self, gap: Gap) -> dict[str, Any]:
        weight = {"weight": base.digits(gap["weight"])} if "weight" in gap else {}
        if gap["kind"] == "typed":
            return {"kind": "typed", **tell_accepted(gap), **weight}
        if gap["kind"] == "number":
            return {"kind": "number", **tell_answers(gap), **weight}
        options = [
            {
                "text": one["text"], **({"correct": True} if one["correct"] else {}),
                **base.given({name: one.get(name) for name in ("share", "feedback")}),
            }
            for one in gap["options"]
        ]  # fmt: skip
        return {"kind": "chosen", "options": options, **weight}

    def draw_order(self, body: Body, shuffle: bool, rng: random.Random) -> list[str]:
        order = []
        for name, gap in body["gaps"].items():
            ids = [option["id"] for option in gap.get("options", [])]
            rng.shuffle(ids)  # always: in a file the right one often stands first
            order += [f"{name}:{one}" for one in ids]
        return order

    def _ids(self, order: Sequence[str], name: str) -> list[str]:
        return [one.partition(":")[2] for one in order if one.startswith(f"{name}:")]

    def show(self, body: Body, order: Sequence[str], response: Response) -> Shown:
        given, pieces = response.get("gaps", {}), []
        for number, part in enumerate(_MARKER.split(body["text"])):
            if number % 2 == 0:
                pieces.append(Piece(text=part))
                continue
            gap = body["gaps"][part]
            said = given.get(part, "")
            texts = {option["id"]: option["text"] for option in gap.get("options", [])}
            pieces.append(
                Piece(
                    name=f"gap-{part}", number=(number + 1) // 2, typed="" if texts else said, numeric=gap["kind"] == "number",
                    choices=base.choices_of(self._ids(order, part), texts, {said}) if texts else (),
                )
            )  # fmt: skip
        return Shown(kind=self.name, pieces=tuple(pieces))

    def wording(self, stem: str, body: Body) -> str:
        numbers = {name: number for number, name in enumerate(body["gaps"], 1)}
        return f"{stem}\n\n{_MARKER.sub(lambda gap: f'({numbers[gap[1]]}) …', body['text'])}"

    def parse(self, body: Body, order: Sequence[str], fields: Fields) -> Response:
        given = {}
        for number, (name, gap) in enumerate(body["gaps"].items(), 1):
            said = base.one(fields, f"gap-{name}")
            if not said:
                continue
            if gap["kind"] == "chosen":
                given[name] = base.served(self._ids(order, name), said)
                continue
            if len(said) > TEXT_LIMIT:
                told = {"number": number, "limit": TEXT_LIMIT}
                raise ResponseError(_("Chỗ trống %(number)s dài quá %(limit)s chữ cái.") % told)
            if gap["kind"] == "number" and (len(said) > NUMBER_LIMIT or not readings(said)):
                raise ResponseError(_("Chỗ trống %(number)s chỉ nhận số, ví dụ 7 hoặc 7,5.") % {"number": number})
            given[name] = said
        return {"gaps": given} if given else {}

    def redraw(self, body: Body, order: Sequence[str], fields: Fields) -> Shown:
        said = {name: base.one(fields, f"gap-{name}") for name in body["gaps"]}
        for name, gap in body["gaps"].items():
            if gap["kind"] == "chosen" and said[name]:
                with suppress(ResponseError):
                    said[name] = base.served(self._ids(order, name), said[name])
        return self.show(body, order, {"gaps": said})

    def fits(self, body: Body, response: Response) -> bool:
        given = response["gaps"]
        return set(given) <= set(body["gaps"]) and all(self._gap_fits(body["gaps"][name], said) for name, said in given.items())

    def _gap_fits(self, gap: Gap, said: str) -> bool:
        if gap["kind"] == "chosen":
            return said in {option["id"] for option in gap["options"]}
        if gap["kind"] == "number":
            return len(said) <= NUMBER_LIMIT and bool(readings(said))
        return isinstance(said, str) and len(said) <= TEXT_LIMIT

    def progress(self, body: Body, response: Response) -> str:
        return "none" if not response else "full" if len(response["gaps"]) == len(body["gaps"]) else "part"

    def _found(self, gap: Gap, said: str) -> Mapping[str, Any] | None:
        if gap["kind"] == "chosen":
            return next((option for option in gap["options"] if option["id"] == said), None)
        return accepted(gap, said) if gap["kind"] == "typed" else answered(gap, readings(said))

    def _earned(self, gap: Gap, said: str) -> Fraction:
        found = self._found(gap, said) if said else None
        if found is None:
            return Fraction(0)
        return share(found) if gap["kind"] == "chosen" else Fraction(found.get("share", 1))

    def mark(self, body: Body, response: Response) -> Fraction:
        given = response.get("gaps", {})
        weights = {name: Fraction(gap.get("weight", 1)) for name, gap in body["gaps"].items()}
        earned = sum((weights[name] * self._earned(gap, given.get(name, "")) for name, gap in body["gaps"].items()), Fraction(0))
        return max(Fraction(0), earned / sum(weights.values()))

    def _said(self, gap: Gap, said: str) -> str:
        if gap["kind"] != "chosen":
            return said
        return next((str(option["text"]) for option in gap["options"] if option["id"] == said), "")

    def summarise(self, body: Body, response: Response) -> list[str]:
        given = response["gaps"]
        return [
            f"({number}) {self._said(gap, given[name])}"
            for number, (name, gap) in enumerate(body["gaps"].items(), 1)
            if name in given
        ]

    def right(self, body: Body) -> Response:
        return {"gaps": {name: self._right(gap) for name, gap in body["gaps"].items()}}

    def _right(self, gap: Gap) -> str:
        if gap["kind"] == "chosen":
            return str(max(gap["options"], key=share)["id"])
        return sample(gap) if gap["kind"] == "typed" else str(gap["answer"]).replace(".", ",")

    def remarks(self, body: Body, response: Response) -> list[str]:
        said = []
        for name, text in response.get("gaps", {}).items():
            found = self._found(body["gaps"][name], text)
            if found and found.get("feedback"):
                said.append(found["feedback"])
        return said

    def explain(self, body: Body) -> str:
        if any("weight" in gap for gap in body["gaps"].values()):
            return _("Mỗi chỗ trống được chấm riêng, điểm chia theo trọng số của từng chỗ.")
        return _("Mỗi chỗ trống được chấm riêng, các chỗ có phần điểm bằng nhau.")

    def spoken(self, body: Body, response: Response, *, right: bool) -> str | None:
        if not right:
            return None
        given = response["gaps"]
        return "[,]".join(self._said(gap, given.get(name, "")) for name, gap in body["gaps"].items())
