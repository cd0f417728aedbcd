"""Each interaction of QTI as a kind of question."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _

from people.text import fold, nfc
from quizzes.formats.qti.processing import (
    Declaration,
    NotUnderstood,
    Value,
    items_of,
    number,
    ranges_in,
    spoken,
    tolerances,
    words_in,
)  # fmt: skip
from quizzes.formats.qti.sheet import FEEDBACK, Refused, Sheet, decimal, head_of, name_of, told, words_of
from quizzes.formats.qti.tree import is_true, line_of, text_of, within
from quizzes.formats.qti_text import Find, Markdown, plain

MOST = 26
_MOST_GAPS, _MOST_ACCEPTED, _LONGEST = 50, 100, 200
_TRUE, _FALSE = {"dung", "true", "đ", "t"}, {"sai", "false", "s", "f"}
_GAPS = {"textEntryInteraction", "inlineChoiceInteraction"}
_AREA_SHAPES = {"rect": 4, "circle": 3, "ellipse": 4, "poly": 6}

# The size of a picture that a text refers to, in pixels; None if it does not say.
Size = Callable[[str], tuple[int, int] | None]


@dataclass(kw_only=True)
class Reader:
    """An item on its way to a plain form."""

    sheet: Sheet
    find: Find
    size: Size
    before: str = ""  # Markdown that the item shares with others: a text to read
    remarks: dict[int, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.markdown = Markdown(find=self.find, special=self._special)
        self.markers: dict[Element, str] = {}
        self.general: list[str] = []

    @property
    def body(self) -> Element:
        found = self.sheet.item.find("itemBody")
        return Element("itemBody") if found is None else found

    def _special(self, element: Element) -> str | None:
        tag = str(element.tag)
        if element in self.markers:
            return self.markers[element]
        if tag.endswith("Interaction") or tag in FEEDBACK:
            return ""
        if tag == "rubricBlock":
            return None if "candidate" in element.get("view", "candidate").split() else ""
        return None

    # --- texts ---

    def stem(self, interaction: Element | None) -> str:
        prompt = None if interaction is None else interaction.find("prompt")
        parts = [self.before, self.markdown.blocks(self.body), "" if prompt is None else self.markdown.blocks(prompt)]
        return "\n\n".join(part for part in parts if part) or _escaped_title(self.sheet.item)

    def line(self, element: Element) -> str:
        return self.markdown.inline(element)

    def words(self, element: Element) -> str:
        """The words alone; says what of the element is more than words."""
        if any(str(one.tag).endswith(("img", "object", "math", "audio")) for one in element.iter()):
            self.sheet.lose(
                _("Kiểu câu này chỉ giữ chữ: hình và công thức trong “%(text)s” bị bỏ.") % {"text": words_of(element)}
            )
        return plain(element, self._special)

    # --- remarks ---

    def share_out(self, answers: Mapping[str, Mapping[str, Value]], blank: Mapping[str, Value]) -> dict[str, str]:
        """The remark for each answer. What everybody sees becomes the general one; what fits neither is told as lost."""
        shown = {key: self.sheet.shown(answer) for key, answer in answers.items()}
        nobody = self.sheet.shown(blank)
        found: dict[str, list[str]] = {key: [] for key in answers}
        for place, element in enumerate(self.sheet.remarks):
            text = self.markdown.blocks(element)
            if not text:
                continue
            seen = [key for key in answers if place in shown[key]]
            if not seen:
                seen = self._by_name(element, answers)
            if len(seen) == len(answers) and (len(answers) > 1 or place in nobody):
                self.general.append(text)
            elif seen:
                for key in seen:
                    found[key].append(text)
            elif _is_general(element) or place in nobody and not answers:
                self.general.append(text)
            else:
                self.sheet.lose(
                    _("Lời phản hồi này không gắn được với phương án nào nên bị bỏ: %(text)s") % {"text": head_of(nfc(text))}
                )
        return {key: "\n\n".join(dict.fromkeys(texts)) for key, texts in found.items() if texts}

    def _by_name(self, element: Element, answers: Mapping[str, Any]) -> list[str]:
        """The answer that a remark is named after, or that it stands in."""
        named = element.get("identifier", "")
        if named in answers:
            return [named]
        for one in self.sheet.item.iter():
            if one.get("identifier") in answers and one.tag in _CHOICES and any(inner is element for inner in one.iter()):
                return [one.get("identifier", "")]
        return []


_CHOICES = {"simpleChoice", "inlineChoice", "hotspotChoice"}


def _is_general(element: Element) -> bool:
    return "general" in (element.get("identifier", "") + element.get("outcomeIdentifier", "")).lower()


def _escaped_title(item: Element) -> str:
    return re.sub(r"([\\`*\[\]_<])", r"\\\1", nfc(item.get("title", "")))


Body = dict[str, Any]


# --- choices ---------------------------------------------------------------------------------------------------------


def read_choice(reader: Reader, interaction: Element) -> Body:
    declared = reader.sheet.declaration(interaction)
    choices = _counted([one for one in interaction if one.tag == "simpleChoice"], _("phương án"))
    texts = {one.get("identifier", ""): reader.line(one) for one in choices}
    _check_texts(list(texts.values()), len(choices))
    if _picks_one(interaction, declared):
        shares, remarks = _single_shares(reader, declared, list(texts))
        truth = _true_false(texts, shares, remarks)
        if truth:
            return {**truth, "stem": reader.stem(interaction)}
        return {
            "kind": "single",
            "stem": reader.stem(interaction),
            "options": _one_right(_options(texts, shares, remarks, _last(interaction))),
        }
    rule, shares, remarks = _several(reader, declared, list(texts))
    options = _options(texts, shares, remarks, _last(interaction), spell=rule.get("rule") == "shares")
    return {"kind": "multiple", "stem": reader.stem(interaction), **rule, "options": options}


def _picks_one(interaction: Element, declared: Declaration) -> bool:
    return declared.cardinality == "single" or interaction.get("maxChoices", "1").strip() == "1"


def _last(interaction: Element) -> set[str]:
    """The options that stay at the end when the others are shuffled."""
    found: set[str] = set()
    for one in reversed([one for one in interaction if one.tag == "simpleChoice"]):
        if not is_true(one, "fixed"):
            return found if is_true(interaction, "shuffle") else set()
        found.add(one.get("identifier", ""))
    return set()


def _counted(found: list[Element], what: str, least: int = 2) -> list[Element]:
    if not least <= len(found) <= MOST:
        said = {"what": what, "count": len(found), "least": least, "most": MOST}
        raise Refused(_("Câu này có %(count)s %(what)s; ở đây cần từ %(least)s đến %(most)s.") % said)
    return found


def _check_texts(texts: Sequence[str], count: int) -> None:
    if not all(texts):
        raise Refused(_("Có một phương án không có chữ hay hình nào đọc được. Hãy điền phương án ấy rồi gửi lại."))
    if len(set(texts)) < len(texts) or len(texts) < count:
        raise Refused(_("Hai phương án giống nhau. Hãy sửa một trong hai rồi gửi lại."))


def _single_shares(
    reader: Reader, declared: Declaration, keys: Sequence[str], others: Mapping[str, Value] | None = None
) -> tuple[dict[str, Fraction], dict[str, str]]:
    """Shares and remarks of options of which one is picked. Raises Refused when none is right."""
    answers: dict[str, dict[str, Value]] = {
        key: {**(others or {}), declared.identifier: [key] if declared.cardinality == "multiple" else key} for key in keys
    }
    shares = dict(zip(keys, reader.sheet.weigh(list(answers.values())), strict=True))
    if max(shares.values()) <= 0:
        raise Refused(_("Câu này không cho biết đáp án đúng. Hãy chọn đáp án đúng ở hệ thống cũ rồi xuất lại."))
    if min(shares.values()) < -1:
        reader.sheet.lose(_("Điểm trừ lớn hơn điểm của câu được ghi là trừ hết điểm của câu."))
    return {key: max(Fraction(-1), share) for key, share in shares.items()}, (
        {} if others is not None else reader.share_out(answers, {declared.identifier: None})
    )


def _options(
    texts: Mapping[str, str], shares: Mapping[str, Fraction], remarks: Mapping[str, str], last: set[str], *, spell: bool = False
) -> list[Body]:
    """`spell`: each share is written, also where right and wrong already say it."""
    options = []
    for key, text in texts.items():
        share = shares[key]
        correct = share > 0 if spell else share == 1
        option: Body = {"text": text, **({"correct": True} if correct else {})}
        if spell or share not in (0, 1):
            option["share"] = told(share)
        if remarks.get(key):
            option["feedback"] = remarks[key]
        if key in last:
            option["last"] = True
        options.append(option)
    return options


def _one_right(options: list[Body]) -> list[Body]:
    """Of several that earn the whole mark by themselves the first is the right one; the others have its share."""
    right = [option for option in options if option.get("correct")]
    for option in right[1:]:
        del option["correct"]
        option["share"] = 1
    return options


def _true_false(texts: Mapping[str, str], shares: Mapping[str, Fraction], remarks: Mapping[str, str]) -> Body | None:
    folded = {key: fold(text).strip(" .*") for key, text in texts.items()}
    true = [key for key, text in folded.items() if text in _TRUE]
    false = [key for key, text in folded.items() if text in _FALSE]
    if len(texts) != 2 or len(true) != 1 or len(false) != 1 or sorted(shares.values()) != [0, 1]:
        return None
    said = {"feedback_true": remarks.get(true[0]), "feedback_false": remarks.get(false[0])}
    return {"kind": "true_false", "answer": shares[true[0]] == 1, **{name: text for name, text in said.items() if text}}


def _several(reader: Reader, declared: Declaration, keys: list[str]) -> tuple[Body, dict[str, Fraction], dict[str, str]]:
    """Rule, shares and remarks of options of which any number is picked. Raises Refused."""
    right = _right_keys(declared, keys)
    probes = [frozenset(right), *(frozenset([key]) for key in keys)]
    probes += [frozenset(right) ^ {key} for key in keys] + [frozenset(keys) - right, frozenset(keys), frozenset()]
    earned = dict(zip(probes, reader.sheet.weigh([{declared.identifier: _in_order(keys, one)} for one in probes]), strict=True))
    if not right or earned[frozenset(right)] != 1:
        right = _best(earned, right)
    if not right:
        raise Refused(_("Câu này không cho biết đáp án đúng. Hãy chọn đáp án đúng ở hệ thống cũ rồi xuất lại."))
    rule, shares = _rule(reader, keys, frozenset(right), earned)
    answers: dict[str, dict[str, Value]] = {key: {declared.identifier: [key]} for key in keys}
    return rule, shares, reader.share_out(answers, {declared.identifier: None})


def _in_order(keys: Sequence[str], picked: frozenset[str]) -> Value:
    chosen: list[Any] = [key for key in keys if key in picked]
    return chosen or None


def _right_keys(declared: Declaration, keys: Sequence[str]) -> set[str]:
    correct = {spoken(one) for one in declared.corrects} & set(keys)
    return correct or {one.key for one in declared.mapping if one.worth > 0} & set(keys)


def _best(earned: Mapping[frozenset[str], Fraction], right: set[str]) -> set[str]:
    """The picks that earn the whole mark, where the correct response of the file does not: the fewest of them."""
    whole = sorted((one for one, share in earned.items() if share == 1 and one), key=len)
    return set(whole[0]) if whole else right


def _rule(
    reader: Reader, keys: list[str], right: frozenset[str], earned: Mapping[frozenset[str], Fraction]
) -> tuple[Body, dict[str, Fraction]]:
    """The rule of ours that gives what the file gives for every answer tried."""
    plain_shares = {key: Fraction(key in right) for key in keys}
    if all(share == (one == right) for one, share in earned.items()):
        return {"rule": "all"}, plain_shares
    least = max(Fraction(-1), min(Fraction(0), *earned.values()))
    count = len(right)
    if _gives(earned, lambda one: Fraction(len(one & right) - len(one - right), count), least):
        return {**({"least": told(least)} if least else {})}, plain_shares
    whole = earned.get(right, Fraction(1))
    shares = {}
    for key in keys:
        if key in right:
            shares[key] = whole - earned.get(right - {key}, Fraction(0)) if count > 1 else Fraction(1)
        else:
            shares[key] = min(Fraction(0), earned.get(right | {key}, Fraction(0)) - whole)
    shares = {key: max(Fraction(-1), share) for key, share in shares.items()}
    fits = sum(share for share in shares.values() if share > 0) >= Fraction("0.999")
    if (
        fits
        and all(shares[key] > 0 for key in right)
        and _gives(earned, lambda one: sum((shares[key] for key in one), Fraction(0)), least)
    ):
        return {"rule": "shares", **({"least": told(least)} if least else {})}, shares
    reader.sheet.lose(_("Cách chấm từng phần của tệp không diễn đạt được; câu chỉ được điểm khi chọn đúng và đủ."))
    return {"rule": "all"}, plain_shares


def _gives(earned: Mapping[frozenset[str], Fraction], rule: Callable[[frozenset[str]], Fraction], least: Fraction) -> bool:
    return all(abs(min(Fraction(1), max(least, rule(one))) - share) < Fraction(1, 500) for one, share in earned.items())


# --- places on a picture ---------------------------------------------------------------------------------------------


def read_hotspot(reader: Reader, interaction: Element) -> Body:
    declared = reader.sheet.declaration(interaction)
    picture = next(within(interaction, "object", "img", "image"), None)
    source = "" if picture is None else (picture.get("data") or picture.get("src") or "").strip()
    image = reader.find(source) if source else None
    if picture is None or not image or not image.startswith("media:"):
        raise Refused(_("Không tìm thấy hình của câu chọn chỗ trên hình. Gửi cả gói ZIP có hình, không chỉ tệp XML."))
    size = _size(picture) or reader.size(image)
    if size is None:
        raise Refused(_("Không biết hình rộng và cao bao nhiêu nên không đặt được các vùng."))
    spots = _counted([one for one in interaction if one.tag == "hotspotChoice"], _("vùng"))
    names = _names(spots)
    alt = nfc(picture.get("alt", "") or text_of(picture)) or nfc(reader.sheet.item.get("title", "")) or _("Hình của câu hỏi")
    if _picks_one(interaction, declared):
        shares, remarks = _single_shares(reader, declared, list(names))
        rule: Body = {}
    else:
        rule, shares, remarks = _several(reader, declared, list(names))
        rule = {"pick": "several", **rule}
    options = _options(names, shares, remarks, set(), spell=rule.get("rule") == "shares")
    options = options if rule else _one_right(options)
    areas = [{"name": option.pop("text"), **_area(spot, size), **option} for spot, option in zip(spots, options, strict=True)]
    return {"kind": "hotspot", "stem": reader.stem(interaction), "image": image, "alt": alt, **rule, "areas": areas}


def _names(spots: Sequence[Element]) -> dict[str, str]:
    names: dict[str, str] = {}
    for place, spot in enumerate(spots, 1):
        said = nfc(spot.get("hotspotLabel", "") or spot.get("ariaLabel", "") or spot.get("label", ""))
        names[spot.get("identifier", "")] = (
            said if said and said not in names.values() else _("Vùng %(place)s") % {"place": place}
        )
    if len(names) < len(spots) or len(set(names.values())) < len(names):
        raise Refused(_("Hai vùng trên hình trùng mã hoặc trùng tên. Hãy sửa một trong hai rồi gửi lại."))
    return names


def _size(picture: Element) -> tuple[int, int] | None:
    sides = [number(re.sub(r"px$", "", picture.get(name, "").strip())) for name in ("width", "height")]
    width, height = (int(one) if one is not None and 0 < one < 100_000 else 0 for one in sides)
    return (width, height) if width and height else None


def _area(spot: Element, size: tuple[int, int]) -> Body:
    """Shape and coordinates in thousandths. Raises Refused."""
    shape = spot.get("shape", "rect")
    if shape == "default":
        return {"shape": "rect", "coords": [0, 0, 1000, 1000]}
    sides = [part.strip() for part in re.split(r"[,;\s]+", spot.get("coords", "").strip()) if part.strip()]
    found = [_along(part, size[place % 2]) for place, part in enumerate(sides)]
    least = _AREA_SHAPES.get(shape)
    if least is None or None in found or len(found) < least or len(found) > 200 or (shape == "poly" and len(found) % 2):
        raise Refused(_("Vùng “%(name)s” có tọa độ không đọc được.") % {"name": spot.get("identifier", "")}, line_of(spot))
    points = [one for one in found if one is not None]
    if shape == "circle":
        return {"shape": "circle", "coords": _inside([points[0], points[1], _along(sides[2], size[0]) or Fraction(0)])}
    if shape == "ellipse":
        x, y, across, down = points[:4]
        corners = [
            (x + across * Fraction(math.cos(step * math.pi / 8)), y + down * Fraction(math.sin(step * math.pi / 8)))
            for step in range(16)
        ]
        return {"shape": "poly", "coords": _inside([one for corner in corners for one in corner])}
    return {"shape": shape, "coords": _inside(points[:4] if shape == "rect" else points)}


def _along(text: str, side: int) -> Fraction | None:
    if text.endswith("%"):
        found = number(text[:-1])
        return None if found is None else found * 10
    found = number(text)
    return None if found is None else found * 1000 / side


def _inside(points: Sequence[Fraction]) -> list[int]:
    return [min(1000, max(0, round(one))) for one in points]


# --- typed answers ---------------------------------------------------------------------------------------------------


def read_typed(reader: Reader, interaction: Element) -> Body | None:
    """One field that stands alone; None when it stands in a sentence."""
    reader.markers[interaction] = "[[1]]"
    parts = reader.markdown.blocks(reader.body).split("\n\n")
    at = next((place for place, part in enumerate(parts) if "[[1]]" in part), None)
    before, _mark, after = parts[at].partition("[[1]]") if at is not None else ("", "", "")
    numeric = reader.sheet.declaration(interaction).base in {"integer", "float"}
    unit = after.strip(" .:") if numeric and re.fullmatch(r"\s*[^\s.,;?!]{0,12}\s*\.?", after) else ""
    alone = not re.search(r"\w", after) or bool(unit)
    if not alone or (re.search(r"\w", before) and not before.rstrip(" *").endswith((":", "?", "="))):
        return None
    if at is not None:
        parts[at] = before.strip() if re.search(r"\w", before) else ""
    reader.markers[interaction] = ""
    stem = "\n\n".join(part for part in [reader.before, *parts] if part) or _escaped_title(reader.sheet.item)
    answers = _typed_answers(reader, interaction, {})
    kind = answers.pop("kind")
    if kind == "number":
        return {"kind": "number", "stem": stem, **answers, **({"unit": unit} if unit else {})}
    return {"kind": "short_text", "stem": stem, **answers}


def _typed_answers(reader: Reader, interaction: Element, others: Mapping[str, Value], *, remarks: bool = True) -> Body:
    declared = reader.sheet.declaration(interaction)
    if declared.base in {"integer", "float"}:
        return _numbers(reader, declared, others, remarks=remarks)
    return _texts(reader, interaction, declared, others, remarks=remarks)


def _texts(reader: Reader, interaction: Element, declared: Declaration, others: Mapping[str, Value], *, remarks: bool) -> Body:
    said = [spoken(one) for one in declared.corrects] + [one.key for one in declared.mapping]
    said += words_in(reader.sheet.item, declared.identifier)
    exact = _is_exact(reader.sheet.item, declared)
    candidates: dict[str, str] = {}
    for one in said:
        if one and len(one) <= _LONGEST:
            candidates.setdefault(one if exact else one.casefold(), one)
    keys = list(candidates.values())[:_MOST_ACCEPTED]
    answers: dict[str, dict[str, Value]] = {key: {**others, declared.identifier: key} for key in keys}
    shares = dict(zip(keys, reader.sheet.weigh(list(answers.values())), strict=True))
    kept = [key for key in keys if shares[key] > 0]
    if not kept:
        raise Refused(_("Câu này không cho biết câu trả lời nào được chấp nhận."))
    notes = (
        reader.share_out({**answers, "\ufffd": {declared.identifier: "\ufffd"}}, {declared.identifier: None}) if remarks else {}
    )
    if notes.pop("\ufffd", ""):
        reader.sheet.lose(_("Lời phản hồi khi trả lời sai không có chỗ ở kiểu câu này nên bị bỏ."))
    accept: list[Any] = []
    for key in kept:
        more = {
            **({"share": told(shares[key])} if shares[key] != 1 else {}),
            **({"feedback": notes[key]} if key in notes else {}),
        }
        accept.append({"text": key, **more} if more else key)
    accents = interaction.get("data-accents", "keep")
    return {
        "kind": "short_text", "accept": accept, **({"accents": "keep"} if accents == "keep" else {}),
        **({"case": "keep"} if exact else {}), **({"wildcards": True} if interaction.get("data-wildcards") == "true" else {}),
    }  # fmt: skip


def _is_exact(item: Element, declared: Declaration) -> bool:
    """Whether small and capital letters differ."""
    if declared.mapping:
        return any(one.exact for one in declared.mapping)
    processing = item.find("responseProcessing")
    return not any(
        one.get("caseSensitive", "true").lower() == "false"
        and any(inner.get("identifier") == declared.identifier for inner in one.iter())
        for one in ([] if processing is None else processing.iter("stringMatch"))
    )


def _numbers(reader: Reader, declared: Declaration, others: Mapping[str, Value], *, remarks: bool) -> Body:
    found = dict(_number_candidates(reader.sheet, declared))
    keys = {decimal(answer): answer for answer in list(found)[:_MOST_ACCEPTED]}
    answers: dict[str, dict[str, Value]] = {key: {**others, declared.identifier: answer} for key, answer in keys.items()}
    shares = dict(zip(keys, reader.sheet.weigh(list(answers.values())), strict=True))
    kept = sorted((key for key in keys if shares[key] > 0), key=lambda key: -shares[key])
    if not kept:
        raise Refused(_("Câu này không cho biết số nào được chấp nhận."))
    wrong: dict[str, Value] = {**others, declared.identifier: max(keys.values()) * 7 + 1_234_567}
    notes = reader.share_out({**answers, "\ufffd": wrong}, {declared.identifier: None}) if remarks else {}
    if notes.pop("\ufffd", ""):
        reader.sheet.lose(_("Lời phản hồi khi trả lời sai không có chỗ ở kiểu câu này nên bị bỏ."))
    told_answers = []
    for key in kept:
        tolerance = found[keys[key]]
        told_answers.append({"answer": _digits(keys[key]), **({"tolerance": _digits(tolerance)} if tolerance else {})})
    also = [
        {
            **one, **({"share": told(shares[key])} if shares[key] != 1 else {}),
            **({"feedback": notes[key]} if key in notes else {}),
        }
        for key, one in zip(kept[1:], told_answers[1:], strict=True)
    ]  # fmt: skip
    return {
        "kind": "number", **told_answers[0], **({"also": also} if also else {}),
        **({"remark": notes[kept[0]]} if kept[0] in notes else {}),
    }  # fmt: skip


def _digits(value: Fraction) -> int | str:
    return int(value) if value.denominator == 1 else decimal(value)


def _number_candidates(sheet: Sheet, declared: Declaration) -> dict[Fraction, Fraction]:
    """Numbers that may be answers, each with its tolerance."""
    found: dict[Fraction, Fraction] = {}
    for low, high in ranges_in(sheet.item, declared.identifier):
        found[(low + high) / 2] = (high - low) / 2
    plainly = [one for one in declared.corrects if isinstance(one, Fraction)]
    plainly += [one for one in (number(entry.key) for entry in declared.mapping) if one is not None]
    for near, answer in _equals(sheet, declared):
        below, above = tolerances(near, answer)
        if below == above or not below + above:
            found[answer] = max(found.get(answer, Fraction(0)), below)
        else:
            found[answer + (above - below) / 2] = (above + below) / 2
    for rounded in [] if sheet.item.find("responseProcessing") is None else list(sheet.item.iter("equalRounded")):
        figures = rounded.get("figures", "0")
        named = any(one.get("identifier") == declared.identifier for one in rounded)
        if named and rounded.get("roundingMode") == "decimalPlaces" and figures.isdigit() and int(figures) < 20:
            for answer in plainly:
                found.setdefault(answer, Fraction(1, 2 * 10 ** int(figures)))
    for answer in plainly:
        if not any(abs(answer - other) <= tolerance for other, tolerance in found.items()):
            found[answer] = Fraction(0)
    return found


def _equals(sheet: Sheet, declared: Declaration) -> list[tuple[Element, Fraction]]:
    """The comparisons of the rule with this answer, and the number each compares with."""
    found = []
    for element in sheet.item.iter("equal"):
        if not any(one.tag == "variable" and one.get("identifier") == declared.identifier for one in element):
            continue
        for one in element:
            fits = number(text_of(one)) if one.tag == "baseValue" else None
            if one.tag == "correct":
                fits = next((value for value in declared.corrects if isinstance(value, Fraction)), None)
            if fits is not None:
                try:
                    tolerances(element, fits)
                except NotUnderstood:
                    continue
                found.append((element, fits))
    return found


# --- gaps ------------------------------------------------------------------------------------------------------------


def read_gaps(reader: Reader, interactions: Sequence[Element]) -> Body:
    if len(interactions) > _MOST_GAPS:
        raise Refused(_("Câu này có hơn %(most)s chỗ trống. Hãy chia thành nhiều câu.") % {"most": _MOST_GAPS})
    for place, interaction in enumerate(interactions, 1):
        reader.markers[interaction] = f"[[{place}]]"
    identifiers = [reader.sheet.declaration(one).identifier for one in interactions]
    if len(set(identifiers)) < len(identifiers):
        raise Refused(_("Hai chỗ trống dùng chung một câu trả lời nên không biết chỗ nào có đáp án nào."))
    right = reader.sheet.right(identifiers)
    weights = _weights(reader.sheet, identifiers, right)
    alone = dict.fromkeys(identifiers)
    gaps: dict[str, Body] = {}
    for place, (interaction, identifier) in enumerate(zip(interactions, identifiers, strict=True), 1):
        # Where nothing is given for a part, the other gaps stand answered rightly, else nothing would ever be earned.
        others = {one: value for one, value in (alone if weights else right).items() if one != identifier}
        mark = reader.sheet.mark
        gap = _gap(reader, interaction, others)
        reader.sheet.mark = mark
        if weights and weights[identifier] != 1:
            gap["weight"] = _digits(weights[identifier])
        gaps[str(place)] = gap
    reader.share_out({}, right)
    stem, text = _split(reader, None)
    return {"kind": "gaps", "stem": stem, "text": text, "gaps": gaps}


def _gap(reader: Reader, interaction: Element, others: Mapping[str, Value]) -> Body:
    if interaction.tag == "textEntryInteraction":
        found = _typed_answers(reader, interaction, others, remarks=False)
        return {**found, "kind": "typed" if found["kind"] == "short_text" else "number"}
    declared = reader.sheet.declaration(interaction)
    choices = _counted([one for one in interaction if one.tag == "inlineChoice"], _("phương án"))
    texts = {one.get("identifier", ""): reader.words(one) for one in choices}
    _check_texts(list(texts.values()), len(choices))
    shares, _remarks = _single_shares(reader, declared, list(texts), others)
    return {"kind": "chosen", "options": _one_right(_options(texts, shares, {}, set()))}


def _weights(sheet: Sheet, identifiers: Sequence[str], right: Mapping[str, Value]) -> dict[str, Fraction]:
    """What each gap is worth beside the others; {} when only all of them together earn anything."""
    alone: list[dict[str, Value]] = [
        {other: right[other] if other == one else None for other in identifiers} for one in identifiers
    ]
    shares = sheet.weigh([dict(right), *alone])
    parts = dict(zip(identifiers, shares[1:], strict=True))
    if not all(share > 0 for share in parts.values()) or abs(sum(parts.values(), Fraction(-1))) > Fraction(1, 100):
        if len(identifiers) > 1 and shares[0] > 0:
            sheet.lose(_("Tệp chỉ cho điểm khi mọi chỗ đều đúng; ở đây mỗi chỗ đúng được một phần điểm."))
        return {}
    least = min(parts.values())
    weights = {one: Fraction(str(round(float(share / least), 3))) for one, share in parts.items()}
    return weights if max(weights.values()) <= 100 else {}


def _split(reader: Reader, interaction: Element | None) -> tuple[str, str]:
    """What stands before the first paragraph with a gap, and the text from there on."""
    prompt = None if interaction is None else interaction.find("prompt")
    source = reader.markdown.blocks(reader.body if interaction is None else _without_choices(interaction))
    parts = source.split("\n\n")
    first = next((place for place, part in enumerate(parts) if re.search(r"\[\[\d+\]\]", part)), 0)
    head = [reader.before, "" if interaction is None else reader.markdown.blocks(reader.body)]
    head += ["" if prompt is None else reader.markdown.blocks(prompt), *parts[:first]]
    return "\n\n".join(part for part in head if part) or _("Điền vào chỗ trống."), "\n\n".join(parts[first:])


def _without_choices(interaction: Element) -> Element:
    copy = Element("div")
    copy.extend(one for one in interaction if one.tag not in {"prompt", "gapText", "gapImg"})
    return copy


def read_gap_match(reader: Reader, interaction: Element) -> Body:
    declared = reader.sheet.declaration(interaction)
    words = {one.get("identifier", ""): _gap_words(reader, one) for one in interaction if one.tag in {"gapText", "gapImg"}}
    holes = list(within(interaction, "gap"))
    if not 1 <= len(holes) <= _MOST_GAPS:
        raise Refused(_("Câu này cần từ 1 đến %(most)s chỗ trống.") % {"most": _MOST_GAPS})
    pool = list(dict.fromkeys(words.values()))
    if not 2 <= len(pool) <= MOST or not all(pool):
        raise Refused(_("Câu kéo chữ vào chỗ trống cần từ 2 đến %(most)s mẩu chữ khác nhau.") % {"most": MOST})
    pairs = _pairs(declared)
    gaps: dict[str, Body] = {}
    for place, hole in enumerate(holes, 1):
        name = hole.get("identifier", "")
        reader.markers[hole] = f"[[{place}]]"
        # Some systems write the gap first.
        fitting = {words[one] for one, other in pairs if other == name and one in words}
        fitting |= {words[other] for one, other in pairs if one == name and other in words}
        if len(fitting) != 1:
            raise Refused(_("Chỗ trống thứ %(place)s cần đúng một mẩu chữ đúng.") % {"place": place}, line_of(hole))
        gaps[str(place)] = {
            "kind": "chosen", "options": [{"text": one, **({"correct": True} if one in fitting else {})} for one in pool],
        }  # fmt: skip
    _note_whole(reader, declared)
    stem, text = _split(reader, interaction)
    return {"kind": "gaps", "stem": stem, "text": text, "gaps": gaps}


def _gap_words(reader: Reader, element: Element) -> str:
    if element.tag == "gapText":
        return reader.words(element)
    said = nfc(element.get("objectLabel", "") or plain(element))
    reader.sheet.lose(_("Hình để kéo vào chỗ trống được thay bằng tên của nó: %(text)s") % {"text": head_of(said)})
    return said


def _pairs(declared: Declaration) -> list[tuple[str, str]]:
    """The correct pairs of identifiers. Raises Refused."""
    said = [spoken(one).split() for one in declared.corrects] or [one.key.split() for one in declared.mapping if one.worth > 0]
    pairs = [(one[0], one[1]) for one in said if len(one) == 2]
    if not pairs:
        raise Refused(_("Câu này không cho biết cặp nào đúng. Hãy ghi đáp án ở hệ thống cũ rồi xuất lại."))
    return pairs


def _note_whole(reader: Reader, declared: Declaration) -> None:
    """The mark of the item, its remarks, and that a part earns a part here."""
    right = declared.correct or ([one.key for one in declared.mapping if one.worth > 0] or None)
    values = items_of(right)
    shares = reader.sheet.weigh([{declared.identifier: right}, {declared.identifier: values[:-1] or None}])
    if len(values) > 1 and shares[0] == 1 and shares[1] == 0:
        reader.sheet.lose(_("Tệp chỉ cho điểm khi mọi chỗ đều đúng; ở đây mỗi chỗ đúng được một phần điểm."))
    reader.share_out({}, {declared.identifier: right})


# --- pairs and orders ------------------------------------------------------------------------------------------------


def read_match(reader: Reader, interaction: Element) -> Body:
    sets = [one for one in interaction if one.tag == "simpleMatchSet"]
    if len(sets) != 2:
        raise Refused(_("Câu ghép đôi cần đúng hai cột."))
    lefts, rights = (
        {one.get("identifier", ""): reader.words(one) for one in column.iter("simpleAssociableChoice")} for column in sets
    )
    if interaction.get("data-kind") == "likert":
        stem = reader.stem(interaction)
        return {"kind": "likert", "stem": stem, "statements": list(lefts.values()), "scale": list(rights.values())}
    declared = reader.sheet.declaration(interaction)
    pairs = [pair if pair[0] in lefts else (pair[1], pair[0]) for pair in _pairs(declared)]
    if len({left for left, _right in pairs}) < len(pairs) or len(pairs) < len(lefts):
        # Read from the other side every row may have one partner.
        lefts, rights, pairs = rights, lefts, [(right, left) for left, right in pairs]
    return _matching(reader, interaction, declared, lefts, rights, pairs)


def read_associate(reader: Reader, interaction: Element) -> Body:
    declared = reader.sheet.declaration(interaction)
    words = {one.get("identifier", ""): reader.words(one) for one in interaction if one.tag == "simpleAssociableChoice"}
    order = list(words)
    pairs = []
    for one, other in _pairs(declared):
        if one not in words or other not in words:
            raise Refused(_("Câu này không cho biết cặp nào đúng. Hãy ghi đáp án ở hệ thống cũ rồi xuất lại."))
        first, second = sorted((one, other), key=order.index)
        pairs.append((first, second))
    lefts = {one: words[one] for one, _other in sorted(pairs, key=lambda pair: order.index(pair[0]))}
    rights = {one: text for one, text in words.items() if one not in lefts}
    if len({one for pair in pairs for one in pair}) < 2 * len(pairs):
        raise Refused(_("Một mục được ghép với nhiều mục khác; ở đây mỗi mục bên trái chỉ có một mục bên phải."))
    return _matching(reader, interaction, declared, lefts, rights, pairs)


def _matching(
    reader: Reader, interaction: Element, declared: Declaration, lefts: Mapping[str, str], rights: Mapping[str, str],
    pairs: Sequence[tuple[str, str]],
) -> Body:  # fmt: skip
    partner = dict(pairs)
    if len(partner) < len(pairs) or set(partner) != set(lefts) or not set(partner.values()) <= set(rights):
        raise Refused(_("Ở đây mỗi mục bên trái phải có đúng một mục bên phải; câu này thì không. Hãy chia hoặc sửa câu."))
    told_pairs = [{"left": text, "right": rights[partner[key]]} for key, text in lefts.items()]
    _check_count(len(told_pairs), _("cặp"))
    extra = [text for key, text in rights.items() if key not in partner.values()]
    _check_texts(list(lefts.values()), len(lefts))
    _check_texts([*dict.fromkeys(pair["right"] for pair in told_pairs), *extra], 0)
    _note_whole(reader, declared)
    return {"kind": "matching", "stem": reader.stem(interaction), "pairs": told_pairs, **({"extra": extra} if extra else {})}


def _check_count(count: int, what: str) -> None:
    if not 2 <= count <= MOST:
        said = {"what": what, "count": count, "least": 2, "most": MOST}
        raise Refused(_("Câu này có %(count)s %(what)s; ở đây cần từ %(least)s đến %(most)s.") % said)


def read_order(reader: Reader, interaction: Element) -> Body:
    declared = reader.sheet.declaration(interaction)
    words = {one.get("identifier", ""): reader.words(one) for one in interaction if one.tag == "simpleChoice"}
    order = [spoken(one) for one in declared.corrects]
    if sorted(order) != sorted(words):
        raise Refused(_("Câu này không cho biết thứ tự đúng của mọi mục."))
    _check_count(len(order), _("mục"))
    _check_texts(list(words.values()), len(order))
    right: list[Any] = list(order)
    swapped: list[Any] = [order[1], order[0], *order[2:]]
    shares = reader.sheet.weigh([{declared.identifier: right}, {declared.identifier: swapped}])
    reader.share_out({}, {declared.identifier: right})
    rule = interaction.get("data-rule", "")
    if rule not in {"chain", "exact"}:
        rule = "all" if shares[1] == 0 else "chain"
    items = [words[one] for one in order]
    return {"kind": "ordering", "stem": reader.stem(interaction), "items": items, **({"rule": rule} if rule != "chain" else {})}


# --- marked by a person ----------------------------------------------------------------------------------------------


def read_essay(reader: Reader, interaction: Element) -> Body:
    declared = reader.sheet.declared.get(interaction.get("responseIdentifier", ""))
    lines = number(interaction.get("expectedLines", "")) or Fraction(10)
    start = "" if declared is None else "\n\n".join(spoken(one) for one in items_of(declared.default))
    said = [number(interaction.get(name, "")) or Fraction(0) for name in ("data-min-words", "data-max-words")]
    limits = [max(0, int(one)) for one in said]
    _note_manual(reader, interaction)
    return {
        "kind": "essay", "stem": reader.stem(interaction), "lines": min(40, max(2, int(lines))),
        **({"words": limits} if any(limits) and (not limits[1] or limits[0] <= limits[1]) else {}),
        **({"start": start} if start else {}),
    }  # fmt: skip


def read_upload(reader: Reader, interaction: Element) -> Body:
    said = " ".join(filter(None, (interaction.get("type"), interaction.get("fileType")))).lower()
    types = [name for name, signs in _FILE_TYPES.items() if any(sign in said for sign in signs)]
    most = number(interaction.get("data-max-files", "")) or Fraction(1)
    _note_manual(reader, interaction)
    return {
        "kind": "file", "stem": reader.stem(interaction), **({"files": min(5, max(1, int(most)))} if most != 1 else {}),
        **({"types": types} if types else {}),
    }  # fmt: skip


_FILE_TYPES = {
    "pdf": ("pdf",), "docx": ("wordprocessingml", "msword", "docx"), "xlsx": ("spreadsheetml", "ms-excel", "xlsx"),
    "pptx": ("presentationml", "powerpoint", "pptx"), "png": ("png", "image/*"), "jpg": ("jpeg", "jpg", "image/*"),
}  # fmt: skip


def _note_manual(reader: Reader, interaction: Element) -> None:
    """The most that can be earned, and the remarks."""
    most = [
        one.most or next((value for value in items_of(one.default) if isinstance(value, Fraction)), None)
        for name, one in reader.sheet.declared.items()
        if name.upper() in {"MAXSCORE", "SCORE"} and one.base in {"integer", "float"}
    ]
    found = [one for one in most if one]
    if found:
        reader.sheet.mark = max(found)
    blank: dict[str, Value] = {interaction.get("responseIdentifier", ""): None}
    reader.share_out({}, blank)


READERS: dict[str, Callable[[Reader, Element], Body]] = {
    "choiceInteraction": read_choice,
    "hotspotInteraction": read_hotspot,
    "gapMatchInteraction": read_gap_match,
    "matchInteraction": read_match,
    "associateInteraction": read_associate,
    "orderInteraction": read_order,
    "extendedTextInteraction": read_essay,
    "uploadInteraction": read_upload,
}


def read_body(reader: Reader) -> Body:
    """Kind, stem and the rest. Raises Refused."""
    found = list(within(reader.body, *_tags(reader.body)))
    if any(one.tag == "endAttemptInteraction" for one in found):
        reader.sheet.lose(_("Nút kết thúc hoặc gợi ý trong câu bị bỏ."))
        found = [one for one in found if one.tag != "endAttemptInteraction"]
    if not found:
        raise Refused(_("Đây là đoạn giới thiệu, không có gì để trả lời. Hãy chép nó vào bài học hoặc vào câu đi sau."))
    tags = {str(one.tag) for one in found}
    unknown = next((one for one in found if one.tag not in READERS and one.tag not in _GAPS), None)
    if unknown is not None:
        said = {"name": name_of(str(unknown.tag))}
        raise Refused(
            _("Câu dùng kiểu trả lời “%(name)s”, ở đây không có. Hãy soạn lại thành một kiểu khác.") % said, line_of(unknown)
        )
    if tags <= _GAPS:
        alone = read_typed(reader, found[0]) if len(found) == 1 and tags == {"textEntryInteraction"} else None
        return alone or read_gaps(reader, found)
    if len(found) > 1:
        names = ", ".join(dict.fromkeys(name_of(str(one.tag)) for one in found))
        raise Refused(
            _("Một câu có nhiều phần trả lời (%(names)s). Hãy tách mỗi phần thành một câu.") % {"names": names}, line_of(found[1])
        )
    return READERS[str(found[0].tag)](reader, found[0])


def _tags(body: Element) -> set[str]:
    return {str(one.tag) for one in body.iter() if str(one.tag).endswith("Interaction")}
