"""One option or several; also places on a picture, which are options with a shape."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from string import ascii_lowercase
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quizzes.kinds import base
from quizzes.kinds.base import Area, Bad, Body, Fields, Kind, Plain, Response, Shown
from quizzes.media import REFERENCE

# In the words of a picture they would end them.
_BRACKETS = str.maketrans({"[": "(", "]": ")", "\\": "/"})
_SIZES = {"rect": (4, 4), "circle": (3, 3), "poly": (6, 200)}


def share(option: Mapping[str, Any]) -> Fraction:
    """What one option is worth."""
    return Fraction(option["share"]) if "share" in option else Fraction(bool(option["correct"]))


def read_share(value: Plain, option: dict[str, Any]) -> None:
    """Keeps the share of an option where it is another than right and wrong say."""
    if value.get("share") is not None:
        worth = base.share_of(value["share"])
        if worth != Fraction(option["correct"]):
            option["share"] = str(worth)


def read_options(plain: Plain) -> list[dict[str, Any]]:
    """Options with ids a, b, c … by their place. Raises Bad."""
    values = [base.part_of(value, "options") for value in base.list_of(plain, "options", 2)]
    texts = base.distinct([base.text_of(value.get("text")) for value in values], "options")
    options = []
    for letter, text, value in zip(ascii_lowercase, texts, values, strict=False):
        feedback = base.paragraphs_of(value.get("feedback"))
        option = {"id": letter, "text": text, "correct": value.get("correct") is True, "feedback": feedback}
        read_share(value, option)
        if value.get("last") is True:
            option["last"] = True
        options.append(option)
    return options


def tell_options(options: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    names = ("share", "feedback", "last")
    return [
        {
            "text": one["text"],
            **({"correct": True} if one["correct"] else {}),
            **base.given({name: one.get(name) for name in names}),
        }
        for one in options
    ]


def check_single(options: Sequence[Mapping[str, Any]]) -> None:
    """One right option, unless shares say that several are worth something. Raises Bad."""
    right = sum(option["correct"] for option in options)
    if right != 1 and not any("share" in option for option in options):
        raise Bad(_("câu chọn một phải có đúng một phương án đúng, câu này có %(right)s.") % {"right": right})
    if max(share(option) for option in options) != 1:
        raise Bad(_("phải có một phương án được trọn điểm."))


def read_rule(plain: Plain, options: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """rule and least of several picks. Raises Bad."""
    if not any(option["correct"] for option in options):
        raise Bad(_("câu chọn nhiều phải có ít nhất một phương án đúng."))
    rule = base.one_of(plain, "rule", ("balance", "all", "shares"))
    if rule == "shares" and sum(share(option) for option in options if share(option) > 0) < Fraction("0.999"):
        raise Bad(_("các phương án đúng cộng lại phải được trọn điểm."))
    least = base.share_of(plain.get("least", 0))
    if least > 0:
        raise Bad(_("“least” là mức điểm thấp nhất: 0 hoặc số âm."))
    return {**({"rule": rule} if rule != "balance" else {}), **({"least": str(least)} if least else {})}


def mark_several(body: Body, options: Sequence[Mapping[str, Any]], picked: set[str]) -> Fraction:
    right = {option["id"] for option in options if option["correct"]}
    rule = body.get("rule", "balance")
    if rule == "all":
        return Fraction(picked == right)
    if rule == "shares":
        earned = sum((share(option) for option in options if option["id"] in picked), Fraction(0))
        # Thirds written as 33.333 % make a whole all the same.
        earned = Fraction(1) if Fraction("0.999") <= earned else earned
    else:
        earned = Fraction(len(picked & right) - len(picked - right), len(right))
    return max(Fraction(body.get("least", 0)), earned)


def explain_several(body: Body) -> str:
    rule = body.get("rule", "balance")
    if rule == "all":
        return _("Chọn đúng và đủ thì được trọn điểm. Thiếu hoặc thừa một phương án thì không có điểm.")
    if rule == "shares":
        told = _("Điểm là tổng tỷ lệ của các phương án được chọn.")
    else:
        told = _("Mỗi phương án đúng được một phần điểm, mỗi phương án sai bị trừ một phần như vậy.")
    least = Fraction(body.get("least", 0))
    floor = _("Thấp nhất là 0.") if not least else _("Thấp nhất là %(least)s lần điểm của câu.") % {"least": least}
    return f"{told} {floor}"


def picked_in(response: Response) -> set[str]:
    return {one for one in (response.get("choice"), *response.get("choices", [])) if one is not None}


class Single(Kind):
    """body: {"options": [{"id", "text", "correct", "feedback", "share"?, "last"?}]}; response: {"choice": "a"}"""

    name = "single"
    label = gettext_lazy("Chọn một")
    interaction = "choice"
    rich = True

    def read(self, plain: Plain) -> dict[str, Any]:
        options = read_options(plain)
        check_single(options)
        return {"options": options}

    def tell(self, body: Body) -> dict[str, Any]:
        return {"options": tell_options(body["options"])}

    def draw_order(self, body: Body, shuffle: bool, rng: random.Random) -> list[str]:
        ids = [option["id"] for option in body["options"] if not option.get("last")]
        if shuffle:
            rng.shuffle(ids)
        return ids + [option["id"] for option in body["options"] if option.get("last")]

    def show(self, body: Body, order: Sequence[str], response: Response) -> Shown:
        texts = {option["id"]: option["text"] for option in body["options"]}
        return Shown(kind=self.name, choices=base.choices_of(order, texts, picked_in(response)))

    def parse(self, body: Body, order: Sequence[str], fields: Fields) -> Response:
        token = base.one(fields, "answer")
        return {"choice": base.served(order, token)} if token else {}

    def fits(self, body: Body, response: Response) -> bool:
        return response["choice"] in {option["id"] for option in body["options"]}

    def mark(self, body: Body, response: Response) -> Fraction:
        return max((share(option) for option in body["options"] if option["id"] == response.get("choice")), default=Fraction(0))

    def least(self, body: Body) -> Fraction:
        return min(Fraction(0), *(share(option) for option in body["options"]))

    def summarise(self, body: Body, response: Response) -> list[str]:
        picked = picked_in(response)
        return [option["text"] for option in body["options"] if option["id"] in picked]

    def right(self, body: Body) -> Response:
        return {"choice": max(body["options"], key=share)["id"]}

    def remarks(self, body: Body, response: Response) -> list[str]:
        picked = picked_in(response)
        return [option["feedback"] for option in body["options"] if option["id"] in picked and option.get("feedback")]

    def explain(self, body: Body) -> str:
        if any("share" in option for option in body["options"]):
            return _("Điểm theo tỷ lệ ghi ở phương án được chọn.")
        return _("Chọn phương án đúng thì được trọn điểm, chọn phương án khác thì không có điểm.")

    def components(self, body: Body) -> dict[str, Any]:
        return {"choices": [base.component(option["id"], option["text"]) for option in body["options"]]}

    def spoken(self, body: Body, response: Response, *, right: bool) -> str | None:
        return "[,]".join(sorted(picked_in(response)))


class Multiple(Single):
    """body as Single, with "rule"? and "least"?; response: {"choices": ["a", "c"]}"""

    name = "multiple"
    label = gettext_lazy("Chọn nhiều")

    def read(self, plain: Plain) -> dict[str, Any]:
        options = read_options(plain)
        return {"options": options, **read_rule(plain, options)}

    def tell(self, body: Body) -> dict[str, Any]:
        return {**base.given({name: body.get(name) for name in ("rule", "least")}), **super().tell(body)}

    def parse(self, body: Body, order: Sequence[str], fields: Fields) -> Response:
        ids = sorted({base.served(order, str(token)) for token in fields.get("answer", []) if token})
        return {"choices": ids} if ids else {}

    def fits(self, body: Body, response: Response) -> bool:
        return set(response["choices"]) <= {option["id"] for option in body["options"]}

    def mark(self, body: Body, response: Response) -> Fraction:
        return mark_several(body, body["options"], picked_in(response))

    def least(self, body: Body) -> Fraction:
        return Fraction(body.get("least", 0))

    def right(self, body: Body) -> Response:
        return {"choices": [option["id"] for option in body["options"] if option["correct"]]}

    def explain(self, body: Body) -> str:
        return explain_several(body)


class Hotspot(Kind):
    """body: {"image", "alt", "pick"?, "rule"?, "least"?, "areas": [{"id", "name", "shape", "coords", "correct", "feedback",
    "share"?}]}; response as Single or, when several are picked, as Multiple."""

    name = "hotspot"
    label = gettext_lazy("Chọn chỗ trên hình")
    interaction = "choice"
    _NEEDS: ClassVar[tuple[str, ...]] = ("share", "feedback")

    def read(self, plain: Plain) -> dict[str, Any]:
        image, alt = base.text_of(plain.get("image")), base.text_of(plain.get("alt"))
        if not REFERENCE.fullmatch(image):
            raise Bad(_("câu này cần một tấm hình (image)."))
        if not alt:
            raise Bad(_("hãy tả tấm hình bằng lời (alt) cho người không nhìn thấy hình."))
        areas = [
            self._area(letter, value) for letter, value in zip(ascii_lowercase, base.list_of(plain, "areas", 2), strict=False)
        ]
        base.distinct([area["name"] for area in areas], "areas")
        several = base.one_of(plain, "pick", ("one", "several")) == "several"
        if several:
            return {"image": image, "alt": alt, "pick": "several", **read_rule(plain, areas), "areas": areas}
        check_single(areas)
        return {"image": image, "alt": alt, "areas": areas}

    def _area(self, letter: str, value: Any) -> dict[str, Any]:
        part = base.part_of(value, "areas")
        shape = base.one_of(part, "shape", ("rect", "circle", "poly"))
        coords, (least, most) = part.get("coords"), _SIZES[shape]
        if not isinstance(coords, list) or not all(type(one) is int and 0 <= one <= 1000 for one in coords):
            raise Bad(_("tọa độ của mỗi vùng là các số nguyên từ 0 đến 1000."))
        if shape == "rect" and len(coords) == 4 and (coords[0] >= coords[2] or coords[1] >= coords[3]):
            raise Bad(_("vùng “%(name)s”: góc trái trên phải đứng trước góc phải dưới.") % {"name": part.get("name", "")})
        if not least <= len(coords) <= most or (shape == "poly" and len(coords) % 2):
            raise Bad(_("vùng “%(name)s” thiếu hoặc thừa tọa độ.") % {"name": part.get("name", "")})
        area: dict[str, Any] = {
            "id": letter, "name": base.text_of(part.get("name")), "shape": shape, "coords": coords,
            "correct": part.get("correct") is True, "feedback": base.paragraphs_of(part.get("feedback")),
        }  # fmt: skip
        read_share(part, area)
        return area

    def tell(self, body: Body) -> dict[str, Any]:
        areas = [
            {
                "name": area["name"], "shape": area["shape"], "coords": list(area["coords"]),
                **({"correct": True} if area["correct"] else {}), **base.given({name: area.get(name) for name in self._NEEDS}),
            }
            for area in body["areas"]
        ]  # fmt: skip
        rules = base.given({name: body.get(name) for name in ("pick", "rule", "least")})
        return {"image": body["image"], "alt": body["alt"], **rules, "areas": areas}

    def show(self, body: Body, order: Sequence[str], response: Response) -> Shown:
        picked = picked_in(response)
        areas = tuple(
            Area(
                value=str(place),
                name=area["name"],
                shape=area["shape"],
                coords=tuple(area["coords"]),
                chosen=area["id"] in picked,
            )
            for place, area in enumerate(body["areas"], 1)
        )
        return Shown(kind=self.name, image=body["image"], alt=body["alt"], areas=areas, several="pick" in body)

    def wording(self, stem: str, body: Body) -> str:
        return f"{stem}\n\n![{body['alt'].translate(_BRACKETS)}]({body['image']})"

    def parse(self, body: Body, order: Sequence[str], fields: Fields) -> Response:
        ids = [area["id"] for area in body["areas"]]
        if "pick" not in body:
            token = base.one(fields, "answer")
            return {"choice": base.served(ids, token)} if token else {}
        found = sorted({base.served(ids, str(token)) for token in fields.get("answer", []) if token})
        return {"choices": found} if found else {}

    def fits(self, body: Body, response: Response) -> bool:
        ids = {area["id"] for area in body["areas"]}
        return set(response["choices"]) <= ids if "pick" in body else response["choice"] in ids

    def mark(self, body: Body, response: Response) -> Fraction:
        if "pick" in body:
            return mark_several(body, body["areas"], picked_in(response))
        return max((share(area) for area in body["areas"] if area["id"] == response.get("choice")), default=Fraction(0))

    def least(self, body: Body) -> Fraction:
        return Fraction(body.get("least", 0)) if "pick" in body else min(Fraction(0), *(share(area) for area in body["areas"]))

    def summarise(self, body: Body, response: Response) -> list[str]:
        picked = picked_in(response)
        return [area["name"] for area in body["areas"] if area["id"] in picked]

    def right(self, body: Body) -> Response:
        if "pick" in body:
            return {"choices": [area["id"] for area in body["areas"] if area["correct"]]}
        return {"choice": max(body["areas"], key=share)["id"]}

    def remarks(self, body: Body, response: Response) -> list[str]:
        picked = picked_in(response)
        return [area["feedback"] for area in body["areas"] if area["id"] in picked and area["feedback"]]

    def explain(self, body: Body) -> str:
        return explain_several(body) if "pick" in body else _("Chọn đúng chỗ trên hình thì được trọn điểm.")

    def components(self, body: Body) -> dict[str, Any]:
        return {"choices": [base.component(area["id"], area["name"]) for area in body["areas"]]}

    def spoken(self, body: Body, response: Response, *, right: bool) -> str | None:
        return "[,]".join(sorted(picked_in(response)))
