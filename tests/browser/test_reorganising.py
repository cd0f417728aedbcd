"""Dũng merges two wards: he sees what would happen, confirms it, finds it in the history, and takes it back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import acts
from tests.browser.conftest import OpenPage
from tests.browser.site import Site

pytestmark = pytest.mark.browser

OLD, NEW = "DEMO-P001", "DEMO-P012"
SHOTS = os.environ.get("SCREENSHOTS", "")


def test_dung_merges_two_wards_and_takes_it_back(site: Site, open_page: OpenPage) -> None:
    page = open_page()
    acts.sign_in(page, "dung", site.demo_password)
    _find_the_ward(page)
    before = _staff(page)
    page.get_by_role("link", name="Sáp nhập").click()
    _fill_in(page)
    page.get_by_role("button", name="Xem trước").click()
    expect(page.get_by_text("Chưa có gì được ghi.")).to_be_visible()
    expect(page.locator("table.effects tbody")).to_contain_text("sang Phường Long Kiểng Sen")
    expect(page.locator("table.effects tbody")).to_contain_text("Võ Hương Giang (Cán bộ theo dõi)")
    _picture(page, "merge-preview")
    page.get_by_role("button", name="Sửa lại").click()
    expect(page.get_by_label("Nhập vào đơn vị đã có")).to_have_value(NEW)
    page.get_by_role("button", name="Xem trước").click()
    page.get_by_role("button", name="Xác nhận sáp nhập").click()
    expect(page.get_by_role("button", name="Hoàn tác việc này")).to_be_visible()
    done = page.url
    _picture(page, "merge-done")
    _ended_with_a_successor(page)
    _on_a_phone(site, open_page(phone=True))
    page.goto(done)
    page.get_by_role("button", name="Hoàn tác việc này").click()
    expect(page.get_by_text("Mọi thứ trở lại như trước.")).to_be_visible()
    page.goto(f"/agencies/tree/{OLD}/")
    assert _staff(page) == before
    expect(page.get_by_role("link", name="Sáp nhập", exact=True)).to_be_visible()
    _chi_may_only_rename(site, open_page())


def _find_the_ward(page: Page) -> None:
    page.get_by_role("link", name="Cơ quan").click()
    page.get_by_role("link", name="Cây cơ quan").click()
    page.get_by_label("Tên, tên cũ hoặc mã").fill("hoa sen")
    page.get_by_role("button", name="Tìm").click()
    page.get_by_role("link", name="Ủy ban nhân dân phường Hoa Sen").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hoa Sen")


def _staff(page: Page) -> str:
    return page.locator("dl.facts dd").first.inner_text()


def _fill_in(page: Page) -> None:
    page.get_by_label("Nhập vào đơn vị đã có").fill(NEW)
    page.get_by_label("Lý do, số quyết định").fill("Quyết định 12/QĐ-UBND")


def _ended_with_a_successor(page: Page) -> None:
    page.goto(f"/agencies/tree/{OLD}/")
    expect(page.get_by_text("Đơn vị kế thừa:")).to_contain_text("Long Kiểng Sen")
    assert _staff(page).startswith("0")
    page.goto("/agencies/")
    expect(page.locator("table.agency tbody")).not_to_contain_text("Phường Hoa Sen")


def _on_a_phone(site: Site, page: Page) -> None:
    acts.sign_in(page, "dung", site.demo_password)
    page.goto(f"/agencies/tree/{NEW}/")
    expect(page.get_by_text("Tiếp nhận Ủy ban nhân dân phường Hoa Sen")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    _picture(page, "merge-history-phone")


def _chi_may_only_rename(site: Site, page: Page) -> None:
    acts.sign_in(page, "chi", site.demo_password)
    page.goto(f"/agencies/tree/{OLD}/")
    expect(page.get_by_role("link", name="Đổi tên")).to_be_visible()
    expect(page.get_by_role("link", name="Sáp nhập", exact=True)).to_have_count(0)
    assert page.request.get(f"/agencies/tree/{OLD}/merge/").status == 404


def _picture(page: Page, name: str) -> None:
    """Kept when SCREENSHOTS names a folder, to be looked at."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
