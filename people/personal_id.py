"""The personal ID number, of which a keyed digest alone is ever kept: it joins accounts of one person and says nothing else.

Twelve digits are tried out in minutes, so the digest is an HMAC under PERSONAL_ID_KEYS, a secret of its own that lies in no
database. Newest key first; a digest made under an older one is still recognised and renewed as its owner signs in. Numbers
are not kept, so what was never renewed is forgotten with the key. Without a key nothing is kept and nothing recognised.
"""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings


def digests(number: object) -> tuple[str, ...]:
    """Of `number` under each key, the newest first; none for what is no Vietnamese ID number (12 digits, or 9 before 2021)."""
    bare = "".join(str(number).split()).replace(".", "").replace("-", "") if isinstance(number, str | int) else ""
    if not (bare.isascii() and bare.isdigit() and len(bare) in {9, 12}):
        return ()
    return tuple(hmac.new(key.encode(), f"personal-id:{bare}".encode(), hashlib.sha256).hexdigest() for key in _keys())


def _keys() -> list[str]:
    return list(settings.PERSONAL_ID_KEYS)
