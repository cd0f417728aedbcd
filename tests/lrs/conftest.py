from __future__ import annotations

import base64
import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client

from lrs.actions import create_credential


class Tool:
    """An outside tool with a key: speaks to /xapi/ as such tools do."""

    def __init__(self, credential: Any, secret: str) -> None:
        self.credential = credential
        token = base64.b64encode(f"{credential.key}:{secret}".encode()).decode()
        self.headers = {"Authorization": f"Basic {token}", "X-Experience-API-Version": "1.0.3"}
        # Django's client with its CSRF check on: the resources must not need a token.
        self.client = Client(enforce_csrf_checks=True)

    def get(self, address: str = "/xapi/statements", headers: dict[str, str] | None = None, **parameters: Any) -> Any:
        return self.client.get(address, parameters or None, headers=self.headers | (headers or {}))

    def post(self, value: Any, headers: dict[str, str] | None = None) -> Any:
        body = value if isinstance(value, bytes) else json.dumps(value)
        return self.client.post(
            "/xapi/statements", body, content_type="application/json", headers=self.headers | (headers or {})
        )

    def put(self, value: Any, **parameters: Any) -> Any:
        return self.client.put(
            "/xapi/statements", json.dumps(value), content_type="application/json", headers=self.headers,
            query_params=parameters,
        )  # fmt: skip


@pytest.fixture
def reader(db: None, now: dt.datetime) -> Tool:
    return Tool(*create_credential(label="Bảng số liệu", may_write=False, now=now))


@pytest.fixture
def writer(db: None, now: dt.datetime) -> Tool:
    return Tool(*create_credential(label="Phòng thực hành", may_write=True, now=now))


@pytest.fixture
def other_writer(db: None, now: dt.datetime) -> Tool:
    return Tool(*create_credential(label="Công cụ khác", may_write=True, now=now))


@dataclass
class OutsideStore:
    """A small LRS on loopback. `answer` decides the reply to a batch: (status, body, headers)."""

    answer: Callable[[list[dict[str, Any]]], tuple[int, str, dict[str, str]]]
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)
    seen: list[dict[str, str]] = field(default_factory=list)
    endpoint: str = ""

    def keep(self, batch: list[dict[str, Any]]) -> tuple[int, str, dict[str, str]]:
        """Behave: keep all, 200."""
        for statement in batch:
            self.kept.setdefault(statement["id"], statement)
        return 200, json.dumps([statement["id"] for statement in batch]), {}


@pytest.fixture
def outside() -> Iterator[OutsideStore]:
    store = OutsideStore(answer=lambda batch: (500, "", {}))
    store.answer = store.keep

    class Handler(BaseHTTPRequestHandler):
        def reply(self, status: int, body: str, headers: dict[str, str]) -> None:
            content = body.encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if status != 204:
                self.wfile.write(content)

        def do_POST(self) -> None:
            store.seen.append({name.lower(): value for name, value in self.headers.items()} | {"path": self.path})
            batch = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            store.batches.append(len(batch))
            self.reply(*store.answer(batch))

        def do_GET(self) -> None:
            statement = store.kept.get(self.path.partition("statementId=")[2])
            self.reply(200 if statement else 404, json.dumps(statement), {})

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    store.endpoint = f"http://127.0.0.1:{server.server_port}/data/xAPI/"
    yield store
    server.shutdown()
    server.server_close()
