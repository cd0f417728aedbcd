"""Certificate codes: random, forgiving to type, shown in groups."""

from __future__ import annotations

import secrets

# Crockford's base 32: no I, L, O, U, which are read as 1, 1, 0, V by people copying from paper.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 28  # 5 bits each: 140 bits, so codes cannot be walked through
_GROUP = 4
_MISREAD = str.maketrans("ILOU", "110V")


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _place in range(LENGTH))


def read_code(typed: str) -> str:
    """The code meant by `typed`, whatever its case, dashes and spaces; "" when it cannot be a code."""
    code = "".join(character for character in typed.upper() if character.isalnum()).translate(_MISREAD)
    return code if len(code) == LENGTH and all(character in ALPHABET for character in code) else ""


def grouped(code: str) -> str:
    """K7QF-2MXD-… for reading aloud and copying by hand."""
    return "-".join(code[place : place + _GROUP] for place in range(0, len(code), _GROUP))
