"""Pictures and sound: what bytes are, how they are named, how large a picture is."""

from __future__ import annotations

import hashlib
import re
import struct

SUFFIXES = ("png", "jpg", "gif", "webp", "svg", "mp3", "ogg", "wav")
TYPES = {
    "png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "svg": "image/svg+xml",
    "mp3": "audio/mpeg", "ogg": "audio/ogg", "wav": "audio/wav",
}  # fmt: skip
_SVG = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*(?:<!DOCTYPE[^>\[]*>\s*)?(?:<!--.*?-->\s*)*<svg[\s>]", re.S
)


def suffix_of(data: bytes) -> str:
    """One of SUFFIXES by what the bytes are; "" for everything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data[:4] == b"RIFF" and data[8:12] in {b"WEBP", b"WAVE"}:
        return "webp" if data[8:12] == b"WEBP" else "wav"
    if data.startswith(b"OggS"):
        return "ogg"
    if data.startswith(b"ID3") or (len(data) > 1 and data[0] == 0xFF and data[1] & 0xE6 == 0xE2):
        return "mp3"
    return "svg" if _SVG.match(data[:4096]) else ""


def name_of(data: bytes) -> str:
    """The SHA-256 and a suffix; "" for what is neither picture nor sound."""
    suffix = suffix_of(data)
    return f"{hashlib.sha256(data).hexdigest()}.{suffix}" if suffix else ""


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height of a picture in pixels, as far as its head says them."""
    try:
        found = _size(data)
    except (struct.error, IndexError, ValueError):
        return None
    return found if found and min(found) > 0 else None


def _size(data: bytes) -> tuple[int, int] | None:
    suffix = suffix_of(data)
    if suffix == "png":
        return struct.unpack(">II", data[16:24])
    if suffix == "gif":
        return struct.unpack("<HH", data[6:10])
    if suffix == "jpg":
        return _jpeg_size(data)
    if suffix == "webp" and data[12:16] == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if suffix == "webp" and data[12:16] == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return _svg_size(data) if suffix == "svg" else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        mark, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= mark <= 0xCF and mark not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + max(2, length)
    return None


def _svg_size(data: bytes) -> tuple[int, int] | None:
    head = data[:4096].decode("utf-8", "replace")
    box = re.search(r"viewBox\s*=\s*[\"'][-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]{1,9})[\s,]+([\d.]{1,9})", head)
    return (round(float(box[1])), round(float(box[2]))) if box else None
