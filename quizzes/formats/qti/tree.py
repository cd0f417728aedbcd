"""QTI as a tree of elements, whatever its version: the names of 2.x, the line of every element, nothing unsafe.

QTI 3.0 writes `<qti-choice-interaction response-identifier="R">` where 2.x writes `<choiceInteraction responseIdentifier="R">`.
Both become the latter, without namespaces; elements of MathML and SVG keep their namespace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import html5
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from django.utils.translation import gettext as _

from people.text import nfc

MATHML = "{http://www.w3.org/1998/Math/MathML}"
LINE = "\x00line"  # no attribute of a file can have this name
_KEPT = (MATHML, "{http://www.w3.org/2000/svg}")
_DEEPEST = 100
_MOST_ELEMENTS = 200_000
_ENTITY = re.compile(rb"&([A-Za-z][A-Za-z0-9]{1,31});")
_OWN = {b"amp", b"lt", b"gt", b"quot", b"apos"}


class Unusable(ValueError):
    """A file of XML that cannot be used; the message says why, to the author. `line` is where, 1 if unknown."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


class _Parser(DefusedXMLParser):  # type: ignore[misc]
    """Notes the line of each element, and stops where a tree is deeper or larger than questions are."""

    def __init__(self) -> None:
        super().__init__(target=TreeBuilder(), forbid_dtd=False, forbid_entities=True, forbid_external=True)
        self.depth = self.count = 0

    def _start(self, tag: str, attributes: list[str]) -> Element:
        self.depth += 1
        self.count += 1
        line = self.parser.CurrentLineNumber
        if self.depth > _DEEPEST:
            raise Unusable(_("Tệp XML lồng quá sâu nên không đọc được. Hãy xuất lại câu hỏi từ hệ thống cũ."), line)
        if self.count > _MOST_ELEMENTS:
            raise Unusable(_("Tệp XML quá dài. Hãy chia thành nhiều tệp nhỏ."), line)
        element: Element = super()._start(tag, attributes)
        element.set(LINE, str(line))
        return element

    def _end(self, tag: str) -> Element:
        self.depth -= 1
        return super()._end(tag)


def parse(data: bytes) -> Element:
    """The root of an XML file, names made plain. Raises Unusable."""
    try:
        root = _parse(data)
    except ParseError as error:
        # Editors that think in HTML write &nbsp; without declaring it.
        if "undefined entity" not in str(error):
            raise _broken(error) from error
        try:
            root = _parse(_ENTITY.sub(_character, data))
        except ParseError as again:
            raise _broken(again) from again
    for element in root.iter():
        _make_plain(element)
    return root


def _parse(data: bytes) -> Element:
    parser = _Parser()
    try:
        parser.feed(data)
        root: Element = parser.close()
    except DefusedXmlException as error:
        raise Unusable(_("Tệp XML khai báo thực thể (ENTITY) nên không nhận, vì lý do an toàn.")) from error
    except (LookupError, ValueError) as error:
        if isinstance(error, ParseError | Unusable):
            raise
        raise Unusable(_("Không đọc được chữ trong tệp XML. Lưu lại tệp với bảng mã UTF-8.")) from error
    return root


def _broken(error: ParseError) -> Unusable:
    line = error.position[0]
    return Unusable(_("Tệp XML hỏng ở dòng %(line)s. Hãy xuất lại từ hệ thống cũ.") % {"line": line}, line)


def _character(match: re.Match[bytes]) -> bytes:
    if match[1] in _OWN:
        return match[0]
    return "".join(f"&#{ord(one)};" for one in html5.get(f"{match[1].decode()};", "")).encode() or match[0]


def _make_plain(element: Element) -> None:
    tag = str(element.tag)
    if tag.startswith(_KEPT):
        return
    name = local(tag)
    newer = name.startswith("qti-")
    element.tag = _camel(name[4:]) if newer else name
    if newer or "{" in "".join(element.attrib):
        values = dict(element.attrib)
        element.attrib.clear()
        for key, value in values.items():
            bare = local(key)
            element.set(_camel(bare) if newer and not bare.startswith("data-") else bare, value)


def _camel(name: str) -> str:
    first, *rest = name.split("-")
    return first + "".join(part.capitalize() for part in rest)


def local(tag: str) -> str:
    return tag.rpartition("}")[2]


def line_of(element: Element) -> int:
    return int(element.get(LINE, "1"))


def text_of(element: Element | None) -> str:
    """All text within, as one line."""
    return "" if element is None else nfc("".join(element.itertext()))


def within(element: Element, *tags: str) -> Iterator[Element]:
    """Every element below with one of these names, in order."""
    return (one for one in element.iter() if one is not element and one.tag in tags)


def is_true(element: Element, name: str) -> bool:
    return element.get(name, "").strip().lower() in {"true", "1"}
