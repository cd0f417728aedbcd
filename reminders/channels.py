"""Ways by which a letter leaves the house. Each takes one message at a time; the queue before them is in actions.sending."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from django.core.mail import EmailMessage, get_connection

from classes.letters import headers_of


class Refused(Exception):
    """For good: this message will not be taken at this address, now or later."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """`key` is the same whenever the same message is sent. `headers` are of e-mail; `kind` and `fields` of approved templates."""

    key: str
    address: str
    subject: str
    body: str
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "reminder"
    fields: dict[str, str] = field(default_factory=dict)


class Channel(Protocol):
    def send(self, message: Message) -> None:
        """Raises Refused, or OSError where it may be tried again."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None: ...


class Email:
    """By the mail server of the settings, over one connection for as many letters as are sent within `with`."""

    def __enter__(self) -> Self:
        self._connection = get_connection()
        self._open = False
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._close()

    def send(self, message: Message) -> None:
        headers = headers_of(message.key) | message.headers
        letter = EmailMessage(message.subject, message.body, None, [message.address], headers=headers)
        try:
            if not self._open:
                self._connection.open()
                self._open = True
            self._connection.send_messages([letter])
        except smtplib.SMTPRecipientsRefused as error:
            self._close()
            raise Refused(type(error).__name__) from error
        except OSError:
            self._close()
            raise

    def _close(self) -> None:
        if self._open:
            self._open = False
            self._connection.close()
