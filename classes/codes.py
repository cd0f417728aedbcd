"""Codes that people read from a board or a slip and type on a phone: join codes, user names, first passwords."""

from __future__ import annotations

import datetime as dt
import re
import secrets
import unicodedata

# Without the look-alikes 0 O 1 I L.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_join_code() -> str:
    """Such as "HX7-K9MP": 31 to the 7th, about 27 thousand million codes."""
    return _dashed("".join(secrets.choice(ALPHABET) for _place in range(7)))


def read_join_code(typed: str) -> str:
    """What was typed in the form in which codes are kept: case, spaces and dashes are forgiven."""
    letters = [letter for letter in unicodedata.normalize("NFKC", typed).upper() if letter.isalnum()]
    return _dashed("".join(letters))


def new_password() -> str:
    """Such as "m7kp-42xh": 40 bits, enough behind the limit on failed log-ins, short enough for a pupil to copy."""
    letters = "".join(secrets.choice(ALPHABET.lower()) for _place in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def new_pin() -> str:
    """Six digits: a child remembers them. Enough only beside class code and name, behind the limit on failures."""
    return f"{secrets.randbelow(1_000_000):06d}"


def username(join_code: str, number: int) -> str:
    """Such as "hx7k9mp-07"."""
    return f"{join_code.replace('-', '').lower()}-{number:02d}"


def school_year(day: dt.date) -> str:
    """The school year of a day, "2026-2027". The new one begins in August."""
    first = day.year if day.month >= 8 else day.year - 1
    return f"{first}-{first + 1}"


def school_year_end(year: str) -> dt.date | None:
    """31 May, the last day by which the Ministry lets a school year end."""
    found = re.fullmatch(r"(\d{4})-(\d{4})", year)
    return dt.date(int(found[2]), 5, 31) if found else None


def _dashed(letters: str) -> str:
    return f"{letters[:3]}-{letters[3:]}"
