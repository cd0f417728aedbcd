"""Dũng looks at who would get a letter before he switches a rule on; An stops hers by one click and takes it back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import acts
from tests.browser.accessible import Barriers
from tests.browser.conftest import OpenPage
from tests.browser.site import Site

pytestmark = pytest.mark.browser

TOKEN = """
from people.models import User
from reminders.actions import stop_token
from reminders.judgement import Rule
print(stop_token(User.objects.get(username="an"), [Rule.DUE_SOON, Rule.STARTS]))
"""


def test_dung_looks_before_a_rule_is_on(site: Site, open_page: OpenPage) -> None:
    page, barriers = open_page(), Barriers()
    acts.sign_in(page, "dung", site.demo_password)
    page.goto("/account/")
    page.get_by_role("link", name="Nhắc việc bằng thư: quy tắc, giờ gửi").click()
    barriers.look(page, "reminders")
    page.get_by_role("link", name=re.compile("Xem thử rồi bật.*Việc đã quá hạn")).click()
    page.get_by_label("Mỗi việc nhắc nhiều nhất mấy lần?").fill("99")
    page.get_by_role("button", name="Xem thử ai sẽ nhận").click()
    barriers.look(page, "a rule, with errors")
    page.get_by_label("Mỗi việc nhắc nhiều nhất mấy lần?").fill("2")
    page.get_by_role("button", name="Xem thử ai sẽ nhận").click()
    expect(page.get_by_role("heading", name="Nếu bật bây giờ")).to_be_visible()
    # People of the demo city have no address: the page says how many that leaves out.
    expect(page.get_by_text("0 người nhận thư")).to_be_visible()
    expect(page.locator("dt", has_text="không có địa chỉ thư").locator("+ dd")).not_to_have_text("0")
    barriers.look(page, "a rehearsal")
    page.get_by_role("button", name="Bật", exact=True).click()
    expect(page.get_by_text("Đã bật: Việc đã quá hạn.")).to_be_visible()
    expect(page.get_by_text("mỗi việc nhắc nhiều nhất 2 lần")).to_be_visible()
    page.get_by_role("link", name="Đổi giờ gửi").click()
    barriers.look(page, "sending hours")
    page.get_by_role("button", name="Lưu giờ gửi").click()
    page.get_by_role("button", name=re.compile("Tắt.*Việc đã quá hạn")).click()
    expect(page.get_by_text("Đã tắt: Việc đã quá hạn.")).to_be_visible()
    page.get_by_role("link", name="Ai đã đổi gì").click()
    expect(page.get_by_text("Tắt.")).to_be_visible()
    barriers.look(page, "changes of reminders")
    barriers.none()


def test_an_stops_letters_by_one_click_and_takes_it_back(site: Site, open_page: OpenPage) -> None:
    page, barriers = open_page(phone=True), Barriers()
    page.goto(f"/reminders/stop/{site.manage('shell', '-v', '0', '-c', TOKEN).strip()}/")
    barriers.look(page, "stop")
    page.get_by_role("button", name="Thôi nhận những thư này").click()
    expect(page.get_by_role("heading", name="Đã thôi gửi")).to_be_visible()
    barriers.look(page, "stopped")
    acts.sign_in(page, "an", site.demo_password)
    page.goto("/account/")
    page.get_by_role("link", name="Thư nhắc").click()
    expect(page.get_by_label("Việc sắp tới hạn")).not_to_be_checked()
    expect(page.get_by_label("Việc đã quá hạn")).to_be_checked()
    barriers.look(page, "my reminders")
    page.get_by_label("Việc sắp tới hạn").check()
    page.get_by_role("button", name="Lưu").click()
    expect(page.get_by_text("Đã lưu.")).to_be_visible()
    expect(page.get_by_label("Việc sắp tới hạn")).to_be_checked()
    expect(page.get_by_label("Buổi học, bài giao sắp bắt đầu")).not_to_be_checked()
    barriers.none()
