"""A demo city served for real, and a Chromium that complains of what a reader would not see."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, ViewportSize, expect

from tests.browser.site import Site, running_site
from tests.people import provider as oidc

PATIENCE = int(os.environ.get("BROWSER_PATIENCE", "30000"))  # milliseconds; the machine may be busy
PHONE: ViewportSize = {"width": 360, "height": 740}
SMALLEST: ViewportSize = {"width": 320, "height": 640}
DESK: ViewportSize = {"width": 1280, "height": 900}

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def provider() -> Iterator[oidc.Provider]:
    """The national sign-in of this city."""
    made = oidc.Provider()
    server = oidc.serve(made)
    yield made
    server.shutdown()


@pytest.fixture(scope="session")
def site(provider: oidc.Provider) -> Iterator[Site]:
    postgres = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
    with running_site(
        Path(settings.VAR_DIR), os.environ["DATABASE_URL"] if postgres else "", os.environ.get("REDIS_URL", ""),
        OIDC_ISSUER=provider.issuer, OIDC_CLIENT_ID=oidc.CLIENT, OIDC_CLIENT_SECRET=oidc.SECRET, OIDC_ACR_VALUES="loa2,loa3",
        PERSONAL_ID_KEYS="khoa-thu",
    ) as found:  # fmt: skip
        yield found


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {
        "executable_path": os.environ.get("CHROMIUM") or "/usr/bin/chromium",
        "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
    }


class Watch:
    """What goes wrong in a browser without anybody seeing it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.problems: list[str] = []
        self.allowed: list[str] = []

    def allow(self, pattern: str) -> None:
        """From now on this is expected, as a refusal is where a refusal is tried."""
        self.allowed.append(pattern)

    def on(self, context: BrowserContext) -> None:
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", lambda error: self._note(f"script error: {error.error}"))

    def _note(self, text: str) -> None:
        if not any(re.search(pattern, text) for pattern in self.allowed):
            self.problems.append(text)

    def _request(self, request: Request) -> None:
        if request.url.startswith(("http:", "https:", "ws:")) and not request.url.startswith(self.address):
            self._note(f"request to another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self._note(f"{response.status} for {response.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(f"console on {message.page.url if message.page else '?'}: {message.text}")


OpenPage = Callable[..., Page]


@pytest.fixture
def watch(site: Site) -> Iterator[Watch]:
    """Fails the test for a request to another host, a server error, a script error or a breach of the content policy."""
    watching = Watch(site.address)
    yield watching
    assert not watching.problems, "\n".join(watching.problems)


@pytest.fixture
def open_page(site: Site, browser: Browser, watch: Watch) -> Iterator[OpenPage]:
    """A page in a browser of its own: nobody is signed in. `phone` is 360 pixels wide and touched."""
    contexts = []

    def make(*, phone: bool = False, **options: Any) -> Page:
        context = browser.new_context(
            base_url=site.address, viewport=PHONE if phone else DESK, has_touch=phone, is_mobile=phone, locale="vi-VN",
            timezone_id="Asia/Ho_Chi_Minh", accept_downloads=True, reduced_motion="reduce", **options,
        )  # fmt: skip
        context.set_default_timeout(PATIENCE)
        watch.on(context)
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()
