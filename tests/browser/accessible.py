"""axe over a page as it stands open: both widths, both grounds."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

from tests.browser.conftest import DESK, PHONE

TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
# On the other ground nothing changes but colours.
COLOURS = ["color-contrast", "link-in-text-block"]
AXE = Axe()


class Barriers:
    """Collects what axe finds on page after page, so that one run tells all."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.pages = 0

    def look(self, page: Page, name: str, sizes: tuple[ViewportSize, ...] = (DESK, PHONE)) -> None:
        """All rules at 1280 and at 360 pixels; the rules on colour in the dark as well. No page may need sideways scrolling."""
        self.pages += 1
        before = page.viewport_size
        for size in sizes:
            page.set_viewport_size(size)
            for ground, only in (("light", {"type": "tag", "values": TAGS}), ("dark", {"type": "rule", "values": COLOURS})):
                page.emulate_media(color_scheme=ground)  # type: ignore[arg-type]
                answer = AXE.run(page, options={"resultTypes": ["violations"], "runOnly": only}).response
                self._note(f"{name} at {size['width']}, {ground}", answer["violations"])
            if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
                self.found.append(f"{name} at {size['width']}: wider than the window")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(before or DESK)

    def _note(self, where: str, violations: list[dict[str, Any]]) -> None:
        for one in violations:
            for node in one["nodes"]:
                reason = (node.get("failureSummary") or "").replace("\n", " ")
                self.found.append(f"{where}: {one['id']}: {node['target']} {node['html'][:200]} {reason[:300]}")

    def none(self) -> None:
        assert not self.found, "\n".join([f"{len(self.found)} barriers:", *self.found])
