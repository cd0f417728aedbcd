"""Moodle XML (docs.moodle.org/en/Moodle_XML_format), in and out.

What it has no words for stands in an element `hoc-ai` of the question (`quizzes.formats.notes`), which Moodle skips.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from django.utils.translation import gettext as _

from quizzes.formats import cloze, markup, notes
from quizzes.formats.encodings import clean
from quizzes.formats.items import Item, Reading, Unreadable
from quizzes.formats.notes import Found
from quizzes.formats.qti import tree

_NOTE = "hoc-ai"
_PLACE = re.compile(r"\[\[(\d{1,2})\]\]")
_LOST_FEEDBACK = ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback")


# --- reading ---------------------------------------------------------------------------------------------------------


def read(data: bytes) -> Reading:
    """Raises Unreadable."""
    try:
        root = tree.parse(data)
    except tree.Unusable as error:
        raise Unreadable(str(error)) from error
    if root.tag != "quiz":
        raise Unreadable(_("Tệp XML này không phải ngân hàng câu hỏi của Moodle (quiz)."))
    return notes.collect(_questions(root))


def _questions(root: Element) -> Iterator[Found]:
    category: tuple[str, ...] = ()
    for element in root.iter("question"):
        if element.get("type") == "category":
            category = notes.path_of(_said(element, "category/text"))
        else:
            yield _Question(element, category).read()


def _said(element: Element, path: str) -> str:
    found = element.find(path)
    return clean("".join(found.itertext())) if found is not None else ""


class _Odd(ValueError):
    """Why a question cannot be taken, to the author."""


class _Question:
    """One element `question`."""

    def __init__(self, element: Element, category: tuple[str, ...]) -> None:
        self.element = element
        self.kind = element.get("type", "")
        name = " ".join(_said(element, "name/text").split())[:200]
        self.found = Found(line=tree.line_of(element), name=name, category=category, note=_said(element, _NOTE))

    def read(self) -> Found:
        reader = _READERS.get(self.kind)
        if self.kind == "description":
            self.found.refused = _("Đây là đoạn giới thiệu, không có gì để trả lời. Hãy chép nó vào bài học hoặc vào câu đi sau.")
        elif reader is None:
            told = {"name": self.kind[:40]}
            self.found.refused = _("Câu dùng kiểu trả lời “%(name)s”, ở đây không có. Hãy soạn lại thành một kiểu khác.") % told
        else:
            try:
                self.found.plain = {**self._common(), **reader(self)}
            except _Odd as reason:
                self.found.refused = str(reason)
        return self.found

    # --- texts

    def text(
        self, element: Element | None, read: Callable[[str, markup.Source], str] = markup.read_html, *,
        first: Callable[[str], str] = str,
    ) -> str:  # fmt: skip
        """The text of an element with its files, as Markdown. `first` sees it as it stands in the file."""
        if element is None:
            return ""
        origin = markup.Source(files=self._files(element))
        inner = element.find("text")
        source = inner if inner is not None else None if len(element) else element
        whole = first(clean("".join(source.itertext()))) if source is not None else ""
        told = markup.read_formatted(whole, element.get("format", "html"), origin, read)
        self.found.media |= origin.media
        for sentence in origin.lost:
            self.found.lose(sentence)
        return told

    def _files(self, element: Element) -> dict[str, bytes]:
        files = {}
        for file in element.iter("file"):
            name = file.get("name", "")
            try:
                files[name] = base64.b64decode("".join(file.itertext()))
            except (binascii.Error, ValueError):
                self.found.lose(_("Tệp “%(name)s” không có hoặc không phải hình hay tiếng.") % {"name": name[:80]})
        return files

    def words(self, element: Element | None) -> str:
        return self.text(element, markup.read_plain)

    def _share(self, answer: Element) -> Fraction:
        share = notes.share_of(answer.get("fraction", "0"))
        if share is None or abs(share) > 1:
            raise _Odd(_("tỷ lệ “%(said)s” không phải là số phần trăm.") % {"said": answer.get("fraction", "")[:20]})
        return share

    def _answers(self) -> list[tuple[Element, Fraction, str]]:
        return [(one, self._share(one), self.text(one.find("feedback"))) for one in self.element.findall("answer")]

    def _common(self) -> dict[str, Any]:
        for name in ("hint", *_LOST_FEEDBACK):
            if any(_said(one, "text").strip() for one in self.element.findall(name)):
                self.found.lose(_("Gợi ý và lời nhắn chung theo kết quả không có chỗ ở đây nên bị bỏ."))
        mark = _said(self.element, "defaultgrade").strip() or "1"
        tags = [" ".join(_said(one, "text").split()) for one in self.element.findall("tags/tag")]
        return {
            "id": _said(self.element, "idnumber").strip()[:60], "name": self.found.name, "tags": [one for one in tags if one],
            "stem": self.text(self.element.find("questiontext")), "feedback": self.text(self.element.find("generalfeedback")),
            "mark": self._mark(mark),
        }  # fmt: skip

    def _mark(self, said: str) -> str:
        try:
            mark = Decimal(said)
            if 0 < mark <= 100:
                return f"{mark.normalize():f}"
        except InvalidOperation:
            pass
        self.found.lose(_("Điểm của câu trong tệp (%(mark)s) ngoài khoảng cho phép nên được ghi là 1.") % {"mark": said[:20]})
        return "1"

    # --- kinds

    def choice(self) -> dict[str, Any]:
        one = _said(self.element, "single").strip().lower() not in {"false", "0"}
        options = []
        for answer, share, feedback in self._answers():
            text = self.text(answer, markup.read_line)
            correct = share == 1 if one else share > 0
            options.append({"text": text, "correct": correct, "share": str(share), "feedback": feedback})
        return (
            {"kind": "single", "options": options} if one else {"kind": "multiple", **notes.balance(options), "options": options}
        )

    def truth(self) -> dict[str, Any]:
        told = {self.words(one).strip().lower(): (share, feedback) for one, share, feedback in self._answers()}
        if set(told) != {"true", "false"}:
            raise _Odd(_("Câu đúng hay sai phải có hai câu trả lời true và false."))
        answer = told["true"][0] > 0
        return {"kind": "true_false", "answer": answer, "feedback_true": told["true"][1], "feedback_false": told["false"][1]}

    def short(self) -> dict[str, Any]:
        accept = []
        for answer, share, feedback in self._answers():
            said = self.words(answer)
            if said.strip("* ") == "" or share < 0:
                self._lose_others()
            else:
                accept.append({"text": said, "share": str(share), "feedback": feedback})
        case = {"case": "keep"} if _said(self.element, "usecase").strip() in {"1", "true"} else {}
        wild = {"wildcards": True} if any("*" in one["text"] for one in accept) else {}
        return {"kind": "short_text", "accept": accept, "accents": "keep", **case, **wild}

    def _lose_others(self) -> None:
        self.found.lose(_("Phản hồi cho mọi câu trả lời khác không có chỗ ở kiểu câu này nên bị bỏ."))

    def number(self) -> dict[str, Any]:
        read = []
        for answer, share, feedback in self._answers():
            said = self.words(answer).strip()
            if said == "*" or share < 0:
                self._lose_others()
            else:
                tolerance = _said(answer, "tolerance").strip() or "0"
                read.append((share, {"answer": _decimal(said), "tolerance": f"{abs(Decimal(_decimal(tolerance))):f}"}, feedback))
        told = notes.numbers(read)
        if told is None:
            raise _Odd(_("phải có một câu trả lời được trọn điểm."))
        return {**told, **self._units()}

    def _units(self) -> dict[str, Any]:
        units = [
            (" ".join(_said(one, "unit_name").split()), Decimal(_decimal(_said(one, "multiplier").strip() or "1")))
            for one in self.element.findall("units/unit")
        ]
        base = next((name for name, factor in units if factor == 1), "")
        # Moodle divides what was typed by the multiplier of its unit.
        others = [{"unit": name, "factor": _short(1 / factor)} for name, factor in units if name != base and factor]
        return {"unit": base, "units": others} if units else {}

    def matching(self) -> dict[str, Any]:
        pairs, extra = [], []
        for one in self.element.findall("subquestion"):
            left, right = self.words(one), self.words(one.find("answer"))
            if left:
                pairs.append({"left": left, "right": right})
            else:
                extra.append(right)
        sides = {pair["right"] for pair in pairs}
        return {"kind": "matching", "pairs": pairs, "extra": [one for one in dict.fromkeys(extra) if one and one not in sides]}

    def ordering(self) -> dict[str, Any]:
        ranked = []
        for place, answer in enumerate(self.element.findall("answer")):
            said = answer.get("fraction", "")
            rank = float(said) if re.fullmatch(r"\d{1,6}(\.\d{1,9})?", said) else float(place)
            ranked.append((rank, place, self.words(answer)))
        return {"kind": "ordering", "items": [text for _rank, _place, text in sorted(ranked)]}

    def cloze(self) -> dict[str, Any]:
        """The text itself asks; the stem only says so."""
        gaps: list[dict[str, Any]] = []
        try:
            text = self.text(self.element.find("questiontext"), first=lambda said: cloze.take_out(said, gaps))
        except cloze.Odd as reason:
            raise _Odd(str(reason)) from reason
        return self._gaps(text, gaps)

    def pool(self) -> dict[str, Any]:
        """Words to be chosen for numbered places (gapselect, ddwtos): those of the right one's group are offered."""
        tag = "selectoption" if self.kind == "gapselect" else "dragbox"
        pool = [(self.words(one), _said(one, "group").strip() or "1") for one in self.element.findall(tag)]
        gaps: list[dict[str, Any]] = []

        def gap(match: re.Match[str]) -> str:
            place = int(match[1])
            if not 1 <= place <= len(pool):
                raise _Odd(_("Chỗ trống [[%(place)s]] không có trong các mẩu chữ.") % {"place": place})
            right, group = pool[place - 1]
            offered = list(dict.fromkeys(word for word, other in pool if other == group))
            gaps.append({"kind": "chosen", "options": [{"text": one, "correct": one == right} for one in offered]})
            return cloze.placeholder(len(gaps))

        text = self.text(self.element.find("questiontext"), first=lambda said: _PLACE.sub(gap, said))
        return self._gaps(text, gaps)

    def _gaps(self, text: str, gaps: Sequence[dict[str, Any]]) -> dict[str, Any]:
        if not gaps:
            raise _Odd(_("Đoạn văn này không có chỗ trống nào đọc được."))
        named = {str(place): gap for place, gap in enumerate(gaps, 1)}
        return {"stem": _("Điền vào chỗ trống."), "kind": "gaps", "text": cloze.name_places(text), "gaps": named}

    def essay(self) -> dict[str, Any]:
        files = int(said) if (said := _said(self.element, "attachments").strip()).lstrip("-").isdigit() else 0
        markers = self.text(self.element.find("graderinfo"))
        if _said(self.element, "responseformat").strip() == "noinline" and files:
            return {"kind": "file", "files": min(5, files) if files > 0 else 5, "for_markers": markers}
        if files:
            self.found.lose(_("Tệp đính kèm vào bài viết không có chỗ ở kiểu câu này nên bị bỏ."))

        def count(name: str) -> int:
            said = _said(self.element, name).strip()
            return int(said) if said.isdigit() and len(said) < 6 else 0

        least, most = count("minwordlimit"), count("maxwordlimit")
        return {
            "kind": "essay", "lines": min(40, max(2, count("responsefieldlines") or 10)), "for_markers": markers,
            "words": [least, most if most >= least else 0], "start": self.text(self.element.find("responsetemplate")),
        }  # fmt: skip


