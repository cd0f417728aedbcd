"""Questions as a package of QTI 3.0: the same questions always give the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from people.text import unmarked
from quizzes.formats.items import Item
from quizzes.formats.qti import companion
from quizzes.formats.qti.item_writing import Written, write_item
from quizzes.formats.qti_text import legal

_DATE = (1980, 1, 1, 0, 0, 0)
_MANIFEST = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
_LOM = "http://ltsc.ieee.org/xsd/LOM"
_DIFFICULTIES = {"easy": "easy", "medium": "medium", "hard": "difficult"}


@dataclass(frozen=True, kw_only=True)
class _File:
    identifier: str
    path: str
    item: Item
    data: bytes
    pictures: tuple[str, ...]


def write(items: Sequence[Item], files: Mapping[str, bytes]) -> bytes:
    """A ZIP with a manifest, a file for each question and the pictures and sounds of `files` that they show."""
    found = [_file(place, item, files) for place, item in enumerate(items, 1)]
    shown = sorted({name for one in found for name in one.pictures})
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        _put(package, "imsmanifest.xml", _manifest(found))
        for one in found:
            _put(package, one.path, one.data)
        for name in shown:
            _put(package, f"media/{name}", files[name])
        _put(package, companion.NAME, companion.write({one.path: (one.item, one.data) for one in found}))
    return stream.getvalue()


def _put(package: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    package.writestr(entry, data)


def _file(place: int, item: Item, files: Mapping[str, bytes]) -> _File:
    code = re.sub(r"[^A-Za-z0-9_-]+", "-", unmarked(str(item.plain.get("id") or item.name or ""))).strip("-")[:40]
    identifier = f"q{place:04d}-{code}" if code else f"q{place:04d}"
    written: Written = write_item(item.plain, identifier=identifier, title=item.name, files=files)
    return _File(
        identifier=identifier, path=f"items/{identifier}.xml", item=item, data=document(written.root),
        pictures=tuple(sorted(written.pictures)),
    )  # fmt: skip


def document(root: Element) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode").encode() + b"\n"


def _manifest(files: Sequence[_File]) -> bytes:
    root = Element("manifest", {"xmlns": _MANIFEST, "identifier": "hoc-ai"})
    about = SubElement(root, "metadata")
    SubElement(about, "schema").text = "QTI Package"
    SubElement(about, "schemaversion").text = "3.0.0"
    SubElement(root, "organizations")
    resources = SubElement(root, "resources")
    for one in files:
        resource = SubElement(
            resources, "resource", {"identifier": one.identifier, "type": "imsqti_item_xmlv3p0", "href": one.path}
        )
        _metadata(resource, one.item)
        SubElement(resource, "file", {"href": one.path})
        for name in one.pictures:
            SubElement(resource, "dependency", {"identifierref": _picture(name)})
    for name in sorted({name for one in files for name in one.pictures}):
        resource = SubElement(
            resources, "resource", {"identifier": _picture(name), "type": "webcontent", "href": f"media/{name}"}
        )
        SubElement(resource, "file", {"href": f"media/{name}"})
    own = SubElement(resources, "resource", {"identifier": "hoc-ai-questions", "type": "webcontent", "href": companion.NAME})
    SubElement(own, "file", {"href": companion.NAME})
    return document(root)


def _picture(name: str) -> str:
    return f"m-{name.partition('.')[0][:16]}-{name.rpartition('.')[2]}"


def _metadata(resource: Element, item: Item) -> None:
    lom = SubElement(SubElement(resource, "metadata"), "lom", {"xmlns": _LOM})
    general = SubElement(lom, "general")
    if item.name:
        _string(SubElement(general, "title"), item.name)
    for tag in item.plain.get("tags") or []:
        _string(SubElement(general, "keyword"), str(tag))
    difficulty = _DIFFICULTIES.get(str(item.plain.get("difficulty", "")))
    if difficulty:
        told = SubElement(SubElement(lom, "educational"), "difficulty")
        SubElement(told, "source").text = "LOMv1.0"
        SubElement(told, "value").text = difficulty
    if item.category:
        _classify(lom, "discipline", item.category)
    if item.plain.get("competency"):
        _classify(lom, "competency", (str(item.plain["competency"]),))


def _classify(lom: Element, purpose: str, path: Sequence[str]) -> None:
    classification = SubElement(lom, "classification")
    told = SubElement(classification, "purpose")
    SubElement(told, "source").text = "LOMv1.0"
    SubElement(told, "value").text = purpose
    taxons = SubElement(classification, "taxonPath")
    _string(SubElement(taxons, "source"), "Học AI")
    for name in path:
        _string(SubElement(SubElement(taxons, "taxon"), "entry"), name)


def _string(element: Element, text: str) -> None:
    SubElement(element, "string", {"language": "vi"}).text = legal(text)
