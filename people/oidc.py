"""What a national sign-in says of somebody, read strictly: OpenID Connect Core 1.0, §3.1.3.7, and nothing on trust."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import jwt
from django.conf import settings

from people.personal_id import digests
from people.text import is_person_name, nfc

# Signatures made with a private key only: never "none", never one made with what we know ourselves.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
LEEWAY = 60  # seconds by which clocks may differ
LONGEST_SUBJECT = 191  # what allauth's column holds


class NotTrusted(Exception):
    """What came from the provider is not a token of it, for us, of this very sign-in."""


class TooLow(Exception):
    """The person was recognised, but less surely than we ask for (`acr`)."""


@dataclass(frozen=True)
class Claims:
    """`digests` stand for the personal ID number, which goes no further than `read`; empty where there is none."""

    subject: str
    full_name: str = ""
    birth_year: int | None = None
    acr: str = ""
    digests: tuple[str, ...] = ()

    def kept(self) -> dict[str, Any]:
        """For the session, between the way back from the provider and the end of signing up."""
        return asdict(self)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Claims:
        return cls(**{**kept, "digests": tuple(kept["digests"])})


def verified(token: Any, keys: Any, *, nonce: str) -> dict[str, Any]:
    """The claims of an id_token, after its signature, issuer, audience, times and nonce were checked. Raises NotTrusted."""
    if not isinstance(token, str):
        raise NotTrusted("no id_token")
    try:
        claims = jwt.decode(
            token, _key(token, keys), algorithms=ALGORITHMS, audience=settings.OIDC_CLIENT_ID, issuer=settings.OIDC_ISSUER,
            leeway=LEEWAY, options={"require": ["iss", "aud", "exp", "iat", "sub"]},
        )  # fmt: skip
    except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
        raise NotTrusted(type(error).__name__) from error
    if not nonce or claims.get("nonce") != nonce:
        raise NotTrusted("nonce")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID:
        raise NotTrusted("azp")
    return claims


def _key(token: str, keys: Any) -> jwt.PyJWK:
    header = jwt.get_unverified_header(token)
    if header.get("alg") not in ALGORITHMS:
        raise NotTrusted("algorithm")
    wanted = header.get("kid")
    offered = [one for one in keys["keys"] if one.get("use", "sig") == "sig" and one.get("kty") in {"RSA", "EC"}]
    fitting = [one for one in offered if one.get("kid") == wanted] if wanted else offered
    if len(fitting) != 1:
        raise NotTrusted("key")
    # A key need not say for which algorithm it is; then the token does.
    return jwt.PyJWK(fitting[0], algorithm=fitting[0].get("alg") or header["alg"])


def read(claims: Mapping[str, Any]) -> Claims:
    """What we use of it, by the claim map of the settings. Raises NotTrusted without a subject, TooLow."""
    subject = claims.get(settings.OIDC_CLAIM_SUBJECT)
    if not isinstance(subject, str) or not subject or len(subject) > LONGEST_SUBJECT or "\x00" in subject:
        raise NotTrusted("subject")
    acr = claims.get("acr") if isinstance(claims.get("acr"), str) else ""
    if settings.OIDC_ACR_VALUES and acr not in settings.OIDC_ACR_VALUES:
        raise TooLow
    name = claims.get(settings.OIDC_CLAIM_NAME)
    name = nfc(name) if isinstance(name, str) else ""
    return Claims(
        subject=subject,
        full_name=name if is_person_name(name) else "",
        birth_year=_year(claims.get(settings.OIDC_CLAIM_BIRTH)),
        acr=str(acr),
        digests=digests(claims.get(settings.OIDC_CLAIM_PERSONAL_ID)),
    )


def _year(born: Any) -> int | None:
    """Of 1958, "1958", "1958-03-02", "02/03/1958", "19580302"; the standard's "0000-03-02" hides the year."""
    found = re.fullmatch(r"(\d{4})(?:-\d\d-\d\d|\d{4})?|\d\d/\d\d/(\d{4})", str(born)) if isinstance(born, str | int) else None
    year = int(found[1] or found[2]) if found else 0
    return year if 1900 <= year <= 2100 else None
