"""What a file of questions holds, whatever its format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# A question as quiz.yaml says it: kind, stem, options … (content/README.md). Texts are our Markdown, composed (NFC).
Plain = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Item:
    """A question of a file.

    `line` is where it begins, from 1: a line of a text, a row of a sheet, the line of the element in XML.
    `name` is how the file calls it ("" if it does not). `category` is its path from the top, outermost first.
    `lost` says, a sentence each, what the file has and we do not keep: a hint for the second try, a penalty.
    """

    line: int
    plain: Plain
    name: str = ""
    category: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A question that cannot be taken, and why, to the author."""

    line: int
    reason: str
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A file as it was understood. Every question of it is in `items` or in `refusals`, none in both.

    `media` holds the files that texts refer to as `media:NAME`; NAME is the SHA-256 of the bytes in hex and a suffix
    by what the bytes are (.png .jpg .gif .webp .svg .mp3 .ogg .wav), never by what the file says of itself.
    """

    items: tuple[Item, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    media: Mapping[str, bytes] = field(default_factory=dict)
    encoding: str = "utf-8"

    @property
    def found(self) -> int:
        return len(self.items) + len(self.refusals)


class Unreadable(ValueError):
    """The file as a whole cannot be read; the message says why and how to mend it, to the author."""
