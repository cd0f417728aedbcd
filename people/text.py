"""Vietnamese text at the edges: one normal form, and a form without marks to search by."""

from __future__ import annotations

import re
import unicodedata


def nfc(text: str) -> str:
    """`text` composed (NFC), without NUL, outer space trimmed and inner runs of space made one.

    Everything typed, imported or posted passes here: decomposed Vietnamese is drawn wrongly in PDFs
    and found by no search.
    """
    return " ".join(unicodedata.normalize("NFC", text.replace("\x00", "")).split())


def fold(text: str) -> str:
    """`text` without tone and vowel marks, đ as d, in lower case: "Đạo đức" becomes "dao duc"."""
    decomposed = unicodedata.normalize("NFD", text)
    bare = "".join(character for character in decomposed if unicodedata.category(character) != "Mn")
    return " ".join(bare.replace("đ", "d").replace("Đ", "D").casefold().split())


def is_person_name(text: str) -> bool:
    """2 to 120 characters of letters (any script, with their marks), spaces and ' ’ . -; no digits.

    Expects composed text (`nfc`). Names go into letters and certificates, so nothing that makes a link is let through.
    """
    letters = sum(unicodedata.category(character)[0] == "L" for character in text)
    allowed = all(unicodedata.category(character)[0] in "LM" or character in " '’.-" for character in text)
    return allowed and letters >= 2 and len(text) <= 120


def is_username(text: str) -> bool:
    """3 to 30 of a-z 0-9 . _ -; never like an e-mail address, so that the two cannot be mistaken for each other."""
    return re.fullmatch(r"[a-z0-9._-]{3,30}", text) is not None
