"""What the trainer's screen shows for a few seconds: a signed token for the QR code, and a short code to type.

Both say which session and which slot of time; nothing is kept. A photograph of the screen is worth nothing after the
slot and its tolerance, by the server's clock alone.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import uuid
from collections.abc import Iterable

from django.conf import settings
from django.utils.crypto import salted_hmac

from classes.codes import ALPHABET

SLOT = 45
# Opening the camera, and typing, take time.
SCANNING = 30
TYPING = 60
_SALT = "classes.checkin"


def token(session: uuid.UUID, now: dt.datetime) -> str:
    slot = _slot(now)
    return f"{_short(session.bytes)}.{slot:x}.{_mac(session, slot)}"


def read_token(value: str, now: dt.datetime) -> uuid.UUID | None:
    """The session of a token that is ours and of now, else None."""
    try:
        name, hexed, mac = value.split(".")
        session, slot = uuid.UUID(bytes=base64.urlsafe_b64decode(f"{name}==".encode("ascii"))), int(hexed, 16)
    except ValueError:
        return None
    known = any(hmac.compare_digest(mac.encode(), _mac(session, slot, key).encode()) for key in _keys())
    return session if known and _fresh(slot, now, SCANNING) else None


def code(session: uuid.UUID, now: dt.datetime) -> str:
    """Such as "K7P-4XM": what a learner without a camera types."""
    return _code(session, _slot(now))


def session_of_code(typed: str, sessions: Iterable[uuid.UUID], now: dt.datetime) -> uuid.UUID | None:
    """Which of `sessions` shows this code now, or showed it a moment ago. Case, spaces and dashes are forgiven."""
    letters = "".join(letter for letter in typed.upper() if letter.isalnum())
    slots = [slot for slot in range(_slot(now), _slot(now) - 4, -1) if _fresh(slot, now, TYPING)]
    if len(letters) != 6:
        return None
    for session in sessions:
        for slot in slots:
            if hmac.compare_digest(_code(session, slot).replace("-", "").encode(), letters.encode()):
                return session
    return None


def seconds_left(now: dt.datetime) -> int:
    """Until the screen must show the next one."""
    return SLOT - int(now.timestamp()) % SLOT


def _slot(now: dt.datetime) -> int:
    return int(now.timestamp()) // SLOT


def _fresh(slot: int, now: dt.datetime, tolerance: int) -> bool:
    age = now.timestamp() - slot * SLOT
    return -5 <= age <= SLOT + tolerance  # two servers may differ by a few seconds


def _keys() -> list[str]:
    return [settings.SECRET_KEY, *map(str, settings.SECRET_KEY_FALLBACKS)]


def _mac(session: uuid.UUID, slot: int, key: str | None = None) -> str:
    """96 bits: short, so that the squares of the QR code are large enough for the last row."""
    return _short(salted_hmac(_SALT, f"{session.hex}:{slot}", secret=key, algorithm="sha256").digest()[:12])


def _short(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def _code(session: uuid.UUID, slot: int) -> str:
    number = int.from_bytes(salted_hmac(f"{_SALT}.code", f"{session.hex}:{slot}", algorithm="sha256").digest()[:8], "big")
    letters = []
    for _place in range(6):
        number, rest = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[rest])
    return f"{''.join(letters[:3])}-{''.join(letters[3:])}"
