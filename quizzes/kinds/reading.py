"""What a typed answer may mean."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from people.text import fold, nfc, unmarked

_QUOTES_AND_STOPS = " .,;:!?…\"'“”‘’()"
_PLAIN = re.compile(r"[+-]?\d+(?:[.,]\d*)?")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*(?!\d)(?:(?!\1)[.,]\d+)?")


def readings(text: str) -> set[Decimal]:
    """The numbers that `text` may mean; empty when it is none.

    7,5 and 7.5 are both seven and a half. 1.000 is a thousand to a Vietnamese reader and one to a calculator:
    both readings count, since the question is about the sum and not about the dot.
    """
    written = "".join(nfc(text).split()).replace("−", "-")
    found: set[Decimal] = set()
    if _PLAIN.fullmatch(written):
        found.add(Decimal(written.replace(",", ".")))
    grouped = _GROUPED.fullmatch(written)
    if grouped:
        found.add(Decimal(written.replace(grouped[1], "").replace(",", ".")))
    return found


def words(text: str, *, accents: str = "ignore", case: str = "ignore") -> str:
    """`text` as short answers are compared: single spaces, no quotes or stops around it; each of accents and case
    forgiven ("ignore") or kept ("keep")."""
    composed = nfc(text)
    if accents == case == "ignore":
        compared = fold(composed)
    else:
        compared = unmarked(composed) if accents == "ignore" else composed
        compared = " ".join(unicodedata.normalize("NFC", compared if case == "keep" else compared.casefold()).split())
    return compared.strip(_QUOTES_AND_STOPS)


def fits(pattern: str, text: str) -> bool:
    """Whether `text` is `pattern`, in which * stands for any letters. At most length × length steps: no regular
    expression of an author ever runs (security V41)."""
    at = place = 0
    star = mark = -1
    while at < len(text):
        if place < len(pattern) and pattern[place] == "*":
            star, mark = place, at
            place += 1
        elif place < len(pattern) and pattern[place] == text[at]:
            at, place = at + 1, place + 1
        elif star >= 0:
            mark += 1
            at, place = mark, star + 1
        else:
            return False
    return pattern[place:].strip("*") == ""
