"""Text messages to a phone: an operator's gateway, Zalo, and for trying things out a file and one that always fails.

Each is a channels.Channel whose addresses are phone numbers ("+84912345678").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from reminders.channels import Channel, Message, Refused

TIMEOUT = (3.05, 10)  # seconds to connect, to answer
# What does not say that this message is at fault: try again later.
_LATER = {408, 425, 429}


class _Plain:
    """Holds nothing open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        return None


def _post(url: str, **more: Any) -> dict[str, Any]:
    """The answer. Raises Refused where this message is at fault, OSError (requests' errors are) where it is not."""
    answer = requests.post(url, timeout=TIMEOUT, allow_redirects=False, **more)
    if answer.status_code >= 500 or answer.status_code in _LATER or answer.status_code in {401, 403}:
        # A key that ran out is our fault, not the message's.
        raise OSError(f"answered {answer.status_code}")
    if answer.status_code >= 300:
        raise Refused(f"answered {answer.status_code}")
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class HttpSms(_Plain):
    """An operator's gateway: `{"id", "from", "to", "text"}` posted as JSON with a bearer token; 2xx is taken.

    The same `id` must send once: what this posts may come twice when an answer was lost.
    """

    url: str
    token: str
    sender: str

    def send(self, message: Message) -> None:
        body = {"id": message.key, "from": self.sender, "to": message.address, "text": message.body}
        _post(self.url, json=body, headers={"Authorization": f"Bearer {self.token}"})


@dataclass(frozen=True)
class ZaloTokens:
    """`refresh` is good for one use: each use gives a new pair, which must be kept before anything else is done."""

    access: str
    refresh: str


# ZNS answers 200 with an error number in the body. Of these the number at the other end is the cause.
_NOBODY = {-108, -109, -114, -118, -119, -139, -141}
_TOKEN = -124


@dataclass(frozen=True)
class ZaloZns(_Plain):
    """Zalo Notification Service: a template the city had approved, filled with `Message.fields`, to a number that has Zalo.

    `load` and `keep` hold the tokens; `site` and `door` are Zalo's own addresses unless a test says otherwise.
    """

    app: str
    secret: str
    templates: dict[str, str]
    load: Callable[[], ZaloTokens]
    keep: Callable[[ZaloTokens, ZaloTokens], ZaloTokens]
    site: str = "https://business.openapi.zalo.me"
    door: str = "https://oauth.zaloapp.com"

    def send(self, message: Message) -> None:
        tokens = self.load()
        code = self._try(message, tokens.access) if tokens.access else _TOKEN
        if code == _TOKEN:
            code = self._try(message, self._renewed(tokens).access)
        if code in _NOBODY:
            raise Refused(f"zalo {code}")
        if code:
            raise OSError(f"zalo {code}")

    def _try(self, message: Message, access: str) -> int:
        body = {
            "phone": message.address.lstrip("+"), "template_id": self.templates[message.kind],
            "template_data": message.fields, "tracking_id": message.key,
        }  # fmt: skip
        found = _post(f"{self.site}/message/template", json=body, headers={"access_token": access})
        return int(found.get("error", 0))

    def _renewed(self, old: ZaloTokens) -> ZaloTokens:
        form = {"app_id": self.app, "refresh_token": old.refresh, "grant_type": "refresh_token"}
        found = _post(f"{self.door}/v4/oa/access_token", data=form, headers={"secret_key": self.secret})
        if not found.get("access_token") or not found.get("refresh_token"):
            raise OSError(f"zalo gave no token: {found.get('error')}")
        return self.keep(old, ZaloTokens(access=found["access_token"], refresh=found["refresh_token"]))


@dataclass(frozen=True)
class ToFile(_Plain):
    """Writes a line for each message instead of sending it."""

    path: Path

    def send(self, message: Message) -> None:
        line = json.dumps({"to": message.address, "text": message.body, **message.fields}, ensure_ascii=False)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


class Failing(_Plain):
    """As if every gateway were down."""

    def send(self, message: Message) -> None:
        raise OSError("this gateway always fails")


@dataclass(frozen=True)
class InTurn(_Plain):
    """The first that takes the message; who has no Zalo gets a text message. Refused only when all refuse."""

    gateways: Sequence[Channel]

    def send(self, message: Message) -> None:
        last: Exception | None = None
        for gateway in self.gateways:
            try:
                gateway.send(message)
            except Refused as error:
                last = last or error
            except OSError as error:
                last = error
            else:
                return
        raise last or Refused("no gateway")


def phone_number(typed: str) -> str:
    """A Vietnamese mobile number as "+84912345678". Raises ValueError."""
    digits = "".join(letter for letter in typed if letter.isdigit())
    if typed.strip().startswith("+") and not digits.startswith("84"):
        raise ValueError(typed)
    for prefix in ("0084", "84", "0"):
        if digits.startswith(prefix):
            digits = digits.removeprefix(prefix).removeprefix("0")
            break
    if len(digits) != 9 or digits[0] not in "35789":
        raise ValueError(typed)
    return f"+84{digits}"


def masked(number: str) -> str:
    """ "09•• ••• 678": enough to know it again, not enough to call it."""
    local = "0" + number.removeprefix("+84")
    return f"{local[:2]}•• ••• {local[-3:]}"
