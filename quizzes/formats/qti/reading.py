"""Files of QTI: a single item, or a package of many."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _

from quizzes import media
from quizzes.formats.items import Item, Reading, Refusal, Unreadable
from quizzes.formats.qti import companion, tree
from quizzes.formats.qti.item import read_item, stimulus_body
from quizzes.formats.qti.package import Listed, Package, listed, sections

LARGEST = 100_000_000
MOST_ITEMS = 5_000


def read(data: bytes) -> Reading:
    """A ZIP package or one XML item, of QTI 2.0 to 3.0. Raises Unreadable."""
    if not data.strip():
        raise Unreadable(_("Tệp trống. Hãy chọn tệp QTI có câu hỏi."))
    if len(data) > LARGEST:
        raise Unreadable(_("Tệp lớn hơn 100 MB. Hãy chia thành nhiều gói nhỏ."))
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _read_package(Package(data))
    if (
        b"\x00" in data[:200]
        and not data.startswith((b"\xff\xfe", b"\xfe\xff"))
        and b"<\x00" not in data[:4]
        and b"\x00<" not in data[:4]
    ):
        raise Unreadable(_("Đây không phải tệp QTI. Chỉ nhận gói ZIP hoặc tệp XML của QTI 2.1, 2.2 hay 3.0."))
    return _read_single(data)


def _read_single(data: bytes) -> Reading:
    kept: dict[str, bytes] = {}
    try:
        root = tree.parse(data)
    except tree.Unusable as error:
        raise Unreadable(str(error)) from error
    items = list(root.iter("assessmentItem"))
    if not items:
        raise Unreadable(_not_an_item(root))
    loose = Package(_EMPTY_ZIP)
    found = [_read_root(one, loose, "", {}) for one in items[:MOST_ITEMS]]
    kept.update(loose.media)
    return _reading(found, kept)


_EMPTY_ZIP = b"PK\x05\x06" + bytes(18)


def _not_an_item(root: Element) -> str:
    if str(root.tag).lower() in {"questestinterop", "section", "assessment"}:
        return _("Đây là QTI 1.2, dạng cũ, không nhận. Hãy xuất lại với QTI 2.1 trở lên.")
    if root.tag in {"assessmentTest", "manifest"}:
        return _("Tệp này chỉ là bản kê, không có câu hỏi. Hãy gửi cả gói ZIP.")
    return _("Tệp XML này không phải câu hỏi QTI (assessmentItem).")


def _reading(found: list[Item | Refusal], kept: Mapping[str, bytes]) -> Reading:
    items = tuple(one for one in found if isinstance(one, Item))
    used = " ".join(str(one.plain) for one in items)
    return Reading(
        items=items, refusals=tuple(one for one in found if isinstance(one, Refusal)),
        media={name: data for name, data in kept.items() if f"media:{name}" in used},
    )  # fmt: skip


def _read_package(package: Package) -> Reading:
    entries = listed(package)
    if not entries:
        raise Unreadable(_nothing_in(package))
    if len(entries) > MOST_ITEMS:
        raise Unreadable(_("Gói có hơn 5.000 câu. Hãy chia thành nhiều gói nhỏ."))
    own = package.find(companion.NAME)
    said = {} if own is None else companion.read(package.read(own))
    in_sections = sections(package)
    found: list[Item | Refusal] = []
    for entry in entries:
        if entry.path in in_sections:
            entry.about.setdefault("category", in_sections[entry.path])
        found += _read_entry(package, entry, said.get(entry.path, {}))
    return _reading(found, package.media)


def _nothing_in(package: Package) -> str:
    for name in package.entries:
        if name.lower().endswith(".xml") and b"questestinterop" in package.read(name)[:3000]:
            return _("Đây là QTI 1.2, dạng cũ, không nhận. Hãy xuất lại với QTI 2.1 trở lên.")
    return _("Trong gói ZIP không có câu hỏi QTI nào. Hãy chọn gói được xuất từ ngân hàng câu hỏi.")


def _read_entry(package: Package, entry: Listed, said: Mapping[str, Any]) -> list[Item | Refusal]:
    if package.find(entry.path) is None:
        return [Refusal(line=1, reason=_("Bản kê nêu tệp này nhưng trong gói không có."), name=entry.path)]
    data = package.read(entry.path)
    try:
        root = tree.parse(data)
    except tree.Unusable as error:
        return [Refusal(line=error.line, reason=str(error), name=entry.path)]
    items = list(root.iter("assessmentItem"))
    if not items:
        return [Refusal(line=1, reason=_not_an_item(root), name=entry.path)]
    whole = companion.restore(said, data, tree.line_of(items[0])) if said else None
    if whole is not None:
        _keep_named(package, whole)
        return [whole]
    return [_read_root(one, package, entry.path, {**entry.about, **_beside(entry, said)}) for one in items]


def _beside(entry: Listed, said: Mapping[str, Any]) -> dict[str, Any]:
    return {} if not said else {"beside": companion.beside(said)}


def _keep_named(package: Package, item: Item) -> None:
    """The pictures and sounds of a question that was restored whole."""
    text = str(item.plain)
    for name in package.entries:
        base = posixpath.basename(name)
        if f"media:{base}" in text:
            package.keep(name, "")


def _read_root(root: Element, package: Package, path: str, about: Mapping[str, Any]) -> Item | Refusal:
    folder = posixpath.dirname(path)

    def shared(href: str) -> Element | None:
        entry = package.resolve(href, folder)
        if entry is None:
            return None
        try:
            return stimulus_body(tree.parse(package.read(entry)))
        except tree.Unusable:
            return None

    found = read_item(
        root, find=lambda source: package.keep(source, folder), stimulus=shared, about=about,
        size=lambda image: media.size_of(package.media.get(image.removeprefix("media:"), b"")),
    )  # fmt: skip
    beside = about.get("beside")
    if isinstance(found, Item) and beside:
        return Item(line=found.line, plain={**found.plain, **beside}, name=found.name, category=found.category, lost=found.lost)
    return found
