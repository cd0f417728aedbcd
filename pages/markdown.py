"""Content files: YAML front matter and Markdown with `:::` blocks, read into StreamField data.

The format is described in content/README.md. Nothing here touches the database.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt

from pages.svg import clean_svg

Stream = list[dict[str, Any]]
# Reads the body of one block: (argument after its name, body text, folder of the file) → StreamField value.
Reader = Callable[[str, str, Path], Any]

_markdown = MarkdownIt("commonmark", {"html": False})
_BLOCK = re.compile(r"^:::[ \t]*(?P<name>[a-z-]+)[ \t]*(?P<argument>.*?)[ \t]*\n(?P<body>.*?)^:::[ \t]*$", re.M | re.S)
_TABLE = re.compile(r"(?:^\|.*\|[ \t]*\n?)+", re.M)
_RULE = re.compile(r"^[|:\- \t]+$")


class ContentError(Exception):
    """A content file cannot be read; the message names the file and what is wrong."""


def read_file(path: Path) -> tuple[dict[str, Any], str]:
    """Front matter and body of a content file, NFC. Raises ContentError."""
    text = unicodedata.normalize("NFC", path.read_text(encoding="utf-8"))
    if not text.startswith("---\n"):
        raise ContentError(f"{path}: no front matter")
    head, _mark, body = text[4:].partition("\n---\n")
    return read_yaml(head, path), body


def read_yaml(text: str, path: Path) -> dict[str, Any]:
    try:
        value = yaml.safe_load(unicodedata.normalize("NFC", text))
    except yaml.YAMLError as error:
        raise ContentError(f"{path}: {error}") from error
    if not isinstance(value, dict):
        raise ContentError(f"{path}: expected names and values")
    return value


def html(markdown: str) -> str:
    """Markdown as the HTML our rich text keeps: paragraphs, headings, lists, bold, links."""
    return str(_markdown.render(markdown.strip())).strip()


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A block as it stands in a file: `name` is "text" or "table" between the blocks that have one. `source` is all of it."""

    name: str
    argument: str
    body: str
    source: str


def pieces(body: str, path: Path) -> list[Piece]:
    """The blocks of `body` in order. Raises ContentError."""
    found: list[Piece] = []
    position = 0
    for match in _BLOCK.finditer(body):
        found.extend(_prose(body[position : match.start()]))
        found.append(Piece(name=match["name"], argument=match["argument"], body=match["body"], source=match[0].strip()))
        position = match.end()
    if ":::" in body[position:]:
        raise ContentError(f"{path}: a block is not closed")
    found.extend(_prose(body[position:]))
    return found


def stream(body: str, path: Path, readers: dict[str, tuple[str, Reader]]) -> Stream:
    """The blocks of `body`. `readers` maps a block's name in files to (StreamField type, reader). Raises ContentError."""
    return [read_piece(piece, path, readers) for piece in pieces(body, path)]


def read_piece(piece: Piece, path: Path, readers: dict[str, tuple[str, Reader]]) -> dict[str, Any]:
    """Raises ContentError."""
    if piece.name == "text":
        return {"type": "text", "value": html(piece.body)}
    if piece.name not in readers:
        raise ContentError(f"{path}: unknown block “{piece.name}”")
    kind, reader = readers[piece.name]
    try:
        return {"type": kind, "value": reader(piece.argument, piece.body, path.parent)}
    except (KeyError, ValueError, TypeError, OSError, yaml.YAMLError) as error:
        raise ContentError(f"{path}: block “{piece.name} {piece.argument}”: {error}") from error


def _prose(text: str) -> list[Piece]:
    found: list[Piece] = []
    position = 0
    for match in _TABLE.finditer(text):
        found.extend(_text(text[position : match.start()]))
        found.append(Piece(name="table", argument="", body=match[0], source=match[0].strip()))
        position = match.end()
    return [*found, *_text(text[position:])]


def _text(text: str) -> list[Piece]:
    return [Piece(name="text", argument="", body=text, source=text.strip())] if text.strip() else []


def _table(argument: str, body: str, folder: Path) -> dict[str, Any]:
    lines = [line.strip().strip("|") for line in body.splitlines() if line.strip()]
    return {"caption": argument, "rows": "\n".join(line.strip() for line in lines if not _RULE.match(line))}


def _titled(argument: str, body: str, folder: Path) -> dict[str, Any]:
    return {"title": argument, "body": html(body)}


def _note(argument: str, body: str, folder: Path) -> dict[str, Any]:
    return {"tone": argument or "info", "body": html(body)}


def _figure(argument: str, body: str, folder: Path) -> dict[str, Any]:
    value = yaml.safe_load(body) or {}
    return {
        "svg": clean_svg(unicodedata.normalize("NFC", (folder / argument).read_text(encoding="utf-8"))),
        "alt": value["alt"],
        "caption": value.get("caption", ""),
        "ai_made": bool(value.get("ai_made", True)),
        "source": f"{folder.name}/{argument}",
    }


COMMON_READERS: dict[str, tuple[str, Reader]] = {
    "table": ("table", _table),
    "note": ("note", _note),
    "remember": ("remember", _titled),
    "reveal": ("reveal", _titled),
    "example": ("example", _titled),
    "figure": ("figure", _figure),
}
