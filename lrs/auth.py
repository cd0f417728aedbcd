"""Who calls `/xapi/`: HTTP Basic with a credential's key and secret. Sessions mean nothing there."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from lrs.models import Credential


def digest(secret: str) -> str:
    """One SHA-256 is enough for a random secret of 256 bits; a password hash would cost 300 ms a call (lrs.md §2)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def credential_of(header: str) -> Credential | None:
    """The credential an Authorization header proves; None for any other header. One query."""
    scheme, _space, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        key, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    if not colon or "\x00" in key:
        return None
    credential = Credential.objects.filter(key=key, revoked_at__isnull=True).first()
    # Compared also for an unknown key, so that the time taken does not tell which keys exist.
    same = hmac.compare_digest(digest(secret), credential.secret_sha256 if credential else digest(""))
    return credential if credential and same else None
