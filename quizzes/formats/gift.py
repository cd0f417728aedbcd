"""GIFT, the plain text format of Moodle (docs.moodle.org/en/GIFT_format), in and out.

What GIFT has no words for stands in a comment before the question (`quizzes.formats.notes`): others skip it, we read it back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from quizzes.formats import markup, notes
from quizzes.formats.encodings import decode
from quizzes.formats.items import Item, Reading
from quizzes.formats.notes import Found

_NOTE = "hoc-ai "
_TITLE = re.compile(r"\s*::(.*?)::", re.DOTALL)
_FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_WEIGHT = re.compile(r"\s*%\s*([+-]?[\d.,]+)\s*%")
_CLOSING = re.compile(r"[\]\\]")
_MARKS = re.compile(r"\[(id|tag):((?:[^\]\\]|\\.){1,200})\]")
_NUMBER = r"\s*([+-]?\d[\d.,]*(?:[eE][+-]?\d{1,2})?)\s*"
_RANGE = re.compile(rf"{_NUMBER}\.\.{_NUMBER}")
_AROUND = re.compile(rf"{_NUMBER}(?::{_NUMBER})?")
_BLANK = "_____"
_SPECIAL = "~=#{}:\\"
# An escaped sign while the text is taken apart: the n-th of _SPECIAL, and a line end.
_HELD = {f"\\{sign}": chr(0xE100 + place) for place, sign in enumerate(_SPECIAL)} | {"\\n": "\ue110"}
_FREE = {held: sign[1:] if sign != "\\n" else "\n" for sign, held in _HELD.items()}
_ESCAPED = re.compile(r"\\[~=#{}:\\n]")
_FREED = re.compile("[\ue100-\ue110]")
_TRUTH = {"T": True, "TRUE": True, "F": False, "FALSE": False}


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass
class _Block:
    """The lines of one question, and what the comments before it say."""

    line: int
    lines: list[str] = field(default_factory=list)
    code: str = ""
    tags: list[str] = field(default_factory=list)
    note: str = ""
    category: tuple[str, ...] = ()


def read(data: bytes) -> Reading:
    """Raises Unreadable."""
    text, encoding = decode(data)
    return notes.collect(map(_question, _blocks(text)), encoding)


def _blocks(text: str) -> Iterator[_Block]:
    """Questions are parted by blank lines; a blank line inside braces belongs to its question, unless another begins."""
    category: tuple[str, ...] = ()
    block, depth = _Block(line=1), 0
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if depth > 0 and block.lines and (bare.startswith(("::", "$CATEGORY:"))) and not block.lines[-1].strip():
            yield block
            block, depth = _Block(line=number, category=category), 0
        if bare.startswith("//") and depth <= 0:
            _comment(block, bare[2:].strip())
        elif bare.startswith("$CATEGORY:") and depth <= 0:
            if block.lines:
                yield block
                block = _Block(line=number)
            category = notes.path_of(bare.removeprefix("$CATEGORY:"))
        elif bare or depth > 0:
            if not block.lines:
                block.line, block.category = number, category
            block.lines.append(line)
            held = _ESCAPED.sub("", line)
            depth += held.count("{") - held.count("}")
        elif block.lines:
            yield block
            block, depth = _Block(line=number), 0
    if block.lines:
        yield block


def _comment(block: _Block, said: str) -> None:
    if said.startswith(_NOTE):
        block.note = said.removeprefix(_NOTE)
        return
    for kind, value in _MARKS.findall(said):
        kept = re.sub(r"\\(.)", r"\1", value).strip()
        if kind == "id":
            block.code = kept
        else:
            block.tags.append(kept)


def _question(block: _Block) -> Found:
    origin = markup.Source()
    found = Found(line=block.line, category=block.category, note=block.note, media=origin.media)
    held = _ESCAPED.sub(lambda sign: _HELD[sign[0]], "\n".join(block.lines).strip())
    if len(held) > notes.LONGEST_QUESTION:
        found.refused = _("Câu này dài quá 50.000 chữ cái.")
        return found
    title = _TITLE.match(held)
    if title:
        found.name = " ".join(_free(title[1]).split())[:200]
        held = held[title.end() :]
    form = "moodle"
    asked = _FORMAT.match(held)
    if asked:
        form, held = asked[1].lower(), held[asked.end() :]
    opened, closed = held.find("{"), held.find("}")
    if opened < 0 and closed < 0:
        found.refused = _("Đây là đoạn giới thiệu, không có gì để trả lời. Hãy chép nó vào bài học hoặc vào câu đi sau.")
        return found
    if opened < 0 or closed < opened:
        found.refused = _("Dấu ngoặc { } không đủ cặp. Hãy mở trước rồi đóng sau, và viết \\{ hoặc \\} cho dấu ngoặc trong chữ.")
        return found
    stem, tail = held[:opened].rstrip(" "), held[closed + 1 :].strip()
    answer, general = _parted(held[opened + 1 : closed], "####")
    if "{" in answer or "{" in tail:
        found.refused = _("Một câu chỉ có một phần trả lời trong { }. Hãy tách câu này ra.")
        return found
    whole = f"{stem} {_BLANK} {tail}" if tail else stem
    found.plain = {
        "id": block.code, "tags": block.tags, "name": found.name,
        "stem": markup.read_formatted(_free(whole), form, origin),
        "feedback": markup.read_formatted(_free(general.strip()), form, origin) if general.strip() else "",
    }  # fmt: skip
    try:
        found.plain |= _Answers(form, origin, found).read(answer.strip())
    except _Odd as reason:
        found.refused = str(reason)
    found.lost += origin.lost
    if "media:" in str(found.plain) and not origin.media:
        found.lose(_("Tệp GIFT không mang theo hình. Hình phải có sẵn trong ngân hàng."))
    return found


def _parted(text: str, mark: str) -> tuple[str, str]:
    before, _mark, after = text.partition(mark)
    return before, after


def _free(text: str) -> str:
    return _FREED.sub(lambda held: _FREE[held[0]], text)


class _Odd(ValueError):
    """Why an answer cannot be understood, to the author."""


@dataclass
class _Answer:
    """`right`: with "=". `share` is None where no weight is given."""

    text: str
    right: bool
    share: Fraction | None
    feedback: str


class _Answers:
    def __init__(self, form: str, origin: markup.Source, found: Found) -> None:
        self.form, self.origin, self.found = form, origin, found

    def read(self, answer: str) -> dict[str, Any]:
        """The part in braces, by what is in it, as Moodle decides. Raises _Odd."""
        if not answer:
            return {"kind": "essay"}
        if answer.startswith("#"):
            return self._number(answer[1:])
        if "~" in answer:
            return self._options(answer)
        if "=" in answer and "->" in answer:
            return self._matching(answer)
        said, feedback = _parted(answer, "#")
        if said.strip().upper() in _TRUTH:
            return self._truth(_TRUTH[said.strip().upper()], feedback)
        return self._words(answer)

    def _line(self, text: str) -> str:
        asked = _FORMAT.match(text)
        form = asked[1].lower() if asked else self.form
        said = text[asked.end() :] if asked else text
        return markup.read_formatted(_free(said).strip(), form, self.origin, markup.read_line)

    def _plain(self, text: str) -> str:
        """Where only words can stand. HTML is read away, Markdown is not: an asterisk is an asterisk here."""
        said = _free(text).strip()
        return " ".join((markup.read_plain(said, self.origin) if "<" in said and ">" in said else said).split())

    def _paragraphs(self, text: str) -> str:
        said = _free(text).strip()
        return markup.read_formatted(said, self.form, self.origin) if said else ""

    def _parts(self, text: str) -> list[_Answer]:
        """Answers, each behind its "=" or "~". Raises _Odd."""
        signs = re.split(r"([=~])", text)
        if signs[0].strip():
            raise _Odd(_("Mỗi câu trả lời phải đứng sau dấu = hoặc ~."))
        parts = []
        for sign, rest in zip(signs[1::2], signs[2::2], strict=True):
            weight = _WEIGHT.match(rest)
            share = notes.share_of(weight[1]) if weight else None
            if weight and share is None:
                raise _Odd(_("tỷ lệ “%(said)s” không phải là số phần trăm.") % {"said": weight[1][:20]})
            said, feedback = _parted(rest[weight.end() :] if weight else rest, "#")
            parts.append(_Answer(said.strip(), sign == "=", share, feedback))
        return parts

    def _options(self, text: str) -> dict[str, Any]:
        parts = self._parts(text)
        one = any(part.right for part in parts)
        options = []
        for part in parts:
            worth = part.share if part.share is not None else Fraction(part.right)
            option: dict[str, Any] = {"text": self._line(part.text), "feedback": self._paragraphs(part.feedback)}
            option |= {"correct": worth == 1} if one else {"correct": worth > 0}
            options.append(option | {"share": str(worth)})
        rule = {} if one else notes.balance(options)
        return {"kind": "single" if one else "multiple", **rule, "options": options}

    def _words(self, text: str) -> dict[str, Any]:
        accept = []
        for part in self._parts(text if text.lstrip().startswith("=") else f"={text}"):
            worth, said = part.share if part.share is not None else Fraction(1), self._plain(part.text)
            if said.strip("*") == "" or worth < 0:
                self.found.lose(_("Phản hồi cho mọi câu trả lời khác không có chỗ ở kiểu câu này nên bị bỏ."))
                continue
            accept.append({"text": said, "share": str(worth), "feedback": self._paragraphs(part.feedback)})
        # Moodle compares letter by letter, marks included, and takes * for any letters.
        wild = any("*" in one["text"] for one in accept)
        return {"kind": "short_text", "accept": accept, "accents": "keep", **({"wildcards": True} if wild else {})}

    def _truth(self, answer: bool, feedback: str) -> dict[str, Any]:
        """The first remark is for who is wrong, the second for who is right."""
        wrong, right = (self._paragraphs(one) for one in _parted(feedback, "#"))
        told = {"feedback_true": right, "feedback_false": wrong} if answer else {"feedback_true": wrong, "feedback_false": right}
        return {"kind": "true_false", "answer": answer, **told}

    def _matching(self, text: str) -> dict[str, Any]:
        pairs, extra = [], []
        for part in self._parts(text):
            left, arrow, right = part.text.partition("->")
            if not arrow or not right.strip():
                raise _Odd(_("Mỗi cặp phải có dạng = vế trái -> vế phải."))
            if left.strip():
                pairs.append({"left": self._plain(left), "right": self._plain(right)})
            else:
                extra.append(self._plain(right))
        sides = {pair["right"] for pair in pairs}
        return {"kind": "matching", "pairs": pairs, "extra": [one for one in dict.fromkeys(extra) if one not in sides]}

    def _number(self, text: str) -> dict[str, Any]:
        parts = self._parts(text) if "=" in text else [_Answer(*_parted_number(text))]
        read = []
        for part in parts:
            worth = part.share if part.share is not None else Fraction(1)
            if part.text.strip() == "*" or worth < 0:
                self.found.lose(_("Phản hồi cho mọi câu trả lời khác không có chỗ ở kiểu câu này nên bị bỏ."))
                continue
            answer, tolerance = _numbers(part.text)
            read.append((worth, {"answer": answer, "tolerance": tolerance}, self._paragraphs(part.feedback)))
        told = notes.numbers(read)
        if told is None:
            raise _Odd(_("phải có một câu trả lời được trọn điểm."))
        return told


def _parted_number(text: str) -> tuple[str, bool, None, str]:
    said, feedback = _parted(text, "#")
    return said, True, None, feedback


def _numbers(text: str) -> tuple[str, str]:
    """Answer and tolerance of 3:0.5, 1..5 or 7. Raises _Odd."""
    said = _free(text).strip()
    between = _RANGE.fullmatch(said)
    found = between or _AROUND.fullmatch(said)
    first, second = (notes.number_of(one or "0") for one in found.groups()) if found else (None, None)
    if first is None or second is None:
        raise _Odd(_("“%(said)s” không phải là số như 7, 7:0.5 hoặc 1..5.") % {"said": said[:40]})
    if between:
        return f"{(first + second) / 2:f}", f"{abs(second - first) / 2:f}"
    return f"{first:f}", f"{abs(second):f}"


# --- writing ---------------------------------------------------------------------------------------------------------


def write(items: Sequence[Item], media: Mapping[str, bytes]) -> bytes:
    """Pictures stay references to the bank: GIFT is one file of text."""
    parts: list[str] = []
    category: tuple[str, ...] = ()
    for item in items:
        if item.category != category:
            category = item.category
            parts.append(f"$CATEGORY: {notes.text_of_path(category)}")
        told = _tell(item)
        note = notes.write(item.plain, _question(next(_blocks(told))).plain)
        parts.append(f"// {_NOTE}{note}\n{told}" if note else told)
    return ("\n\n".join(parts) + "\n").encode()


def _escape(text: str) -> str:
    return re.sub(r"[~=#{}:\\]", lambda sign: f"\\{sign[0]}", text).replace("\n", "\\n")


def _backslashed(sign: re.Match[str]) -> str:
    return f"\\{sign[0]}"


def _tell(item: Item) -> str:
    plain = item.plain
    marks = [f"[{kind}:{_CLOSING.sub(_backslashed, one)}]" for kind, one in _named(plain)]
    title = f"::{_escape(plain['name'])}::" if plain.get("name") else ""
    general = f"####{_escape(plain['feedback'])}" if plain.get("feedback") else ""
    stem = _escape(plain["stem"])
    body = _TELLERS.get(plain["kind"], lambda _plain: "")(plain)
    return (f"// {' '.join(marks)}\n" if marks else "") + f"{title}[markdown]{stem} {{{body}{general}}}"


def _named(plain: Mapping[str, Any]) -> list[tuple[str, str]]:
    code = [("id", plain["id"])] if plain.get("id") else []
    return code + [("tag", one) for one in plain.get("tags", [])]


def _said(one: Mapping[str, Any]) -> str:
    return f"#{_escape(one['feedback'])}" if one.get("feedback") else ""


def _tell_options(plain: Mapping[str, Any]) -> str:
    options, several = plain["options"], plain["kind"] == "multiple"
    right = sum(one.get("correct") is True for one in options)
    told = []
    for one in options:
        worth = Fraction(str(one.get("share", int(one.get("correct") is True))))
        if several and plain.get("rule") != "shares":
            worth = Fraction(1, right) if one.get("correct") else -Fraction(1, right)
        weight = f"%{notes.percent_of(worth)}%" if several or worth not in (0, 1) else ""
        sign = "=" if not several and worth == 1 else "~"
        told.append(f"\n\t{sign}{weight}{_escape(one['text'])}{_said(one)}")
    return "".join(told) + "\n"


def _tell_words(plain: Mapping[str, Any]) -> str:
    told = []
    for value in plain["accept"]:
        one = value if isinstance(value, dict) else {"text": value}
        weight = f"%{notes.percent_of(Fraction(str(one['share'])))}%" if "share" in one else ""
        told.append(f"={weight}{_escape(one['text'])}{_said(one)}")
    return " ".join(told)


def _tell_number(plain: Mapping[str, Any]) -> str:
    first = {"answer": plain["answer"], "tolerance": plain.get("tolerance", 0), "feedback": plain.get("remark", "")}
    told = []
    for one in (first, *plain.get("also", [])):
        weight = f"%{notes.percent_of(Fraction(str(one['share'])))}%" if "share" in one else ""
        told.append(f"={weight}{one['answer']}:{one.get('tolerance', 0)}{_said(one)}")
    return "#" + " ".join(told)


def _tell_truth(plain: Mapping[str, Any]) -> str:
    said = (plain.get("feedback_true", ""), plain.get("feedback_false", ""))
    right, wrong = said if plain["answer"] else said[::-1]
    remarks = f"#{_escape(wrong)}#{_escape(right)}" if right or wrong else ""
    return f"{'TRUE' if plain['answer'] else 'FALSE'}{remarks}"


def _tell_matching(plain: Mapping[str, Any]) -> str:
    pairs = [(pair["left"], pair["right"]) for pair in plain["pairs"]] + [("", one) for one in plain.get("extra", [])]
    return "".join(f"\n\t={_escape(left)} -> {_escape(right)}" for left, right in pairs) + "\n"


_TELLERS = {
    "single": _tell_options, "multiple": _tell_options, "true_false": _tell_truth, "short_text": _tell_words,
    "number": _tell_number, "matching": _tell_matching,
}  # fmt: skip
