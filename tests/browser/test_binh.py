"""Bình gives a class a lesson and the quiz, and sees who has done them."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import acts
from tests.browser.conftest import OpenPage
from tests.browser.site import Site

pytestmark = pytest.mark.browser

PUPILS = ["Trần Ngọc Bích", "Lý Hoàng Phúc", "Đỗ Thị Yến"]
LESSON = "AI là gì và không phải là gì"


def test_binh_makes_a_class_gives_work_and_sees_who_has_done_it(site: Site, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page()
    acts.sign_in(page, "binh", site.demo_password)
    address = _a_new_class(page)
    slips = _three_pupils(page)
    _a_lesson_and_the_quiz(page, address)
    pupil = open_page(phone=True)
    acts.sign_in(pupil, *slips[PUPILS[1]])
    _the_pupil_does_the_lesson(pupil)
    _who_has_done_what(page, address, tmp_path)
    _the_slips_are_gone(page, address, slips)
    _an_outsider_finds_no_class(site, open_page(), pupil, address)


def _a_new_class(page: Page) -> str:
    page.get_by_role("link", name="Lớp của tôi").click()
    page.get_by_role("link", name="Tạo lớp").click()
    page.get_by_label("Tên lớp").fill("11B7")
    page.get_by_role("button", name="Tạo lớp").click()
    expect(page.get_by_text("Đã tạo lớp 11B7")).to_be_visible()
    return page.url


def _three_pupils(page: Page) -> dict[str, tuple[str, str]]:
    """Pasted with the numbers a spreadsheet has in front. Returns name → (user name, password) as the slips say."""
    page.get_by_role("link", name="Dán danh sách").click()
    page.get_by_role("textbox", name="Danh sách").fill("\n".join(f"{n}\t{name}" for n, name in enumerate(PUPILS, 1)))
    page.get_by_label("Năm sinh chung").fill("2009")
    page.get_by_role("button", name="Xem trước").click()
    expect(page.get_by_text("Chưa có gì được ghi.")).to_be_visible()
    page.get_by_role("button", name="Thêm 3 người vào lớp").click()
    expect(page.get_by_text("Mật khẩu chỉ hiện một lần")).to_be_visible()
    expect(page.locator(".slips > li")).to_have_count(len(PUPILS))  # `all` below does not wait for the page to come
    slips = {}
    for slip in page.locator(".slips > li").all():
        name = slip.locator("strong").inner_text().split(" · ")[1]
        username, password = slip.locator("code").all_inner_texts()
        slips[name] = (username, password)
    assert sorted(slips) == sorted(PUPILS)
    page.get_by_role("link", name="Về trang lớp").click()
    return slips


def _a_lesson_and_the_quiz(page: Page, address: str) -> None:
    for part in (LESSON, "Bài kiểm tra cuối khóa"):
        page.goto(f"{address}assign/")
        group = page.get_by_label("Giao gì?").locator('optgroup[label^="AI quanh ta"]')
        page.get_by_label("Giao gì?").select_option(group.locator("option", has_text=part).get_attribute("value"))
        page.get_by_role("button", name="Giao bài").click()
        expect(page.get_by_text("cho cả lớp.")).to_be_visible()


def _the_pupil_does_the_lesson(page: Page) -> None:
    page.goto("/learn/")
    due = page.get_by_role("listitem").filter(has_text=LESSON).filter(has_text="11B7")
    expect(due).to_contain_text("Chưa xong")
    due.get_by_role("link", name="Làm bài").click()
    acts.answer_practice(page)
    acts.finish_lesson(page)
    page.goto("/learn/")
    expect(page.get_by_role("img", name="Xong 1 trên 6 phần")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=LESSON)).to_have_count(0)


def _row(page: Page, name: str) -> Locator:
    return page.locator("table.matrix tbody tr").filter(has_text=name)


def _who_has_done_what(page: Page, address: str, tmp_path: Path) -> None:
    page.goto(address)
    shown = {name: (_row(page, name).get_by_role("img").first.get_attribute("aria-label") or "").casefold() for name in PUPILS}
    assert shown[PUPILS[1]] == "xong"
    assert shown[PUPILS[0]] == shown[PUPILS[2]] == "chưa mở"
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải bảng (CSV)").click()
    download.value.save_as(tmp_path / "lop.csv")
    table = list(csv.reader(io.StringIO((tmp_path / "lop.csv").read_text(encoding="utf-8-sig"))))
    rows = {name: row for row in table for name in PUPILS if name in row}
    assert any(cell.casefold() == "xong" for cell in rows[PUPILS[1]])
    assert not any(cell.casefold() == "xong" for cell in rows[PUPILS[0]])


def _the_slips_are_gone(page: Page, address: str, slips: dict[str, tuple[str, str]]) -> None:
    page.get_by_role("link", name=re.compile(PUPILS[0])).first.click()
    expect(page.get_by_role("contentinfo")).to_be_visible()
    told = page.content()
    assert slips[PUPILS[0]][0] in told
    assert slips[PUPILS[0]][1] not in told
    assert page.request.get(f"{address}members/slips/").status == 405


def _an_outsider_finds_no_class(site: Site, page: Page, pupil: Page, address: str) -> None:
    assert "/accounts/login/" in page.request.get(address).url
    acts.sign_in(page, "giang", site.demo_password)
    for part in ("", "members/add/", "assign/", "members/1/", "export.csv"):
        assert page.request.get(address + part).status == 404, part
        assert pupil.request.get(address + part).status == 404, part
    assert json.loads(site.peek("results", "giang")) == []
