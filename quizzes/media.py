"""Pictures and sounds of questions: what they are is told by their bytes, never by their names; and how texts refer to them."""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterable

_STARTS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg", b"GIF87a": "gif", b"GIF89a": "gif", b"OggS": "ogg", b"ID3": "mp3"}
_RIFF = {b"WEBP": "webp", b"WAVE": "wav"}
_MP3_FRAMES = (b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2", b"\xff\xe3", b"\xff\xe2")
TYPES = {
    "png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "svg": "image/svg+xml",
    "mp3": "audio/mpeg", "ogg": "audio/ogg", "wav": "audio/wav",
}  # fmt: skip
# The SHA-256 of what is in the file, and a suffix by what it is.
REFERENCE = re.compile(rf"media:([0-9a-f]{{64}}\.(?:{'|'.join(TYPES)}))")
_PROLOGUE = re.compile(
    rb"(?:<\?xml[^>]{0,200}\?>|<!DOCTYPE\s+svg[^>\[]{0,300}>|<!--(?:[^-]|-(?!->)){0,2000}-->|\s)*", re.IGNORECASE
)
_LENGTH = re.compile(r"\s(width|height)\s*=\s*[\"']\s*([0-9.]{1,12})\s*(?:px)?\s*[\"']")
_VIEW_BOX = re.compile(r"\sviewBox\s*=\s*[\"']\s*[-0-9.]+[\s,]+[-0-9.]+[\s,]+([0-9.]{1,12})[\s,]+([0-9.]{1,12})\s*[\"']")


def suffix_of(data: bytes) -> str:
    """png jpg gif webp svg mp3 ogg wav, or "" for anything else."""
    for start, suffix in _STARTS.items():
        if data.startswith(start):
            return suffix
    if data.startswith(b"RIFF"):
        return _RIFF.get(data[8:12], "")
    if data.startswith(_MP3_FRAMES):
        return "mp3"
    head = data[:8192].removeprefix(b"\xef\xbb\xbf")
    prologue = _PROLOGUE.match(head)
    return "svg" if re.match(rb"<svg[\s>]", head[prologue.end() if prologue else 0 :]) else ""


def name_of(data: bytes) -> str:
    """The name by which texts refer to the file (`media:NAME`), "" for what is no picture and no sound."""
    suffix = suffix_of(data)
    return f"{hashlib.sha256(data).hexdigest()}.{suffix}" if suffix else ""


def names_in(texts: Iterable[str]) -> set[str]:
    """The names that texts refer to."""
    return {name for text in texts for name in REFERENCE.findall(text)}


def type_of(name: str) -> str:
    return TYPES[name.rpartition(".")[2]]


def is_sound(name: str) -> bool:
    return name.endswith((".mp3", ".ogg", ".wav"))


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height of a picture as its head says them; None where they are not said."""
    readers = {"png": _png, "gif": _gif, "jpg": _jpg, "webp": _webp, "svg": _svg}
    suffix = suffix_of(data)
    try:
        size = readers[suffix](data) if suffix in readers else None
    except (struct.error, IndexError, ValueError, OverflowError):
        return None
    return size if size and min(size) > 0 else None


def _png(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _gif(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack("<HH", data[6:10])
    return width, height


def _jpg(data: bytes) -> tuple[int, int] | None:
    """From the first frame header; segments before it are skipped by their length."""
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            at += 1
            continue
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        alone = marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8
        at += (1 if marker == 0xFF else 2) if alone else 2 + max(2, struct.unpack(">H", data[at + 2 : at + 4])[0])
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    form = data[12:16]
    if form == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if form == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if form == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _svg(data: bytes) -> tuple[int, int] | None:
    head = data[:8192].decode("utf-8", errors="replace")
    root = head[head.find("<svg") :].partition(">")[0]
    said = {name: round(float(value)) for name, value in _LENGTH.findall(root)}
    if len(said) == 2:
        return said["width"], said["height"]
    box = _VIEW_BOX.search(root)
    return (round(float(box[1])), round(float(box[2]))) if box else None
