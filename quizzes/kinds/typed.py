"""A few words, or a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.text import nfc
from quizzes.kinds import base
from quizzes.kinds.base import TEXT_LIMIT, Bad, Body, Fields, Kind, Plain, Response, ResponseError, Shown
from quizzes.kinds.reading import fits, readings, words

NUMBER_LIMIT = 40
_MOST = 100


# --- words -----------------------------------------------------------------------------------------------------------


def read_accepted(plain: Plain) -> dict[str, Any]:
    """accept, accents, case and wildcards of a typed answer. Raises Bad."""
    options = {name: base.one_of(plain, name, ("ignore", "keep")) for name in ("accents", "case")}
    wild = plain.get("wildcards") is True
    values = [value if isinstance(value, dict) else {"text": value} for value in base.list_of(plain, "accept", 1, _MOST)]
    texts = base.distinct([base.text_of(value.get("text")) for value in values], "accept")
    for text in texts:
        if len(text) > TEXT_LIMIT or not words(text.replace("*", "") if wild else text, **options):
            raise Bad(_("một câu trả lời trong “accept” không có chữ nào, hoặc dài quá 200 chữ cái."))
    accept: list[Any] = []
    for text, value in zip(texts, values, strict=True):
        worth, feedback = base.share_of(value.get("share", 1)), base.paragraphs_of(value.get("feedback"))
        if worth < 0:
            raise Bad(_("câu viết không trừ điểm: tỷ lệ phải từ 0 đến 1."))
        said = {**({"share": str(worth)} if worth != 1 else {}), **base.given({"feedback": feedback})}
        accept.append({"text": text, **said} if said else text)
    if not any(isinstance(one, str) or "share" not in one for one in accept):
        raise Bad(_("phải có một câu trả lời được trọn điểm."))
    kept = {name: value for name, value in options.items() if value != "ignore"}
    return {"accept": accept, **kept, **({"wildcards": True} if wild else {})}


def tell_accepted(body: Body) -> dict[str, Any]:
    rest = {name: body[name] for name in ("accents", "case", "wildcards") if name in body}
    return {"accept": [dict(one) if isinstance(one, dict) else one for one in body["accept"]], **rest}


def accepted(body: Body, text: str) -> Mapping[str, Any] | None:
    """The first of the accepted answers that `text` is: {"text", "share"?, "feedback"?}; None when it is none."""
    options = {"accents": body.get("accents", "ignore"), "case": body.get("case", "ignore")}
    given = words(text, **options)
    for one in body["accept"] if given else []:
        answer = {"text": one} if isinstance(one, str) else one
        if body.get("wildcards"):
            pattern = "*".join(words(part, **options) for part in answer["text"].split("*"))
            if fits(pattern, given):
                return answer
        elif given == words(answer["text"], **options):
            return answer
    return None


def sample(body: Body) -> str:
    """An answer that earns the whole mark."""
    for one in body["accept"]:
        if isinstance(one, str) or "share" not in one:
            return (one if isinstance(one, str) else one["text"]).replace("*", "" if body.get("wildcards") else "*").strip()
    return ""


def explain_accepted(body: Body) -> str:
    said = [_("Được điểm khi viết giống một trong các câu trả lời được chấp nhận.")]
    ignored = [name for name, word in ((_("dấu"), "accents"), (_("hoa hay thường"), "case")) if body.get(word) != "keep"]
    if ignored:
        said.append(_("Không xét %(what)s.") % {"what": ", ".join(ignored)})
    if body.get("wildcards"):
        said.append(_("Dấu * thay cho chữ bất kỳ."))
    return " ".join(said)


class ShortText(Kind):
    """body: {"accept": [str | {"text", "share"?, "feedback"?}], "accents"?, "case"?, "wildcards"?}; response: {"text"}"""

    name = "short_text"
    label = gettext_lazy("Viết vài chữ")
    interaction = "fill-in"

    def read(self, plain: Plain) -> dict[str, Any]:
        return read_accepted(plain)

    def tell(self, body: Body) -> dict[str, Any]:
        return tell_accepted(body)

    def show(self, body: Body, order: Sequence[str], response: Response) -> Shown:
        return Shown(kind=self.name, text=response.get("text", ""))

    def parse(self, body: Body, order: Sequence[str], fields: Fields) -> Response:
        text = base.one(fields, "answer")
        if len(text) > TEXT_LIMIT:
            raise ResponseError(_("Câu trả lời dài quá %(limit)s chữ cái. Câu này chỉ cần vài chữ.") % {"limit": TEXT_LIMIT})
        return {"text": text} if text else {}

    def redraw(self, body: Body, order: Sequence[str], fields: Fields) -> Shown:
        return Shown(kind=self.name, text=base.one(fields, "answer"))

    def fits(self, body: Body, response: Response) -> bool:
        return isinstance(response["text"], str) and len(response["text"]) <= TEXT_LIMIT

    def mark(self, body: Body, response: Response) -> Fraction:
        found = accepted(body, response.get("text", ""))
        return Fraction(found.get("share", 1)) if found else Fraction(0)

    def summarise(self, body: Body, response: Response) -> list[str]:
        return [response["text"]]

    def right(self, body: Body) -> Response:
        return {"text": sample(body)}

    def remarks(self, body: Body, response: Response) -> list[str]:
        found = accepted(body, response.get("text", ""))
        return [found["feedback"]] if found and found.get("feedback") else []

    def explain(self, body: Body) -> str:
        return explain_accepted(body)

    def spoken(self, body: Body, response: Response, *, right: bool) -> str | None:
        return str(response["text"]) if right else None


# --- numbers ---------------------------------------------------------------------------------------------------------


def read_answers(plain: Plain) -> dict[str, Any]:
    """answer, tolerance, also and remark of a number. Raises Bad."""
    read = _answer(plain)
    also = []
    for value in base.list_of({"also": plain.get("also") or []}, "also", 0, _MOST):
        part = base.part_of(value, "also")
        worth = base.share_of(part.get("share", 1))
        if worth < 0:
            raise Bad(_("câu viết không trừ điểm: tỷ lệ phải từ 0 đến 1."))
        also.append({
            **_answer(part), **({"share": str(worth)} if worth != 1 else {}),
            **base.given({"feedback": base.paragraphs_of(part.get("feedback"))}),
        })  # fmt: skip
    return {**read, **base.given({"also": also, "remark": base.paragraphs_of(plain.get("remark"))})}


def _answer(plain: Plain) -> dict[str, Any]:
    answer = base.number_of(plain.get("answer"), "answer")
    tolerance = base.number_of(plain.get("tolerance", 0), "tolerance")
    if tolerance < 0:
        raise Bad(_("“answer” và “tolerance” phải là số, “tolerance” không âm."))
    return {"answer": f"{answer:f}", "tolerance": f"{tolerance:f}"}


def tell_answers(body: Body) -> dict[str, Any]:
    also = [
        {
            "answer": base.digits(one["answer"]), "tolerance": base.digits(one["tolerance"]),
            **base.given({name: one.get(name) for name in ("share", "feedback")}),
        }
        for one in body.get("also", [])
    ]  # fmt: skip
    told = {"answer": base.digits(body["answer"]), "tolerance": base.digits(body["tolerance"])}
    return {**told, **base.given({"also": also, "remark": body.get("remark")})}


def answered(body: Body, values: set[Decimal]) -> Mapping[str, Any] | None:
    """The answer that one of `values` is; the whole mark first. None when it is none."""
    answers = [{**body, "share": "1", "feedback": body.get("remark", "")}, *body.get("also", [])]
    for one in sorted(answers, key=lambda one: -Fraction(one.get("share", 1))):
        answer, tolerance = Decimal(one["answer"]), Decimal(one.get("tolerance", "0"))
        if any(abs(value - answer) <= tolerance for value in values):
            return one
    return None


class Number(Kind):
    """body: {"answer", "tolerance", "unit", "units"?: [{"unit", "factor"}], "also"?: [{"answer", "tolerance", "share"?,
    "feedback"?}], "remark"?}, numbers as text; response: {"number": "7,5", "unit"?: "km"} as typed"""

    name = "number"
    label = gettext_lazy("Điền số")
    interaction = "numeric"

    def read(self, plain: Plain) -> dict[str, Any]:
        read = read_answers(plain)
        unit = base.text_of(plain.get("unit"))
        units = []
        for value in base.list_of({"units": plain.get("units") or []}, "units", 0):
            part = base.part_of(value, "units")
            factor = base.number_of(part.get("factor"), "factor")
            if factor == 0:
                raise Bad(_("hệ số của đơn vị không được bằng 0."))
            units.append({"unit": base.text_of(part.get("unit")), "factor": f"{factor:f}"})
        base.distinct([one["unit"].casefold() for one in units] + ([unit.casefold()] if unit else []), "units")
        answer = {name: read.pop(name) for name in ("answer", "tolerance")}
        return {**answer, "unit": unit, **base.given({"units": units}), **read}

    def tell(self, body: Body) -> dict[str, Any]:
        told = tell_answers(body)
        units = [{"unit": one["unit"], "factor": base.digits(one["factor"])} for one in body.get("units", [])]
        answer = {name: told.pop(name) for name in ("answer", "tolerance")}
        return {**answer, **base.given({"unit": body["unit"], "units": units}), **told}

    def show(self, body: Body, order: Sequence[str], response: Response) -> Shown:
        typed = " ".join(part for part in (response.get("number", ""), response.get("unit", "")) if part)
        return Shown(kind=self.name, text=typed, unit=body.get("unit", ""))

    def parse(self, body: Body, order: Sequence[str], fields: Fields) -> Response:
        text = base.one(fields, "answer")
        unit = ""
        names = [nfc(body.get("unit", "")), *(one["unit"] for one in body.get("units", []))]
        for name in sorted(filter(None, names), key=len, reverse=True):
            if text.casefold().endswith(name.casefold()):
                text, unit = text[: len(text) - len(name)].strip(), name if name != names[0] else ""
                break
        if text and (len(text) > NUMBER_LIMIT or not readings(text)):
            raise ResponseError(_("Ô này chỉ nhận số. Bạn viết bằng chữ số, ví dụ 7 hoặc 7,5."))
        return {"number": text, **({"unit": unit} if unit else {})} if text else {}

    def redraw(self, body: Body, order: Sequence[str], fields: Fields) -> Shown:
        return Shown(kind=self.name, text=base.one(fields, "answer"), unit=body.get("unit", ""))

    def fits(self, body: Body, response: Response) -> bool:
        units = {"", *(one["unit"] for one in body.get("units", []))}
        return (
            len(response["number"]) <= NUMBER_LIMIT and bool(readings(response["number"])) and response.get("unit", "") in units
        )

    def _found(self, body: Body, response: Response) -> Mapping[str, Any] | None:
        factors = {one["unit"]: Decimal(one["factor"]) for one in body.get("units", [])}
        factor = factors.get(response.get("unit", ""), Decimal(1))
        return answered(body, {value * factor for value in readings(response.get("number", ""))})

    def mark(self, body: Body, response: Response) -> Fraction:
        found = self._found(body, response)
        return Fraction(found.get("share", 1)) if found else Fraction(0)

    def summarise(self, body: Body, response: Response) -> list[str]:
        return [f"{response['number']} {response.get('unit') or body.get('unit', '')}".strip()]

    def right(self, body: Body) -> Response:
        return {"number": body["answer"].replace(".", ",")}

    def remarks(self, body: Body, response: Response) -> list[str]:
        found = self._found(body, response) if response else None
        return [found["feedback"]] if found and found.get("feedback") else []

    def explain(self, body: Body) -> str:
        told = {"answer": body["answer"].replace(".", ","), "tolerance": body["tolerance"].replace(".", ",")}
        if Decimal(body["tolerance"]):
            return _("Được trọn điểm khi số viết ra lệch %(answer)s không quá %(tolerance)s.") % told
        return _("Được trọn điểm khi số viết ra đúng bằng %(answer)s.") % told

    def spoken(self, body: Body, response: Response, *, right: bool) -> str | None:
        return str(response["number"]).replace(",", ".")
