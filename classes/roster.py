"""Understands a list of learners pasted from a spreadsheet, a document or a chat. Pure: text in, lines out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from people.text import fold, nfc

MAX_LINES = 200
MAX_NAME = 120

_NUMBERED = re.compile(r"^\d{1,3}\s*(?:[.):\-–]\s*|\s+)(?=\S)")
_ACCOUNT = re.compile(r"[^\s@]+@[^\s@]+|[a-z0-9][a-z0-9._-]*|[A-Za-z0-9._-]*\d[A-Za-z0-9._-]*")
_HEADINGS = {"stt", "tt", "ho ten", "ho va ten", "ho ten hoc sinh", "ho va ten hoc sinh", "ho va ten hoc vien", "ho dem", "ten"}
# What stands in the column after the name in school lists, and is no part of it.
_NOT_A_NAME = {"nam", "nu", "x", "kinh", "hoa", "cham", "khmer"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line that is not blank. Either `name` or `account` (user name or e-mail) is filled, or none if unreadable."""

    number: int
    text: str
    name: str = ""
    account: str = ""


@dataclass(frozen=True, kw_only=True)
class Pasted:
    lines: tuple[Line, ...]
    blank: int


def read(text: str) -> Pasted:
    """Each line a name, "12. a name", cells between tabs, or the user name or e-mail of an account.

    Text is composed (NFC), headings are dropped, blank lines are counted between the first and the last line only.
    """
    raw = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").strip("\n \t").split("\n")
    lines: list[Line] = []
    blank = 0
    for number, value in enumerate(raw, 1):
        if not nfc(value):
            blank += bool(value or len(raw) > 1)
            continue
        cells = [nfc(cell) for cell in value.split("\t") if nfc(cell)]
        if all(fold(cell).rstrip(".:") in _HEADINGS for cell in cells):
            continue
        lines.append(_line(number, cells))
    return Pasted(lines=tuple(lines), blank=blank)


def _line(number: int, cells: list[str]) -> Line:
    text = " · ".join(cells)
    cells = [cell for cell in (_NUMBERED.sub("", cell) for cell in cells) if not re.fullmatch(r"[\d.)\s]*", cell)]
    account = next((cell for cell in cells if _ACCOUNT.fullmatch(cell)), "")
    place = next((place for place, cell in enumerate(cells) if _is_name(cell)), None)
    if place is None:
        return Line(number=number, text=text, account=account)
    name = cells[place]
    following = cells[place + 1] if place + 1 < len(cells) else ""
    # Family and given name in two columns, as school lists have them.
    if " " not in following and _is_name(following) and fold(following) not in _NOT_A_NAME:
        name = f"{name} {following}"
    return Line(number=number, text=text, name=name) if len(name) <= MAX_NAME else Line(number=number, text=text)


def _is_name(cell: str) -> bool:
    letters = any(letter.isalpha() for letter in cell)
    return letters and not any(letter.isdigit() for letter in cell) and not _ACCOUNT.fullmatch(cell)
