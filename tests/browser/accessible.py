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
NARROWEST = {"width": 320, "height": 640}
# What is smaller than a finger. A link in running text is as high as its line, a card's link as large as the card, a box as
# large as its label; what stands outside the page (the skip link, heads of a table shown as cards) is not touched.
SMALL = """() => [...document.querySelectorAll('a[href], button, summary, select, textarea, input')].filter(one => {
  const box = one.getBoundingClientRect(), look = getComputedStyle(one), boxes = [box];
  if (!box.width || !box.height || box.right < 1 || look.visibility === 'hidden') return false;
  if (one.matches('.visually-hidden *, .card-x.link h2 a, .card-x.link h3 a')) return false;
  const alone = one.parentElement.innerText.trim() === one.innerText.trim();
  if (one.tagName === 'A' && look.display === 'inline' && !alone) return false;
  for (const label of one.labels || []) boxes.push(label.getBoundingClientRect());
  return Math.max(...boxes.map(one => one.height)) < 43.5 || Math.max(...boxes.map(one => one.width)) < 24;
}).map(one => `${one.tagName} “${one.innerText || one.name}” ${Math.round(one.getBoundingClientRect().height)} px`)"""


class Barriers:
    """Collects what axe finds on page after page, so that one run tells all."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.pages = 0

    def look(self, page: Page, name: str, sizes: tuple[ViewportSize, ...] = (DESK, PHONE)) -> None:
        """All rules at 1280 and at 360 pixels; the rules on colour in the dark as well. No page may need sideways scrolling,

        at 320 pixels either, and whatever is touched is 44 pixels high.
        """
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
        self.found += [f"{name} at {PHONE['width']}: small to touch: {one}" for one in page.evaluate(SMALL)]
        page.set_viewport_size(NARROWEST)
        if page.evaluate("document.documentElement.scrollWidth") > NARROWEST["width"]:
            self.found.append(f"{name} at {NARROWEST['width']}: wider than the window")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(before or DESK)

    def _note(self, where: str, violations: list[dict[str, Any]]) -> None:
        for one in violations:
            for node in one["nodes"]:
                reason = (node.get("failureSummary") or "").replace("\n", " ")
                self.found.append(f"{where}: {one['id']}: {node['target']} {node['html'][:200]} {reason[:300]}")

    def none(self) -> None:
        assert not self.found, "\n".join([f"{len(self.found)} barriers:", *self.found])
