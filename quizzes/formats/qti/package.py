"""A ZIP from outside, looked at before it is unpacked; its manifest; the files that its items name."""

from __future__ import annotations

import base64
import binascii
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _

from people.text import nfc
from quizzes import media
from quizzes.formats.items import Unreadable
from quizzes.formats.qti import tree

MOST_ENTRIES = 5_000
MOST_UNPACKED = 200_000_000
LARGEST = 25_000_000
_SQUEEZED = 200  # times smaller than what comes out: past that it is a trap
_DIFFICULTIES = {
    "very easy": "easy", "easy": "easy", "medium": "medium", "difficult": "hard", "very difficult": "hard", "hard": "hard",
}  # fmt: skip


class Package:
    """The files of a ZIP by name. Raises Unreadable where the ZIP as a whole is not to be trusted."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            entries = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError, zlib.error, RuntimeError) as error:
            raise Unreadable(_("Tệp ZIP hỏng, không mở được. Hãy xuất lại gói từ hệ thống cũ.")) from error
        _check(entries)
        self._left = MOST_UNPACKED
        self.entries = {one.filename: one for one in entries if not one.is_dir() and not one.filename.startswith("__MACOSX/")}
        self._folded = {name.casefold(): name for name in self.entries}
        self._read: dict[str, bytes] = {}
        self.media: dict[str, bytes] = {}

    def find(self, name: str) -> str | None:
        """The entry of that name, capital letters aside."""
        return name if name in self.entries else self._folded.get(name.casefold())

    def read(self, name: str) -> bytes:
        """Raises Unreadable when the entry is broken or larger than it says."""
        if name in self._read:
            return self._read[name]
        try:
            with self._zip.open(self.entries[name]) as stream:
                data = stream.read(LARGEST + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
            raise Unreadable(_("Tệp %(name)s trong gói ZIP bị hỏng. Hãy xuất lại gói.") % {"name": name}) from error
        self._left -= len(data)
        if len(data) > LARGEST or self._left < 0:
            raise Unreadable(_too_large())
        self._read[name] = data
        return data

    def resolve(self, source: str, base: str) -> str | None:
        """The entry that `source` means in a file of the folder `base`; None when there is none, or it lies elsewhere."""
        bare = unquote(source.partition("#")[0].partition("?")[0]).replace("\\", "/").strip()
        if not bare or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", bare):
            return None
        for start in (base, ""):
            path = posixpath.normpath(posixpath.join(start, bare.lstrip("/")))
            found = None if path.startswith("..") else self.find(path)
            if found:
                return found
        return None

    def keep(self, source: str, base: str) -> str | None:
        """`media:NAME` of a picture or sound, which is kept; None when there is none."""
        if source.lower().startswith("data:"):
            data = _inline(source)
        else:
            entry = self.resolve(source, base)
            data = None if entry is None else self.read(entry)
        name = media.name_of(data) if data else ""
        if not data or not name:
            return None
        self.media[name] = data
        return f"media:{name}"


def _too_large() -> str:
    return _("Gói ZIP phình ra quá lớn khi mở nên không nhận. Hãy chia thành nhiều gói nhỏ.")


def _check(entries: list[zipfile.ZipInfo]) -> None:
    """Raises Unreadable."""
    if any(one.flag_bits & 1 for one in entries):
        raise Unreadable(_("Gói ZIP có mật khẩu nên không đọc được. Bỏ mật khẩu rồi gửi lại."))
    total = sum(one.file_size for one in entries)
    squeezed = any(one.file_size > 1_000_000 and one.file_size > _SQUEEZED * max(1, one.compress_size) for one in entries)
    if len(entries) > MOST_ENTRIES or total > MOST_UNPACKED or squeezed or any(one.file_size > LARGEST for one in entries):
        raise Unreadable(_too_large())
    for one in entries:
        name = one.filename.replace("\\", "/")
        if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/") or "\x00" in one.orig_filename:
            raise Unreadable(_("Gói ZIP có tên tệp không an toàn: %(name)s. Hãy nén lại từ thư mục gốc.") % {"name": name[:80]})


def _inline(source: str) -> bytes | None:
    head, _comma, body = source.partition(",")
    try:
        return base64.b64decode(unquote(body), validate=False) if ";base64" in head.lower() else unquote(body).encode()
    except (binascii.Error, ValueError):
        return None


# --- the manifest ----------------------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Listed:
    """An item as the manifest lists it. `about` holds category, tags, difficulty, competency."""

    path: str
    about: dict[str, Any] = field(default_factory=dict)


def listed(package: Package) -> list[Listed]:
    """The items of a package in the order of its manifest, then those that it forgot; [] where nothing looks like an item.

    Raises Unreadable when the manifest is broken.
    """
    manifest = _manifest(package)
    found: dict[str, Listed] = {}
    if manifest is not None:
        path, root = manifest
        folder = posixpath.dirname(path)
        for resource in root.iter("resource"):
            entry = package.resolve(_href(resource), folder) or ""
            if entry.lower().endswith(".xml") and _is_item(resource):
                found.setdefault(entry, Listed(path=entry, about=_about(resource)))
            elif _is_item(resource):
                missing = nfc(_href(resource))
                found.setdefault(missing, Listed(path=missing))
    for entry in sorted(package.entries):
        fresh = entry.lower().endswith(".xml") and entry not in found and (manifest is None or entry != manifest[0])
        if fresh and _ITEM.search(_head(package, entry)):
            found[entry] = Listed(path=entry)
    return list(found.values())


def _manifest(package: Package) -> tuple[str, Element] | None:
    names = [name for name in package.entries if posixpath.basename(name).lower() == "imsmanifest.xml"]
    if not names:
        return None
    path = min(names, key=lambda name: name.count("/"))
    try:
        return path, tree.parse(package.read(path))
    except tree.Unusable as error:
        raise Unreadable(_("Bản kê của gói (imsmanifest.xml) không đọc được. %(reason)s") % {"reason": error}) from error


def _href(resource: Element) -> str:
    file = resource.find("file")
    return resource.get("href", "") or ("" if file is None else file.get("href", ""))


def _is_item(resource: Element) -> bool:
    said = resource.get("type", "").lower()
    return "qti_item" in said or "qti_apipitem" in said


def _about(resource: Element) -> dict[str, Any]:
    metadata = resource.find("metadata")
    if metadata is None:
        return {}
    about: dict[str, Any] = {}
    tags = [tree.text_of(one) for one in metadata.iter("keyword")]
    difficulty = [_DIFFICULTIES.get(tree.text_of(one.find("value")).lower(), "") for one in metadata.iter("difficulty")]
    for classification in metadata.iter("classification"):
        purpose = tree.text_of(classification.find("purpose/value")).lower()
        path = tuple(filter(None, (tree.text_of(one.find("entry")) for one in classification.iter("taxon"))))
        if "competency" in purpose and path:
            about.setdefault("competency", path[-1][:60])
        elif path and not any(word in purpose for word in ("prerequisite", "security", "accessibility")):
            about.setdefault("category", path)
    return {
        **about, **({"tags": list(dict.fromkeys(filter(None, tags)))} if any(tags) else {}),
        **({"difficulty": difficulty[0]} if difficulty and difficulty[0] else {}),
    }  # fmt: skip


def sections(package: Package) -> dict[str, tuple[str, ...]]:
    """The sections of the tests in the package that each item stands in, by the path of the item."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in package.entries:
        if not entry.lower().endswith(".xml") or not _TEST.search(_head(package, entry)):
            continue
        try:
            root = tree.parse(package.read(entry))
        except tree.Unusable:
            continue
        for path, href in _references(root, ()):
            item = package.resolve(href, posixpath.dirname(entry))
            if item and path:
                found.setdefault(item, path)
    return found


_ITEM = re.compile(rb"<(?:\w+:)?(?:assessmentItem|qti-assessment-item)[\s>]")
_TEST = re.compile(rb"<(?:\w+:)?(?:qti-)?assessment-?(?:Test|test|Section|section)[\s>]")


def _head(package: Package, entry: str) -> bytes:
    """The beginning of a file of XML, whatever its encoding."""
    return package.read(entry)[:6000].replace(b"\x00", b"")


def _references(element: Element, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for child in element:
        if child.tag == "assessmentItemRef":
            yield path, child.get("href", "")
        elif child.tag == "assessmentSection":
            title = nfc(child.get("title", ""))
            yield from _references(child, (*path, title) if title else path)
        else:
            yield from _references(child, path)
