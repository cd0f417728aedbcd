"""What QTI cannot say of a question, in a file of our own inside the package: other systems pass it by.

It holds each question whole, with the digest of the item that was written from it. Who changes the item elsewhere gets
what the item says now, and only what an item cannot say from here.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from typing import Any

from quizzes.formats.items import Item

NAME = "hoc-ai.json"
_FORM = "hoc-ai-questions-1"
_BESIDE = ("id", "name", "difficulty", "competency", "lesson", "tags")
_KINDS = frozenset(
    [
        "single",
        "multiple",
        "true_false",
        "short_text",
        "number",
        "matching",
        "ordering",
        "gaps",
        "hotspot",
        "essay",
        "file",
        "practical",
        "likert",
    ]
)
_DEEPEST = 12


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write(items: Mapping[str, tuple[Item, bytes]]) -> bytes:
    """By the path of each item's file."""
    told = {
        path: {"digest": digest(data), "name": item.name, "category": list(item.category), "plain": _tell(dict(item.plain))}
        for path, (item, data) in items.items()
    }
    return json.dumps({"form": _FORM, "items": told}, ensure_ascii=False, indent=1).encode()


def _tell(value: Any) -> Any:
    """JSON has no decimal numbers of its own: they are text, which plain forms allow."""
    if isinstance(value, Mapping):
        return {str(key): _tell(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_tell(one) for one in value]
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)


def read(data: bytes) -> dict[str, Mapping[str, Any]]:
    """What the file says of each item, by path; {} when it is not ours or broken."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    items = said.get("items") if isinstance(said, dict) and said.get("form") == _FORM else None
    if not isinstance(items, dict):
        return {}
    return {path: one for path, one in items.items() if isinstance(one, dict)}


def restore(said: Mapping[str, Any], data: bytes, line: int) -> Item | None:
    """The question as it was written; None when the item has been changed since, or what is said is no question."""
    plain = said.get("plain")
    if said.get("digest") != digest(data) or not isinstance(plain, dict) or plain.get("kind") not in _KINDS:
        return None
    category = said.get("category")
    composed = _composed(plain)
    if not isinstance(composed, dict) or not isinstance(composed.get("stem"), str):
        return None
    path = tuple(str(one) for one in category) if isinstance(category, list) else ()
    return Item(line=line, plain=composed, name=str(said.get("name") or ""), category=path)


def beside(said: Mapping[str, Any]) -> dict[str, Any]:
    """What no item can say, for an item that was changed elsewhere."""
    plain = said.get("plain")
    if not isinstance(plain, dict):
        return {}
    return {name: _composed(plain[name]) for name in _BESIDE if isinstance(plain.get(name), str | list)}


def _composed(value: Any, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        return None
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value.replace("\x00", ""))
    if isinstance(value, dict):
        return {str(key): _composed(one, depth + 1) for key, one in value.items()}
    return [_composed(one, depth + 1) for one in value] if isinstance(value, list) else value
