"""Secrets that must be read again (keys of authenticator applications) are kept sealed, never in the clear.

Sealed with the first of SECOND_FACTOR_KEYS, opened with any of them; without any, with SECRET_KEY and its fallbacks.
`manage.py reseal_second_factors` brings everything to the first key, after which an old one may go.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

# What does not begin so was written before anything was sealed.
MARK = "s1:"


def _keys() -> tuple[str, ...]:
    return tuple(settings.SECOND_FACTOR_KEYS) or tuple(str(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    def derived(key: str) -> Fernet:
        # One derivation for one purpose: the key that signs sessions never itself opens a secret.
        made = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"hocai/second-factor/1").derive(key.encode())
        return Fernet(base64.urlsafe_b64encode(made))

    return MultiFernet([derived(key) for key in keys])


def seal(text: str) -> str:
    return MARK + _box(_keys()).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Raises cryptography.fernet.InvalidToken when no key opens it."""
    return _box(_keys()).decrypt(sealed.removeprefix(MARK).encode()).decode() if sealed.startswith(MARK) else sealed


def reseal(sealed: str) -> str:
    """The same secret under the first key."""
    return seal(unseal(sealed))
