"""Vietnamese text at the edges: one normal form, and a form without marks to search by."""

from __future__ import annotations

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
