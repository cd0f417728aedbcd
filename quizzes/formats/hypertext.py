"""HTML as it comes: a stream of tags and texts, whatever is broken in it. What it costs grows as the text does."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TAG = re.compile(r"""<(/?)([a-zA-Z][^\s/>"'<=]*+)((?:[^>"']++|"[^"]*+"|'[^']*+')*+)>""")
_ATTRIBUTE = re.compile(r"""([^\s=/>"']++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'>]++))?+""")
# What stands between these tags is no text for readers.
_RAW = {
    name: re.compile(rf"</{name}\b", re.IGNORECASE)
    for name in ("script", "style", "title", "xml", "iframe", "textarea", "template")
}


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Open:
    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    closed: bool = False


@dataclass(frozen=True)
class Close:
    name: str


Token = Text | Open | Close


def tokens(source: str) -> Iterator[Token]:
    """Names of tags are in lower case and without a prefix for MathML (m:mi is mi). Comments are left out, a "<" that
    begins no tag is text."""
    at, start, size = 0, 0, len(source)
    patience = 4 * size + 1000  # letters looked at in vain: "<a <a <a …" that never ends
    while (at := source.find("<", at)) >= 0:
        if source.startswith(("<!", "<?"), at):
            end = _after_comment(source, at)
            yield from _text(source[start:at])
            at = start = end
            continue
        tag = _TAG.match(source, at) if patience > 0 else None
        if tag is None:
            if source[at + 1 : at + 2].isalpha() or source.startswith("</", at):
                patience -= size - at
            at += 1
            continue
        yield from _text(source[start:at])
        at = start = tag.end()
        opened = _tag(tag)
        yield opened
        if isinstance(opened, Open) and opened.name in _RAW and not opened.closed:
            found = _RAW[opened.name].search(source, at)
            at = start = found.start() if found else size
    yield from _text(source[start:])


def _after_comment(source: str, at: int) -> int:
    """A comment that is not closed goes to its next ">", or to the end."""
    if source.startswith("<!--", at):
        end = source.find("-->", at + 4)
        if end >= 0:
            return end + 3
        return len(source)
    if source.startswith("<![CDATA[", at):
        return at + 9
    end = source.find(">", at)
    return end + 1 if end >= 0 else len(source)


def _text(text: str) -> Iterator[Token]:
    if text:
        yield Text(html.unescape(text))


def _tag(tag: re.Match[str]) -> Token:
    name = tag[2].lower()
    for prefix in ("m:", "mml:", "math:"):
        name = name.removeprefix(prefix)
    if tag[1]:
        return Close(name)
    inside = tag[3]
    attributes: dict[str, str] = {}
    for one in _ATTRIBUTE.finditer(inside):
        value = one[2] or ""
        if value[:1] in "\"'":
            value = value[1:-1]
        attributes.setdefault(one[1].lower(), html.unescape(value))
    return Open(name, attributes, inside.endswith("/"))


# --- formulas --------------------------------------------------------------------------------------------------------

_MATH_NAMES = (
    "math mi mn mo ms mtext mspace mrow mfrac msqrt mroot mstyle merror mpadded mphantom mfenced menclose msub msup "
    "msubsup munder mover munderover mmultiscripts mprescripts none mtable mtr mtd mlabeledtr maction semantics "
    "annotation "
)
_MATH_SAID = (
    "xmlns display displaystyle scriptlevel mathvariant mathsize stretchy symmetric fence separator separators form "
    "lspace rspace minsize maxsize largeop movablelimits accent accentunder linethickness numalign denomalign bevelled "
    "open close notation columnalign rowalign columnspacing rowspacing columnlines rowlines frame framespacing "
    "columnspan rowspan width height depth voffset align encoding dir intent arg alttext side "
)
_MATH, _MATH_ATTRIBUTES = frozenset(_MATH_NAMES.split()), frozenset(_MATH_SAID.split())
_MOST_OPEN = 200


class Formula:
    """A <math> element as it is written down again: without scripts, events, links and what is no MathML."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._open: list[str] = []

    def take(self, token: Token) -> bool:
        """Takes the next token; True when the formula is complete with it."""
        if isinstance(token, Text):
            self._parts.append(html.escape(re.sub(r"\s+", " ", token.text), quote=False))
        elif token.name not in _MATH:
            return False
        elif isinstance(token, Open):
            self._begin(token)
        elif token.name in self._open:
            while self._open:
                name = self._open.pop()
                self._parts.append(f"</{name}>")
                if name == token.name:
                    break
        return not self._open

    def _begin(self, token: Open) -> None:
        if len(self._open) >= _MOST_OPEN or (token.name == "math" and self._open):
            return
        said = "".join(f' {name}="{html.escape(value)}"' for name, value in token.attributes.items() if name in _MATH_ATTRIBUTES)
        self._parts.append(f"<{token.name}{said}>")
        if token.closed:
            self._parts.append(f"</{token.name}>")
        else:
            self._open.append(token.name)

    def source(self) -> str:
        """The element in one line, closed whether or not it was."""
        said = "".join(self._parts) + "".join(f"</{name}>" for name in reversed(self._open))
        return " ".join(said.split())


def clean_formula(source: str) -> str:
    """`source` of one <math> element as Formula leaves it; "" if it is none."""
    formula = Formula()
    for number, token in enumerate(tokens(source)):
        if number == 0 and not (isinstance(token, Open) and token.name == "math"):
            return ""
        if formula.take(token):
            break
    return formula.source()
