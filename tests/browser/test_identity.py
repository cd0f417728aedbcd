"""A teacher's first log-in: why a second factor, an application or a passkey, and the way back to where she wanted to go."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from tests.browser.acts import sign_in
from tests.browser.conftest import OpenPage, Watch
from tests.browser.site import Site

pytestmark = pytest.mark.browser

PASSWORD = "mat-khau-thu-1"
# People of the demo city are spared the second factor: these two are none.
NEWCOMER = """
from django.utils import timezone
from people.actions.accounts import grant_role
from people.models import Organisation, User
user = User.objects.create_user(username="{name}", password="{password}", full_name="Trần Thị Thu", audience="giao_vien")
school = Organisation.objects.filter(kind="school").first()
grant_role(user=user, kind="teacher", organisation=school, by=None, now=timezone.now())
"""


def newcomer(site: Site, name: str) -> str:
    site.manage("shell", "-v", "0", "-c", NEWCOMER.format(name=name, password=PASSWORD))
    return name


def say_it_is_me(page: Page) -> None:
    page.get_by_label("Mật khẩu", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Tiếp tục").click()


def put_the_codes_away(page: Page) -> None:
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="Đã cất mã, tiếp tục").click()


def test_a_teacher_sets_up_an_application_on_her_phone(site: Site, open_page: OpenPage) -> None:
    page = open_page(phone=True)
    sign_in(page, newcomer(site, "thu"), PASSWORD)
    page.goto("/classes/new/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thêm một bước khi đăng nhập")
    page.get_by_role("link", name="Bắt đầu").click()
    say_it_is_me(page)
    secret = page.locator("code.secret").inner_text()
    page.get_by_label("Mã xác thực").fill(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    page.get_by_role("button", name="Bật", exact=True).click()
    put_the_codes_away(page)
    expect(page).to_have_url(re.compile(r"/classes/new/$"))
    page.goto("/account/")
    expect(page.get_by_text("Máy này", exact=True)).to_be_visible()


def test_a_teacher_sets_up_a_passkey_and_comes_back_with_it(site: Site, open_page: OpenPage, watch: Watch) -> None:
    # A passkey is bound to a name; a bare number is none.
    here = site.address.replace("127.0.0.1", "localhost")
    watch.allow(rf"request to another host: {here}")
    page = open_page()
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }})  # fmt: skip
    page.goto(f"{here}/accounts/login/?next=/classes/")
    page.get_by_label("Thư điện tử hoặc tên đăng nhập").fill(newcomer(site, "thu2"))
    page.get_by_label("Mật khẩu", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập", exact=True).click()
    page.get_by_role("link", name="Dùng vân tay hoặc khuôn mặt của máy").click()
    say_it_is_me(page)
    page.get_by_role("button", name="Thêm khóa").click()
    put_the_codes_away(page)
    expect(page).to_have_url(f"{here}/classes/")
    page.goto(f"{here}/account/")
    page.get_by_role("button", name="Đăng xuất khỏi máy này").click()
    page.goto(f"{here}/accounts/login/?next=/classes/")
    page.get_by_role("button", name="Dùng khóa đăng nhập").click()
    expect(page).to_have_url(f"{here}/classes/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
