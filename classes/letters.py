"""Sends one letter by e-mail. The same letter always has the same Message-ID."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage


def send(*, key: str, address: str, subject: str, body: str) -> None:
    """Raises OSError (SMTPException is one) where the letter was not taken."""
    EmailMessage(subject=subject, body=body, to=[address], headers=headers_of(f"class-letter-{key}")).send()


def headers_of(key: str) -> dict[str, str]:
    """Of a letter nobody typed; the same `key` is the same Message-ID."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return {"Message-ID": f"<{key}@{domain}>", "Auto-Submitted": "auto-generated"}
