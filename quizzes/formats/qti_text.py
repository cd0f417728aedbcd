"""The XHTML of QTI as our Markdown, and back. Works on elements, never on strings of markup.

Only what a question needs: paragraphs, headings, lists, quotations, code, tables, emphasis, links, pictures, sound, MathML.
Everything else gives its text. What is not shown anywhere (scripts, styles) gives nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, ParseError, SubElement

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from markdown_it import MarkdownIt
from markdown_it.token import Token

from people.text import nfc

MATH = "http://www.w3.org/1998/Math/MathML"
_MATH = f"{{{MATH}}}"
_SILENT = frozenset(
    ["script", "style", "head", "title", "template", "noscript", "iframe", "object", "source", "track", "param", "stylesheet"]
)
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "blockquote",
        "pre",
        "table",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "td",
        "th",
        "caption",
        "hr",
        "section",
        "article",
        "header",
        "footer",
        "figure",
        "figcaption",
        "address",
        "center",
        "itemBody",
        "prompt",
        "contentBody",
        "feedbackBlock",
        "modalFeedback",
        "rubricBlock",
        "templateBlock",
        "stimulusBody",
        "main",
        "nav",
        "aside",
        "details",
        "summary",
    ]
)
_SIGNS = {"strong": "**", "b": "**", "em": "*", "i": "*"}

# How the reader of a file finds what a source names: its `media:NAME`, an address, or None when it is not there.
Find = Callable[[str], str | None]
# What stands in the text for an element of the format itself (an interaction, a remark); None: nothing special about it.
Special = Callable[[Element], str | None]


def _nothing_special(element: Element) -> str | None:
    return None


@dataclass(kw_only=True)
class Markdown:
    """Elements as Markdown. `missing` collects the sources that were not found."""

    find: Find = field(default=lambda source: None)
    special: Special = _nothing_special
    missing: list[str] = field(default_factory=list)

    def blocks(self, element: Element) -> str:
        """Paragraphs, with an empty line between."""
        return _tidied("\n\n".join(self._blocks(element)))

    def inline(self, element: Element) -> str:
        """One paragraph: whatever blocks there are follow each other with a space."""
        return nfc(" ".join(part.replace("\\\n", " ") for part in self._blocks(element, flat=True)))

    # --- blocks ---

    def _blocks(self, element: Element, *, flat: bool = False) -> list[str]:
        found: list[str] = []
        line: list[str] = [_escaped(element.text)]
        for child in element:
            told = self.special(child)
            if told is None and child.tag in _BLOCKS:
                found += [_paragraph(_joined(line)), *self._block(child, flat)]
                line = []
            elif told is None and any(one.tag in _BLOCKS for one in child.iter()):
                found += [_paragraph(_joined(line)), *self._blocks(child, flat=flat)]
                line = []
            else:
                line.append(self._piece(child) if told is None else told)
            line.append(_escaped(child.tail))
        return [part for part in (*found, _paragraph(_joined(line))) if part]

    def _block(self, element: Element, flat: bool) -> list[str]:
        tag = str(element.tag)
        if flat:
            return self._blocks(element, flat=True)
        if re.fullmatch("h[1-6]", tag):
            return [f"{'#' * int(tag[1])} {inner}" for inner in [nfc(" ".join(self._blocks(element, flat=True)))] if inner]
        if tag in {"ul", "ol"}:
            return self._list(element)
        if tag == "blockquote":
            return [_prefixed("\n\n".join(self._blocks(element)), "> ", "> ")]
        if tag == "pre":
            return [_fenced("".join(element.itertext()))]
        if tag == "table":
            return self._table(element)
        return ["---"] if tag == "hr" else self._blocks(element)

    def _list(self, element: Element) -> list[str]:
        lines = []
        for place, item in enumerate([one for one in element if one.tag == "li"], 1):
            mark = f"{place}. " if element.tag == "ol" else "- "
            parts = self._blocks(item)
            tight = len(parts) < 2 or all(re.match(r"[-\d]", part) for part in parts[1:])
            lines.append(_prefixed(("\n" if tight else "\n\n").join(parts), mark, " " * len(mark)))
        return ["\n".join(lines)]

    def _table(self, element: Element) -> list[str]:
        rows = [
            [nfc(" ".join(self._blocks(cell, flat=True))).replace("|", "\\|") for cell in row if cell.tag in {"td", "th"}]
            for row in element.iter("tr")
        ]
        width = max((len(row) for row in rows), default=0)
        captions = [part for one in element.iter("caption") for part in self._blocks(one)]
        if width == 0:
            return captions
        lines = [f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in rows]
        return [*captions, "\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]])]

    # --- inside a paragraph ---

    def _inside(self, element: Element) -> str:
        parts = [_escaped(element.text)]
        for child in element:
            told = self.special(child)
            parts += [self._piece(child) if told is None else told, _escaped(child.tail)]
        return _joined(parts)

    def _piece(self, element: Element) -> str:
        tag = str(element.tag)
        if tag.startswith(_MATH) or tag == "math":
            return math_text(element)
        known = _PIECES.get(tag)
        if known is not None:
            return known(self, element)
        return "" if tag in _SILENT else self._inside(element)

    def _emphasis(self, element: Element) -> str:
        inner, sign = self._inside(element), _SIGNS[str(element.tag)]
        bare = inner.strip()
        if not bare or "\n" in bare:
            return inner
        before, after = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
        # The sign must stand against a word, else it is only a star: "**Chú ý:**Không" is not bold in Markdown.
        if not after and (element.tail or "")[:1].isalnum():
            while len(bare) > 1 and not bare[-1].isalnum() and bare[-1] not in "*`)":
                bare, after = bare[:-1], bare[-1] + after
        return f"{before}{sign}{bare}{sign}{after}"

    def _code(self, element: Element) -> str:
        inner = " ".join("".join(element.itertext()).split())
        fence = "`" * (1 + max((len(run) for run in re.findall("`+", inner)), default=0))
        pad = " " if inner.startswith("`") or inner.endswith("`") else ""
        return f"{fence}{pad}{inner}{pad}{fence}" if inner else ""

    def _link(self, element: Element) -> str:
        inner, address = nfc(self._inside(element)), element.get("href", "").strip()
        if not re.match(r"(https?://|mailto:)", address, re.I) or not inner:
            return self._inside(element)
        return f"[{inner}](<{_address(address)}>)" if re.search(r"[\s()<>]", address) else f"[{inner}]({address})"

    def _media(self, element: Element) -> str:
        sources = [element.get("src") or element.get("data") or "", *(one.get("src", "") for one in element.iter("source"))]
        said = element.get("alt") or element.get("title") or element.get("aria-label") or ""
        for source in [one.strip() for one in sources if one.strip()]:
            found = self.find(source)
            if found:
                return f"![{_escaped(nfc(said) or nfc(''.join(element.itertext())))}]({found})"
            self.missing.append(source)
        # What stands inside an object is what is shown instead of it.
        return self._inside(element) if element.tag in {"object", "audio", "video"} else _escaped(said)


_PIECES: dict[str, Callable[[Markdown, Element], str]] = {
    "strong": Markdown._emphasis, "b": Markdown._emphasis, "em": Markdown._emphasis, "i": Markdown._emphasis,
    "code": Markdown._code, "tt": Markdown._code, "kbd": Markdown._code, "samp": Markdown._code,
    "a": Markdown._link, "br": lambda markdown, element: "\\\n",
    "img": Markdown._media, "object": Markdown._media, "audio": Markdown._media, "video": Markdown._media,
    "embed": Markdown._media,
    "q": lambda markdown, element: f"“{markdown._inside(element)}”",
    "sub": lambda markdown, element: _small(markdown._inside(element), "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎"),
    "sup": lambda markdown, element: _small(markdown._inside(element), "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾"),
}  # fmt: skip


def _small(text: str, forms: str) -> str:
    """Digits raised or lowered: x² says what x2 does not. Other letters stay as they are."""
    if not text or not all(one in "0123456789+-=()" for one in text.replace("\\", "")):
        return text
    return text.replace("\\", "").translate(str.maketrans("0123456789+-=()", forms))


def plain(element: Element | None, special: Special = _nothing_special) -> str:
    """The words alone, on one line; a picture gives what it shows."""
    return "" if element is None else nfc("".join(_words(element, special)))


def _words(element: Element, special: Special) -> Iterator[str]:
    if element.tag in {"script", "style"}:
        return
    yield " " if element.tag in _BLOCKS or element.tag == "br" else ""
    yield element.get("alt", "") if element.tag == "img" else ""
    yield element.text or ""
    for child in element:
        told = special(child)
        if told is None:
            yield from _words(child, special)
        else:
            yield told
        yield child.tail or ""
    yield " " if element.tag in _BLOCKS else ""


def math_text(element: Element) -> str:
    """A formula as it stands in our Markdown: <math>…</math> without prefixes, on one line."""
    copy = _bare(element)
    return " ".join(ElementTree.tostring(copy, encoding="unicode").split())


_MATH_ATTRIBUTES = frozenset(
    [
        "display",
        "mathvariant",
        "stretchy",
        "fence",
        "separator",
        "accent",
        "accentunder",
        "columnalign",
        "rowspan",
        "columnspan",
        "lspace",
        "rspace",
        "linethickness",
        "notation",
        "open",
        "close",
        "separators",
        "form",
        "largeop",
        "movablelimits",
        "width",
        "height",
        "depth",
    ]
)


def _bare(element: Element) -> Element:
    copy = Element(str(element.tag).rpartition("}")[2])
    for name, value in element.attrib.items():
        if name in _MATH_ATTRIBUTES:
            copy.set(name, value)
    copy.text, copy.tail = element.text, None
    for child in element:
        # Other systems keep the formula's source in an annotation; it is not part of what is shown.
        if str(child.tag).rpartition("}")[2] not in {"annotation", "annotation-xml"}:
            copy.append(_bare(child))
            copy[-1].tail = child.tail
    return copy


# --- text ------------------------------------------------------------------------------------------------------------

_SPECIAL = re.compile(r"([\\`*\[\]]|<(?=[A-Za-z/!?])|(?<![^\W_])_|_(?![^\W_]))")
_ENTITY = re.compile(r"&(?=#?\w+;)")


def _escaped(text: str | None) -> str:
    """Words that stay words in Markdown; runs of space are one space."""
    if not text:
        return ""
    one_line = re.sub(r"[ \t\r\n\f\v\u00a0]+", " ", unicodedata.normalize("NFC", text.replace("\x00", "")))
    return _ENTITY.sub(r"\\&", _SPECIAL.sub(r"\\\1", one_line))


def _joined(parts: list[str]) -> str:
    """The parts of a paragraph in a row; bold against bold is one stretch of bold."""
    text = ""
    for part in parts:
        for sign in ("**", "*"):
            if part.startswith(sign) and text.endswith(sign) and not text.endswith("\\" + sign) and len(part) > len(sign):
                text, part = text.removesuffix(sign), part.removeprefix(sign)
                break
        text += part
    return text


def _paragraph(text: str) -> str:
    """A paragraph whose first signs do not make a heading or a list of it."""
    lines = [line.strip() for line in text.split("\n")]
    while lines and lines[-1] in {"", "\\"}:
        lines.pop()
    return "\n".join(_opened(line) for line in lines).strip().removesuffix("\\").strip() if lines else ""


def _opened(line: str) -> str:
    line = re.sub(r"^(#{1,6}(?=\s|$)|[-+](?=\s|$)|-(?=-)|=(?==*$)|>|\||~~~)", r"\\\1", line)
    return re.sub(r"^(\d{1,9})([.)])(?=\s|$)", r"\1\\\2", line)


def _prefixed(text: str, first: str, rest: str) -> str:
    lines = text.split("\n")
    return "\n".join((first if place == 0 else rest) + line if line or rest.strip() else line for place, line in enumerate(lines))


def _fenced(text: str) -> str:
    bare = text.strip("\n").rstrip()
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", bare)), default=0))
    return f"{fence}\n{bare}\n{fence}" if bare.strip() else ""


def _address(text: str) -> str:
    return re.sub(r"[\s<>]", lambda match: f"%{ord(match[0]):02X}", text)


def _tidied(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", unicodedata.normalize("NFC", text)).strip()


# --- back ------------------------------------------------------------------------------------------------------------

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
_FORMULA = re.compile(r"(?<!\\)<math\b[^>]*>.*?</math>", re.S)
_KEPT = re.compile("\ue000(\\d+)\ue001")
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Where a file is that the text refers to as media:NAME, as the package says it.
Place = Callable[[str], str]


def legal(text: str) -> str:
    """`text` without what no XML may hold."""
    return _ILLEGAL.sub("", text)


def fill(element: Element, markdown: str, place: Place, gaps: Mapping[str, Element] | None = None) -> None:
    """The blocks of `markdown` inside `element`; `[[NAME]]` becomes the element that `gaps` has for it."""
    kept: list[Element] = []
    source = _FORMULA.sub(
        lambda match: _keep_formula(match[0], kept), legal(markdown).replace("\ue000", "").replace("\ue001", "")
    )
    for name, gap in (gaps or {}).items():
        if f"[[{name}]]" in source:
            source = source.replace(f"[[{name}]]", _keep(gap, kept), 1)
    _Tree(kept, place).build(element, _markdown.parse(source))


def fill_line(element: Element, markdown: str, place: Place) -> None:
    """One paragraph of `markdown` inside `element`, without a paragraph around it."""
    kept: list[Element] = []
    source = _FORMULA.sub(
        lambda match: _keep_formula(match[0], kept), legal(markdown).replace("\ue000", "").replace("\ue001", "")
    )
    _Tree(kept, place).build(element, _markdown.parseInline(source))


def _keep(element: Element, kept: list[Element]) -> str:
    kept.append(element)
    return f"\ue000{len(kept) - 1}\ue001"


def _keep_formula(source: str, kept: list[Element]) -> str:
    try:
        formula = fromstring(source)
    except (ParseError, DefusedXmlException):
        return source
    formula = _bare(formula) if "}" in str(formula.tag) else formula
    formula.set("xmlns", MATH)
    return _keep(formula, kept)


class _Tree:
    """Tokens of Markdown as elements."""

    def __init__(self, kept: list[Element], place: Place) -> None:
        self.kept = kept
        self.place = place

    def build(self, element: Element, tokens: list[Token]) -> None:
        path = [element]
        for token in tokens:
            if token.type == "inline":
                self.build(path[-1], token.children or [])
            elif token.hidden:
                continue
            elif token.nesting == 1:
                path.append(SubElement(path[-1], token.tag, self._attributes(token)))
            elif token.nesting == -1:
                path.pop()
            else:
                self._leaf(path[-1], token)

    def _attributes(self, token: Token) -> dict[str, str]:
        return {"href": str(token.attrs["href"])} if token.tag == "a" and "href" in token.attrs else {}

    def _leaf(self, parent: Element, token: Token) -> None:
        if token.type in {"text", "text_special"}:
            self._say(parent, token.content)
        elif token.type == "softbreak":
            _append(parent, " ")
        elif token.type in {"hardbreak", "hr"}:
            SubElement(parent, token.tag)
        elif token.type == "code_inline":
            SubElement(parent, "code").text = self._without(token.content)
        elif token.type in {"fence", "code_block"}:
            SubElement(parent, "pre").text = self._without(token.content)
        elif token.type == "image":
            self._picture(parent, token)

    def _without(self, text: str) -> str:
        """Code, in which a formula or a gap is only what was typed."""
        return _KEPT.sub(lambda match: "".join(self.kept[int(match[1])].itertext()), text)

    def _say(self, parent: Element, text: str) -> None:
        for place, part in enumerate(_KEPT.split(text)):
            if place % 2:
                parent.append(self.kept[int(part)])
            else:
                _append(parent, part)

    def _picture(self, parent: Element, token: Token) -> None:
        source, said = str(token.attrs.get("src", "")), self._without(_said(token))
        where = self.place(source.removeprefix("media:")) if source.startswith("media:") else source
        if source.endswith((".mp3", ".ogg", ".wav")):
            SubElement(parent, "audio", {"src": where, "controls": "controls", "title": said, "aria-label": said})
        else:
            SubElement(parent, "img", {"src": where, "alt": said})


def _said(token: Token) -> str:
    """The words of a picture's description, without their signs."""
    return "".join(_said(one) if one.children else one.content for one in token.children or [])


def _append(parent: Element, text: str) -> None:
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text
