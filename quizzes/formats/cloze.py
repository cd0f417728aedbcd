"""Moodle's embedded answers: `{1:SHORTANSWER:=a~%50%b#remark}` inside a text (docs.moodle.org/en/Embedded_Answers)."""

from __future__ import annotations

import html
import re
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from quizzes.formats import notes

_GAP = re.compile(r"\{(\d{0,3}):([A-Z_]{1,20}):((?:\\.|[^\\}])*)\}", re.DOTALL)
_TAG = re.compile(r"<[A-Za-z/][^<>]{0,500}>")
_FIRST, MOST_GAPS = 0xE200, 50
_HELD = re.compile("[\ue201-\ue2ff]")
_WEIGHT = re.compile(r"%([+-]?[\d.,]+)%")
_WORDS = {"SHORTANSWER", "SA", "MW", "SHORTANSWER_C", "SAC", "MWC"}
_NUMBERS = {"NUMERICAL", "NM"}
_CHOICES = {
    "MULTICHOICE", "MC", "MULTICHOICE_V", "MCV", "MULTICHOICE_H", "MCH", "MULTICHOICE_S", "MCS", "MULTICHOICE_VS", "MCVS",
    "MULTICHOICE_HS", "MCHS",
}  # fmt: skip


class Odd(ValueError):
    """Why a text cannot be taken, to the author."""


def placeholder(number: int) -> str:
    """One letter that no text has and that no reader of HTML changes."""
    return chr(_FIRST + number)


def name_places(markdown: str) -> str:
    """Placeholders as the plain form names gaps: [[1]]."""
    return _HELD.sub(lambda held: f"[[{ord(held[0]) - _FIRST}]]", markdown)


def take_out(source: str, gaps: list[dict[str, Any]]) -> str:
    """The text, HTML or not, with a placeholder for every gap; what they take is put into `gaps`. Raises Odd."""

    def gap(match: re.Match[str]) -> str:
        weight = int(match[1] or 1)
        told = html.unescape(_TAG.sub(" ", match[3]))
        gaps.append({**_gap(match[2].upper(), told), **({"weight": weight} if weight > 1 else {})})
        if len(gaps) > MOST_GAPS:
            raise Odd(_("Câu này có hơn %(most)s chỗ trống. Hãy chia thành nhiều câu.") % {"most": MOST_GAPS})
        return placeholder(len(gaps))

    return _GAP.sub(gap, _HELD.sub("", source))


def _gap(kind: str, said: str) -> dict[str, Any]:
    answers = [_answer(one) for one in re.split(r"(?<!\\)~", said)]
    if kind in _WORDS:
        accept = [{"text": text, "share": str(share), "feedback": remark} for text, share, remark in answers if share > 0]
        case = {"case": "keep"} if kind in {"SHORTANSWER_C", "SAC", "MWC"} else {}
        wild = {"wildcards": True} if any("*" in one["text"] for one in accept) else {}
        return {"kind": "typed", "accept": accept, "accents": "keep", **case, **wild}
    if kind in _CHOICES:
        options = [
            {"text": text, "correct": share == 1, "share": str(share), "feedback": remark} for text, share, remark in answers
        ]
        return {"kind": "chosen", "options": options}
    if kind in _NUMBERS:
        return _number(answers)
    raise Odd(_("Chỗ trống kiểu “%(kind)s” ở đây không có.") % {"kind": kind})


def _answer(said: str) -> tuple[str, Fraction, str]:
    said = said.strip()
    share = Fraction(0)
    if said.startswith("="):
        share, said = Fraction(1), said[1:]
    weight = _WEIGHT.match(said)
    if weight:
        told = notes.share_of(weight[1])
        if told is None or abs(told) > 1:
            raise Odd(_("tỷ lệ “%(said)s” không phải là số phần trăm.") % {"said": weight[1][:20]})
        share, said = told, said[weight.end() :]
    text, _mark, remark = re.sub(r"\\#", "\ue000", said).partition("#")
    return _free(text), share, _free(remark)


def _free(text: str) -> str:
    return " ".join(re.sub(r"\\(.)", r"\1", text.replace("\ue000", "#")).split())


def _number(answers: list[tuple[str, Fraction, str]]) -> dict[str, Any]:
    read = []
    for text, share, remark in answers:
        if share > 0:
            answer, _colon, tolerance = text.partition(":")
            read.append((share, {"answer": _decimal(answer), "tolerance": _decimal(tolerance or "0")}, remark))
    told = notes.numbers(read)
    if told is None:
        raise Odd(_("phải có một câu trả lời được trọn điểm."))
    return told


def _decimal(said: str) -> str:
    number = notes.number_of(said)
    if number is None:
        raise Odd(_("“%(said)s” không phải là số.") % {"said": said[:40]})
    return f"{number:f}"
