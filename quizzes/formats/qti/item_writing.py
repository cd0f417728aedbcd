"""One question as an item of QTI 3.0 that any system can use. What it cannot say stands in the companion."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from django.utils.translation import gettext as _

from people.text import nfc
from quizzes import media
from quizzes.formats.items import Plain
from quizzes.formats.qti.processing import number
from quizzes.formats.qti.sheet import decimal
from quizzes.formats.qti_text import fill, fill_line, legal

_NAMESPACE = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
_TEMPLATES = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/"
_TYPES = {
    "pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}  # fmt: skip
_PICTURE = (1000, 1000)


@dataclass(frozen=True, kw_only=True)
class Written:
    root: Element
    pictures: frozenset[str]


def write_item(plain: Plain, *, identifier: str, title: str, files: Mapping[str, bytes]) -> Written:
    writer = _Writer(plain=plain, files=files)
    said = nfc(legal(title or str(plain.get("name") or ""))) or identifier
    root = Element("qti-assessment-item", {
        "xmlns": _NAMESPACE, "identifier": identifier, "title": said, "adaptive": "false", "time-dependent": "false",
        "xml:lang": "vi",
    })  # fmt: skip
    _WRITERS[str(plain["kind"])](writer)
    writer.finish()
    root.extend([*writer.responses, *writer.outcomes, writer.body])
    if writer.processing is not None:
        root.append(writer.processing)
    root.extend(writer.modal)
    return Written(root=root, pictures=frozenset(writer.pictures))


def _fraction(value: Any) -> Fraction:
    return number(str(value)) or Fraction(0)


def share_of(option: Mapping[str, Any]) -> Fraction:
    return _fraction(option["share"]) if option.get("share") is not None else Fraction(option.get("correct") is True)


@dataclass(kw_only=True)
class _Writer:
    plain: Plain
    files: Mapping[str, bytes]
    responses: list[Element] = field(default_factory=list)
    outcomes: list[Element] = field(default_factory=list)
    body: Element = field(default_factory=lambda: Element("qti-item-body"))
    rules: list[Element] = field(default_factory=list)
    modal: list[Element] = field(default_factory=list)
    processing: Element | None = None
    template: str = ""
    pictures: set[str] = field(default_factory=set)

    @property
    def mark(self) -> Fraction:
        return _fraction(self.plain.get("mark", 1)) or Fraction(1)

    def place(self, name: str) -> str:
        """Where a picture is, from the folder of the item. One that the bank does not have is named, not sent."""
        if name in self.files:
            self.pictures.add(name)
        return f"../media/{name}"

    def blocks(self, element: Element, markdown: str, gaps: Mapping[str, Element] | None = None) -> None:
        fill(element, markdown, self.place, gaps)

    def stem(self) -> None:
        self.blocks(self.body, str(self.plain["stem"]))

    # --- declarations ---

    def respond(self, identifier: str, cardinality: str, base: str | None, correct: Iterable[str] = ()) -> Element:
        about = {"identifier": identifier, "cardinality": cardinality, **({"base-type": base} if base else {})}
        declared = Element("qti-response-declaration", about)
        values = list(correct)
        if values:
            right = SubElement(declared, "qti-correct-response")
            for value in values:
                SubElement(right, "qti-value").text = legal(value)
        self.responses.append(declared)
        return declared

    def map(self, declared: Element, worths: Mapping[str, Fraction], *, exact: bool | None = None, **bounds: Fraction) -> None:
        about = {"default-value": "0", **{name.replace("_", "-"): _worth(value) for name, value in bounds.items()}}
        mapping = SubElement(declared, "qti-mapping", about)
        for key, worth in worths.items():
            case = {} if exact is None else {"case-sensitive": "true" if exact else "false"}
            SubElement(mapping, "qti-map-entry", {"map-key": legal(key), "mapped-value": _worth(worth), **case})

    def outcome(self, identifier: str, cardinality: str, base: str, default: str = "") -> None:
        declared = Element("qti-outcome-declaration", {"identifier": identifier, "cardinality": cardinality, "base-type": base})
        if default:
            SubElement(SubElement(declared, "qti-default-value"), "qti-value").text = default
        self.outcomes.append(declared)

    # --- rules ---

    def score_by_mapping(self, identifier: str = "RESPONSE") -> None:
        self.rules.append(_set("SCORE", Element("qti-map-response", {"identifier": identifier})))

    def remark(self, identifier: str, text: str) -> None:
        element = Element("qti-modal-feedback", {"outcome-identifier": "FEEDBACK", "identifier": identifier, "show-hide": "show"})
        self.blocks(SubElement(element, "qti-content-body"), text)
        self.modal.append(element)

    def finish(self) -> None:
        """The score, the remarks and how they come about."""
        if self.rules or self.template or self.plain["kind"] in {"essay", "file", "practical"}:
            self.outcome("SCORE", "single", "float", "0")
            self.outcome("MAXSCORE", "single", "float", _worth(self.mark))
        if self.modal:
            self.outcome("FEEDBACK", "multiple", "identifier")
        if self.plain.get("feedback"):
            self.outcome("GENERAL", "single", "identifier", "general")
            element = Element(
                "qti-modal-feedback", {"outcome-identifier": "GENERAL", "identifier": "general", "show-hide": "show"}
            )
            self.blocks(SubElement(element, "qti-content-body"), str(self.plain["feedback"]))
            self.modal.append(element)
        if self.template:
            self.processing = Element("qti-response-processing", {"template": f"{_TEMPLATES}{self.template}.xml"})
        elif self.rules:
            self.processing = Element("qti-response-processing")
            self.processing.extend(self.rules)


def _worth(value: Fraction) -> str:
    return decimal(value, 9)


def _set(outcome: str, value: Element) -> Element:
    element = Element("qti-set-outcome-value", {"identifier": outcome})
    element.append(value)
    return element


def _base(value: str, base: str) -> Element:
    element = Element("qti-base-value", {"base-type": base})
    element.text = legal(value)
    return element


def _variable(identifier: str) -> Element:
    return Element("qti-variable", {"identifier": identifier})


def _when(condition: Element, *rules: Element) -> Element:
    """A condition with its consequences; the caller may add branches."""
    element = Element("qti-response-condition")
    branch = SubElement(element, "qti-response-if")
    branch.extend([condition, *rules])
    return element


def _call(name: str, *parts: Element, **about: str) -> Element:
    element = Element(name, {key.replace("_", "-"): value for key, value in about.items()})
    element.extend(parts)
    return element


def _add(outcome: str, value: Element) -> Element:
    return _set(outcome, _call("qti-sum", _variable(outcome), value))


# --- choices ---------------------------------------------------------------------------------------------------------


def _letter(place: int) -> str:
    return f"A{place}"


def _picks(writer: _Writer, options: Sequence[Mapping[str, Any]], several: bool) -> None:
    """Declaration, score and remarks of options, whatever they are drawn as."""
    keys = [_letter(place) for place in range(1, len(options) + 1)]
    shares = [share_of(option) for option in options]
    right = [key for key, option in zip(keys, options, strict=True) if option.get("correct") is True]
    if not several:
        right = [key for key, share in zip(keys, shares, strict=True) if share == 1][:1]
    declared = writer.respond("RESPONSE", "multiple" if several else "single", "identifier", right)
    rule, mark = (writer.plain.get("rule", "balance"), writer.mark) if several else ("", writer.mark)
    least = _fraction(writer.plain.get("least", 0)) * mark
    if rule == "all":
        matches = _call("qti-match", _variable("RESPONSE"), Element("qti-correct", {"identifier": "RESPONSE"}))
        writer.rules.append(_when(matches, _set("SCORE", _base(_worth(mark), "float"))))
    elif rule == "balance":
        part = mark / max(1, len(right))
        writer.map(declared, {key: part if key in right else -part for key in keys}, lower_bound=least)
        writer.score_by_mapping()
    else:
        bounds: dict[str, Any] = {"lower_bound": least, "upper_bound": mark} if several else {}
        writer.map(declared, {key: share * mark for key, share in zip(keys, shares, strict=True)}, **bounds)
        writer.score_by_mapping()
    said = {key: str(option["feedback"]) for key, option in zip(keys, options, strict=True) if option.get("feedback")}
    if said:
        chosen = _variable("RESPONSE") if several else _call("qti-multiple", _variable("RESPONSE"))
        writer.rules.append(_set("FEEDBACK", chosen))
    for key, text in said.items():
        writer.remark(key, text)


def _write_choice(writer: _Writer) -> None:
    plain = writer.plain
    several, options = plain["kind"] == "multiple", plain["options"]
    writer.stem()
    _picks(writer, options, several)
    interaction = SubElement(writer.body, "qti-choice-interaction", {
        "response-identifier": "RESPONSE", "shuffle": "true", "max-choices": "0" if several else "1",
    })  # fmt: skip
    for place, option in enumerate(options, 1):
        fixed = {"fixed": "true"} if option.get("last") is True else {}
        choice = SubElement(interaction, "qti-simple-choice", {"identifier": _letter(place), **fixed})
        fill_line(choice, str(option["text"]), writer.place)


def _write_true_false(writer: _Writer) -> None:
    plain = writer.plain
    options = [
        {"text": "Đúng", "correct": plain["answer"] is True, "feedback": plain.get("feedback_true")},
        {"text": "Sai", "correct": plain["answer"] is False, "feedback": plain.get("feedback_false")},
    ]
    writer.stem()
    _picks(writer, options, several=False)
    interaction = SubElement(writer.body, "qti-choice-interaction", {
        "response-identifier": "RESPONSE", "shuffle": "false", "max-choices": "1",
    })  # fmt: skip
    for place, option in enumerate(options, 1):
        SubElement(interaction, "qti-simple-choice", {"identifier": _letter(place)}).text = str(option["text"])


def _write_hotspot(writer: _Writer) -> None:
    plain = writer.plain
    several, areas = plain.get("pick") == "several", plain["areas"]
    name = str(plain["image"]).removeprefix("media:")
    width, height = media.size_of(writer.files.get(name, b"")) or _PICTURE
    writer.stem()
    _picks(writer, areas, several)
    interaction = SubElement(writer.body, "qti-hotspot-interaction", {
        "response-identifier": "RESPONSE", "max-choices": "0" if several else "1",
    })  # fmt: skip
    SubElement(interaction, "img", {
        "src": writer.place(name), "alt": legal(str(plain["alt"])), "width": str(width), "height": str(height),
    })  # fmt: skip
    for place, area in enumerate(areas, 1):
        sides = [width, width, width] if area["shape"] == "circle" else [width, height] * 100
        if area["shape"] == "circle":
            sides[1] = height
        coords = ",".join(str(round(Fraction(one) * side / 1000)) for one, side in zip(area["coords"], sides, strict=False))
        SubElement(interaction, "qti-hotspot-choice", {
            "identifier": _letter(place), "shape": area["shape"], "coords": coords, "hotspot-label": legal(str(area["name"])),
        })  # fmt: skip


# --- typed -----------------------------------------------------------------------------------------------------------


def _accepted(plain: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one if isinstance(one, Mapping) else {"text": str(one)} for one in plain["accept"]]


def _declare_text(writer: _Writer, identifier: str, plain: Mapping[str, Any], mark: Fraction) -> Element:
    """The declaration; gives the field to type into."""
    accept = _accepted(plain)
    exact = plain.get("case") == "keep"
    whole = [str(one["text"]) for one in accept if _fraction(one.get("share", 1)) == 1]
    declared = writer.respond(identifier, "single", "string", whole[:1])
    writer.map(declared, {str(one["text"]): _fraction(one.get("share", 1)) * mark for one in accept}, exact=exact)
    about = {"data-accents": "keep" if plain.get("accents") == "keep" else "ignore"}
    about |= {"data-wildcards": "true"} if plain.get("wildcards") is True else {}
    length = str(max(10, *(len(str(one["text"])) for one in accept)))
    return Element("qti-text-entry-interaction", {"response-identifier": identifier, "expected-length": length, **about})


def _declare_number(writer: _Writer, identifier: str, plain: Mapping[str, Any], mark: Fraction, outcome: str) -> Element:
    """The declaration and its score; gives the field to type into."""
    writer.respond(identifier, "single", "float", [decimal(_fraction(plain["answer"]))])
    condition = Element("qti-response-condition")
    answers = [{"answer": plain["answer"], "tolerance": plain.get("tolerance", 0), "feedback": plain.get("remark")}]
    answers += plain.get("also") or []
    for place, one in enumerate(answers, 1):
        branch = SubElement(condition, "qti-response-if" if place == 1 else "qti-response-else-if")
        tolerance = decimal(_fraction(one.get("tolerance", 0)))
        about = (
            {"tolerance_mode": "exact"}
            if tolerance == "0"
            else {"tolerance_mode": "absolute", "tolerance": f"{tolerance} {tolerance}"}
        )
        branch.append(_call("qti-equal", _variable(identifier), _base(decimal(_fraction(one["answer"])), "float"), **about))
        worth = _base(_worth(_fraction(one.get("share", 1)) * mark), "float")
        branch.append(_add(outcome, worth))
        if one.get("feedback") and identifier == "RESPONSE":
            branch.append(_set("FEEDBACK", _call("qti-multiple", _base(_letter(place), "identifier"))))
            writer.remark(_letter(place), str(one["feedback"]))
    writer.rules.append(condition)
    return Element("qti-text-entry-interaction", {"response-identifier": identifier, "expected-length": "12"})


def _write_short_text(writer: _Writer) -> None:
    writer.stem()
    SubElement(writer.body, "p").append(_declare_text(writer, "RESPONSE", writer.plain, writer.mark))
    writer.score_by_mapping()
    case = "true" if writer.plain.get("case") == "keep" else "false"
    for place, one in enumerate(_accepted(writer.plain), 1):
        if one.get("feedback"):
            same = _call("qti-string-match", _variable("RESPONSE"), _base(str(one["text"]), "string"), case_sensitive=case)
            shown = _set("FEEDBACK", _call("qti-multiple", _base(_letter(place), "identifier")))
            writer.rules.append(_when(same, shown))
            writer.remark(_letter(place), str(one["feedback"]))


def _write_number(writer: _Writer) -> None:
    writer.stem()
    line = SubElement(writer.body, "p")
    line.append(_declare_number(writer, "RESPONSE", writer.plain, writer.mark, "SCORE"))
    unit = nfc(legal(str(writer.plain.get("unit") or "")))
    if unit:
        line[-1].tail = f" {unit}"


def _write_gaps(writer: _Writer) -> None:
    plain = writer.plain
    gaps: Mapping[str, Mapping[str, Any]] = {str(name): gap for name, gap in plain["gaps"].items()}
    total = sum((_fraction(gap.get("weight", 1)) for gap in gaps.values()), Fraction(0)) or Fraction(1)
    fields = {}
    names = [name for name in re.findall(r"\[\[([A-Za-z0-9]{1,10})\]\]", str(plain["text"])) if name in gaps]
    for place, name in enumerate(names, 1):
        gap = gaps[name]
        fields[name] = _declare_gap(writer, f"RESPONSE{place}", gap, writer.mark * _fraction(gap.get("weight", 1)) / total)
    writer.stem()
    writer.blocks(SubElement(writer.body, "div"), str(plain["text"]), fields)


def _declare_gap(writer: _Writer, identifier: str, gap: Mapping[str, Any], mark: Fraction) -> Element:
    if gap["kind"] == "number":
        return _declare_number(writer, identifier, gap, mark, "SCORE")
    if gap["kind"] == "typed":
        drawn = _declare_text(writer, identifier, gap, mark)
    else:
        drawn = Element("qti-inline-choice-interaction", {"response-identifier": identifier, "shuffle": "true"})
        worths = {}
        for place, option in enumerate(gap["options"], 1):
            SubElement(drawn, "qti-inline-choice", {"identifier": _letter(place)}).text = legal(str(option["text"]))
            worths[_letter(place)] = share_of(option)
        declared = writer.respond(identifier, "single", "identifier", [key for key, share in worths.items() if share == 1][:1])
        writer.map(declared, {key: share * mark for key, share in worths.items()})
    writer.rules.append(_add("SCORE", Element("qti-map-response", {"identifier": identifier})))
    return drawn


# --- pairs and orders ------------------------------------------------------------------------------------------------


def _columns(writer: _Writer, lefts: Sequence[str], rights: Sequence[str], **about: str) -> None:
    interaction = SubElement(writer.body, "qti-match-interaction", {
        "response-identifier": "RESPONSE", "shuffle": "true", "max-associations": str(len(lefts)),
        **{name.replace("_", "-"): value for name, value in about.items()},
    })  # fmt: skip
    for letter, texts, most in (("L", lefts, "1"), ("R", rights, "0")):
        column = SubElement(interaction, "qti-simple-match-set")
        for place, text in enumerate(texts, 1):
            choice = {"identifier": f"{letter}{place}", "match-max": most}
            SubElement(column, "qti-simple-associable-choice", choice).text = legal(text)


def _write_matching(writer: _Writer) -> None:
    pairs = [(str(one["left"]), str(one["right"])) for one in writer.plain["pairs"]]
    rights = list(dict.fromkeys([*(right for _left, right in pairs), *map(str, writer.plain.get("extra") or [])]))
    right = [f"L{place} R{rights.index(text) + 1}" for place, (_left, text) in enumerate(pairs, 1)]
    writer.stem()
    declared = writer.respond("RESPONSE", "multiple", "directedPair", right)
    writer.map(declared, {pair: writer.mark / len(right) for pair in right})
    writer.score_by_mapping()
    _columns(writer, [left for left, _right in pairs], rights)


def _write_likert(writer: _Writer) -> None:
    writer.stem()
    writer.respond("RESPONSE", "multiple", "directedPair")
    _columns(
        writer, [str(one) for one in writer.plain["statements"]], [str(one) for one in writer.plain["scale"]], data_kind="likert"
    )


def _write_ordering(writer: _Writer) -> None:
    plain = writer.plain
    items, rule = [str(one) for one in plain["items"]], str(plain.get("rule", "chain"))
    keys = [_letter(place) for place in range(1, len(items) + 1)]
    writer.stem()
    writer.respond("RESPONSE", "ordered", "identifier", keys)
    if rule == "all":
        matches = _call("qti-match", _variable("RESPONSE"), Element("qti-correct", {"identifier": "RESPONSE"}))
        writer.rules.append(_when(matches, _set("SCORE", _base(_worth(writer.mark), "float"))))
    else:
        part = _worth(writer.mark / len(items))
        for place, key in enumerate(keys, 1):
            at = _call("qti-index", _variable("RESPONSE"), n=str(place))
            fits = _call("qti-match", at, _base(key, "identifier"))
            writer.rules.append(_when(fits, _add("SCORE", _base(part, "float"))))
    interaction = SubElement(writer.body, "qti-order-interaction", {
        "response-identifier": "RESPONSE", "shuffle": "true", "data-rule": rule,
    })  # fmt: skip
    for key, text in zip(keys, items, strict=True):
        SubElement(interaction, "qti-simple-choice", {"identifier": key}).text = legal(text)


# --- marked by a person ----------------------------------------------------------------------------------------------


def _rubric(writer: _Writer) -> None:
    """What only who marks gets to see: the notes and the levels of each criterion."""
    plain = writer.plain
    if not plain.get("for_markers") and not plain.get("rubric"):
        return
    block = SubElement(writer.body, "qti-rubric-block", {"view": "scorer", "use": "scoring"})
    content = SubElement(block, "qti-content-body")
    writer.blocks(content, str(plain.get("for_markers") or ""))
    for one in plain.get("rubric") or []:
        SubElement(SubElement(content, "p"), "strong").text = legal(str(one["criterion"]))
        levels = SubElement(content, "ul")
        for level in one["levels"]:
            SubElement(levels, "li").text = legal(f"{level['points']}: {level['text']}")


def _write_essay(writer: _Writer) -> None:
    plain = writer.plain
    writer.stem()
    _rubric(writer)
    declared = writer.respond("RESPONSE", "single", "string")
    if plain.get("start"):
        SubElement(SubElement(declared, "qti-default-value"), "qti-value").text = legal(str(plain["start"]))
    least, most = plain.get("words") or (0, 0)
    limits = {name: str(one) for name, one in (("data-min-words", least), ("data-max-words", most)) if one}
    about = {"response-identifier": "RESPONSE", "expected-lines": str(plain.get("lines", 10)), **limits}
    SubElement(writer.body, "qti-extended-text-interaction", about)


def _write_file(writer: _Writer) -> None:
    plain = writer.plain
    writer.stem()
    _rubric(writer)
    writer.respond("RESPONSE", "single", "file")
    _upload(writer, [str(one) for one in plain.get("types") or _TYPES], int(plain.get("files", 1)))


def _upload(writer: _Writer, types: Sequence[str], most: int) -> None:
    about = {"response-identifier": "RESPONSE", "type": " ".join(_TYPES[one] for one in types if one in _TYPES)}
    SubElement(writer.body, "qti-upload-interaction", {**about, **({"data-max-files": str(most)} if most > 1 else {})})


def _write_practical(writer: _Writer) -> None:
    plain = writer.plain
    writer.stem()
    SubElement(writer.body, "p").text = _("Trước khi nộp, bạn tự kiểm:")
    checks = SubElement(writer.body, "ul")
    for one in plain["self_check"]:
        SubElement(checks, "li").text = legal(str(one))
    _rubric(writer)
    if plain.get("evidence", "both") == "text":
        writer.respond("RESPONSE", "single", "string")
        SubElement(writer.body, "qti-extended-text-interaction", {"response-identifier": "RESPONSE", "expected-lines": "10"})
    else:
        writer.respond("RESPONSE", "single", "file")
        _upload(writer, list(_TYPES), 1)


_WRITERS: dict[str, Callable[[_Writer], None]] = {
    "single": _write_choice, "multiple": _write_choice, "true_false": _write_true_false, "short_text": _write_short_text,
    "number": _write_number, "matching": _write_matching, "ordering": _write_ordering, "gaps": _write_gaps,
    "hotspot": _write_hotspot, "essay": _write_essay, "file": _write_file, "practical": _write_practical, "likert": _write_likert,
}  # fmt: skip
