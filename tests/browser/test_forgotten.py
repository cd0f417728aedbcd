"""Somebody asks to be forgotten, Dũng answers, and nothing of her is left to sign in to."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import acts
from tests.browser.conftest import OpenPage
from tests.browser.site import Site

pytestmark = pytest.mark.browser

NAME, USERNAME, PASSWORD = "Vũ Bạch Yến", "bachyen.7731", "mot-cau-ngan-de-nho"
SWEEP = "from people.tasks import answer_requests; answer_requests()"


def test_she_asks_to_be_forgotten_and_is(site: Site, open_page: OpenPage) -> None:
    yen, dung, chi = open_page(phone=True), open_page(), open_page()
    yen.goto("/account/sign-up/")
    acts.sign_up(yen, name=NAME, username=USERNAME, password=PASSWORD, born=1990)
    acts.sign_in(dung, "dung", site.demo_password)
    _she_reads_what_is_kept(yen)
    _she_asks(yen)
    _an_officer_without_that_duty_finds_no_queue(site, chi)
    _dung_accepts(dung)
    site.manage("shell", "-v", "0", "-c", SWEEP)
    _nobody_is_left(yen, dung)


def _she_reads_what_is_kept(page: Page) -> None:
    page.goto("/account/")
    page.get_by_role("link", name="Xem dữ liệu về tôi").click()
    page.get_by_text("Hồ sơ (1)").click()
    expect(page.get_by_text("1990")).to_be_visible()
    expect(page.get_by_text(USERNAME).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def _she_asks(page: Page) -> None:
    page.goto("/account/")
    page.get_by_role("link", name="Yêu cầu xóa tài khoản").click()
    expect(page.get_by_label("Xóa tài khoản và dữ liệu của tôi")).to_be_checked()
    page.get_by_role("button", name="Gửi yêu cầu").click()
    expect(page.get_by_text("Đã gửi yêu cầu.")).to_be_visible()
    expect(page.get_by_text("Hạn trả lời:")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def _an_officer_without_that_duty_finds_no_queue(site: Site, page: Page) -> None:
    acts.sign_in(page, "chi", site.demo_password)
    expect(page.get_by_role("link", name="Yêu cầu dữ liệu")).to_have_count(0)
    answer = page.request.get("/account/requests/queue/")
    assert answer.status == 404


def _dung_accepts(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Yêu cầu dữ liệu").click()
    page.get_by_role("row", name=NAME).get_by_role("link").click()
    page.get_by_role("button", name="Chấp nhận xóa").click()
    expect(page.get_by_text("Kiểm tra rồi chọn ô này trước khi xóa.").first).to_be_visible()
    page.get_by_label("Tôi đã kiểm tra đúng là người đó yêu cầu").check()
    page.get_by_role("button", name="Chấp nhận xóa").click()
    expect(page.get_by_text("Đã chấp nhận, sắp xóa")).to_be_visible()


def _nobody_is_left(yen: Page, dung: Page) -> None:
    yen.goto("/account/")
    expect(yen.get_by_role("button", name="Đăng nhập", exact=True)).to_be_visible()
    yen.get_by_label("Thư điện tử hoặc tên đăng nhập").fill(USERNAME)
    yen.get_by_label("Mật khẩu", exact=True).fill(PASSWORD)
    yen.get_by_role("button", name="Đăng nhập", exact=True).click()
    expect(yen.get_by_text("Tên hoặc mật khẩu chưa khớp").first).to_be_visible()
    dung.goto("/account/requests/queue/?closed=1")
    expect(dung.get_by_role("row", name="(đã xóa)")).to_be_visible()
    expect(dung.get_by_text(NAME)).to_have_count(0)