_READERS: dict[str, Callable[[_Question], dict[str, Any]]] = {
    "multichoice": _Question.choice, "truefalse": _Question.truth, "shortanswer": _Question.short, "numerical": _Question.number,
    "matching": _Question.matching, "ordering": _Question.ordering, "cloze": _Question.cloze, "multianswer": _Question.cloze,
    "gapselect": _Question.pool, "ddwtos": _Question.pool, "essay": _Question.essay,
}  # fmt: skip


def _decimal(said: str) -> str:
    """A number of a file, with a decimal point. Raises _Odd."""
    number = notes.number_of(said)
    if number is None:
        raise _Odd(_("“%(said)s” không phải là số.") % {"said": said[:40]})
    return f"{number:f}"


def _short(number: Decimal) -> str:
    return f"{number.quantize(Decimal('1e-12')).normalize():f}" if number.adjusted() < 15 else f"{number:f}"


# --- writing ---------------------------------------------------------------------------------------------------------


def write(items: Sequence[Item], media: Mapping[str, bytes]) -> bytes:
    root = Element("quiz")
    category: tuple[str, ...] = ()
    for item in items:
        if item.category != category:
            category = item.category
            _text(SubElement(SubElement(root, "question", type="category"), "category"), notes.text_of_path(category))
        root.append(_Writer(media).tell(item))
    indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="utf-8") + b"\n"


