"""The HTTP client that delivers statements to an outside LRS.

Not tincan's RemoteLRS: it has no time-out, so one silent server would hold a worker for ever, it sends documents
rebuilt instead of as they were frozen, and it hides Retry-After (lrs.md §3).
"""

from __future__ import annotations

import base64
import datetime as dt
import email.utils
import http.client
import json
import urllib.parse
from dataclasses import dataclass
from typing import Any

TIMEOUT = 10.0  # seconds (fault drill F20)
_ANSWER = 65_536  # bytes of an answer that are read


@dataclass(frozen=True, kw_only=True)
class Reply:
    """`status` 0: no answer came. `retry_after` in seconds, 0 when the server named none."""

    status: int
    reason: str = ""
    retry_after: float = 0


@dataclass(frozen=True, kw_only=True)
class RemoteStore:
    """An outside LRS. Never raises for what the network or the server does; never follows a redirect with our key."""

    endpoint: str
    user: str
    password: str
    timeout: float = TIMEOUT

    def post(self, documents: list[str]) -> Reply:
        """Send statements, JSON texts, as one array."""
        status, headers, body = self._ask("POST", "/statements", f"[{','.join(documents)}]".encode())
        return Reply(
            status=status,
            reason=body.decode("utf-8", "replace")[:500] or headers.get("reason", ""),
            retry_after=_seconds(headers.get("retry-after", "")),
        )

    def statement(self, statement_id: object) -> dict[str, Any] | None:
        """What the store holds under this id; None when it does not say."""
        query = urllib.parse.urlencode({"statementId": str(statement_id)})
        status, _headers, body = self._ask("GET", f"/statements?{query}")
        try:
            value = json.loads(body) if status == 200 else None
        except ValueError:
            return None
        return value if isinstance(value, dict) else None

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, str], bytes]:
        address = urllib.parse.urlsplit(self.endpoint)
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        connection = kind(address.hostname or "", address.port, timeout=self.timeout)
        credentials = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        headers = {
            "Authorization": f"Basic {credentials}",
            "Content-Type": "application/json",
            "X-Experience-API-Version": "1.0.3",
        }
        try:
            connection.request(method, address.path.rstrip("/") + path, body=body, headers=headers)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()} | {"reason": response.reason}
            return response.status, found, response.read(_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            return 0, {"reason": f"{type(error).__name__}: {error}"}, b""
        finally:
            connection.close()


def _seconds(text: str) -> float:
    """Retry-After as seconds or as an HTTP date."""
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return 0
    return max(0.0, (moment - dt.datetime.now(moment.tzinfo or dt.UTC)).total_seconds())