def _text(parent: Element, said: str) -> Element:
    SubElement(parent, "text").text = said
    return parent


class _Writer:
    def __init__(self, media: Mapping[str, bytes]) -> None:
        self.media = media

    def tell(self, item: Item) -> Element:
        plain = item.plain
        kind, tell = _TELLERS.get(plain["kind"], ("essay", _Writer._essay))
        element = Element("question", type=kind)
        _text(SubElement(element, "name"), str(plain.get("name") or ""))
        self._html(element, "questiontext", plain["stem"])
        self._html(element, "generalfeedback", plain.get("feedback", ""))
        SubElement(element, "defaultgrade").text = str(plain.get("mark", 1))
        SubElement(element, "idnumber").text = str(plain.get("id", ""))
        tell(self, element, plain)
        tags = SubElement(element, "tags")
        for one in plain.get("tags", []):
            _text(SubElement(tags, "tag"), one)
        read = _Question(self._numbered(element), ()).read()
        note = notes.write(plain, read.plain)
        if note:
            SubElement(element, _NOTE).text = note
        return element

    def _numbered(self, element: Element) -> Element:
        """As our own reader gets it: files written down and read again."""
        return tree.parse(tostring(element, encoding="utf-8"))

    def _html(self, parent: Element, name: str, markdown: str, *, line: bool = False) -> Element:
        used: dict[str, bytes] = {}

        def address(found: str) -> str:
            if found in self.media:
                used[found] = self.media[found]
            return f"@@PLUGINFILE@@/{found}"

        element = SubElement(parent, name, format="html")
        _text(element, (markup.write_line if line else markup.write_html)(markdown, address))
        for file, data in used.items():
            SubElement(element, "file", name=file, path="/", encoding="base64").text = base64.b64encode(data).decode()
        return element

    def _answer(self, parent: Element, share: Fraction, said: str, feedback: str, *, html: bool = False) -> Element:
        if html:
            answer = self._html(parent, "answer", said, line=True)
        else:
            answer = _text(SubElement(parent, "answer", format="plain_text"), said)
        answer.set("fraction", notes.percent_of(share))
        self._html(answer, "feedback", feedback)
        return answer

    def _multichoice(self, element: Element, plain: Mapping[str, Any]) -> None:
        one = plain["kind"] == "single"
        SubElement(element, "single").text = "true" if one else "false"
        SubElement(element, "shuffleanswers").text = "1"
        right = sum(option.get("correct") is True for option in plain["options"])
        for option in plain["options"]:
            share = Fraction(str(option.get("share", int(option.get("correct") is True))))
            if not one and plain.get("rule") != "shares":
                share = Fraction(1 if option.get("correct") else -1, right)
            self._answer(element, share, option["text"], option.get("feedback", ""), html=True)

    def _truefalse(self, element: Element, plain: Mapping[str, Any]) -> None:
        for value in (True, False):
            word = "true" if value else "false"
            self._answer(element, Fraction(plain["answer"] is value), word, plain.get(f"feedback_{word}", ""))

    def _shortanswer(self, element: Element, plain: Mapping[str, Any]) -> None:
        SubElement(element, "usecase").text = "1" if plain.get("case") == "keep" else "0"
        for value in plain["accept"]:
            one = value if isinstance(value, dict) else {"text": value}
            self._answer(element, Fraction(str(one.get("share", 1))), one["text"], one.get("feedback", ""))

    def _numerical(self, element: Element, plain: Mapping[str, Any]) -> None:
        first = {**plain, "share": 1, "feedback": plain.get("remark", "")}
        for one in (first, *plain.get("also", [])):
            answer = self._answer(element, Fraction(str(one.get("share", 1))), str(one["answer"]), one.get("feedback", ""))
            SubElement(answer, "tolerance").text = str(one.get("tolerance", 0))
        units = [(plain["unit"], "1")] if plain.get("unit") else []
        units += [(one["unit"], _short(1 / Decimal(str(one["factor"])))) for one in plain.get("units", [])]
        parent = SubElement(element, "units") if units else element
        for name, factor in units:
            unit = SubElement(parent, "unit")
            SubElement(unit, "multiplier").text = factor
            SubElement(unit, "unit_name").text = name

    def _matching(self, element: Element, plain: Mapping[str, Any]) -> None:
        pairs = [(pair["left"], pair["right"]) for pair in plain["pairs"]] + [("", one) for one in plain.get("extra", [])]
        for left, right in pairs:
            sub = _text(SubElement(element, "subquestion", format="plain_text"), left)
            _text(SubElement(sub, "answer", format="plain_text"), right)

    def _ordering(self, element: Element, plain: Mapping[str, Any]) -> None:
        for place, text in enumerate(plain["items"], 1):
            _text(SubElement(element, "answer", fraction=str(place), format="plain_text"), text)

    def _essay(self, element: Element, plain: Mapping[str, Any]) -> None:
        upload = plain["kind"] == "file"
        SubElement(element, "responseformat").text = "noinline" if upload else "editor"
        SubElement(element, "responsefieldlines").text = str(plain.get("lines", 10))
        SubElement(element, "attachments").text = str(plain.get("files", 1)) if upload else "0"
        least, most = plain.get("words", [0, 0])
        SubElement(element, "minwordlimit").text = str(least or "")
        SubElement(element, "maxwordlimit").text = str(most or "")
        self._html(element, "graderinfo", plain.get("for_markers", ""))
        self._html(element, "responsetemplate", plain.get("start", ""))


_TELLERS: dict[str, tuple[str, Callable[[_Writer, Element, Mapping[str, Any]], None]]] = {
    "single": ("multichoice", _Writer._multichoice), "multiple": ("multichoice", _Writer._multichoice),
    "true_false": ("truefalse", _Writer._truefalse), "short_text": ("shortanswer", _Writer._shortanswer),
    "number": ("numerical", _Writer._numerical), "matching": ("matching", _Writer._matching),
    "ordering": ("ordering", _Writer._ordering),
}  # fmt: skip
