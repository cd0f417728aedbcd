"""Somebody comes by the national sign-in and looks at her ways in; an officer makes two accounts of one person one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessible import Barriers
from tests.browser.acts import sign_in
from tests.browser.conftest import OpenPage, Watch
from tests.browser.site import Site
from tests.people import provider as oidc

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("SHOTS", "")
TWINS = """
import datetime as dt
from people.models import Membership, Role, User
from people.text import fold
chi = User.objects.get(username="chi")
place = Role.objects.current().filter(user=chi, kind="officer").first().organisation
for name in ("lan.gop", "lan.gop2"):
    one = User.objects.create_user(username=name, email=f"{name}@example.com", password="mat-khau-thu-1",
                                   full_name="Đỗ Thị Ngọc Lan", name_folded=fold("Đỗ Thị Ngọc Lan"), birth_year=1980,
                                   audience="cbccvc_nld")
    Membership.objects.create(user=one, organisation=place, category="cong_chuc", since=dt.date(2026, 1, 5))
"""


@pytest.fixture
def barriers() -> Iterator[Barriers]:
    found = Barriers()
    yield found
    found.none()


def shot(page: Page, name: str) -> None:
    """For looking at: phone and desk, in daylight and in the dark."""
    if not SHOTS:
        return
    kept = page.viewport_size
    for width in (360, 1280):
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    if kept:
        page.set_viewport_size(kept)


def test_by_the_national_sign_in_and_back(
    site: Site, provider: oidc.Provider, open_page: OpenPage, watch: Watch, barriers: Barriers
) -> None:
    watch.allow(re.escape(f"request to another host: {provider.issuer}"))
    provider.person = {**oidc.AN, "sub": "sau-1", "name": "Nguyễn Thị Sáu", "personal_id": "079158000777", "birthdate": "1958"}
    page = open_page(phone=True)
    page.goto("/accounts/login/")
    shot(page, "log-in")
    page.get_by_role("button", name="Đăng nhập bằng VNeID").click()
    expect(page.get_by_label("Bạn sinh năm nào?")).to_have_value("1958")
    page.get_by_label("Người dân").check()
    page.get_by_role("button", name="Tiếp tục").click()
    expect(page.get_by_label("Họ và tên")).to_have_value("Nguyễn Thị Sáu")
    barriers.look(page, "sign-up after the national sign-in")
    shot(page, "sign-up")
    page.get_by_role("button", name="Tạo tài khoản").click()
    expect(page.get_by_text("Bạn vẫn học được như khách, không cần tài khoản").first).to_be_visible()
    page.get_by_label("Lưu thông tin để mở tài khoản").check()
    page.get_by_role("button", name="Tạo tài khoản").click()
    expect(page).to_have_url(re.compile(r"/learn/"))
    page.goto("/account/")
    page.get_by_role("link", name="Cách đăng nhập").click()
    expect(page.get_by_text("Cách duy nhất, chưa gỡ được")).to_be_visible()
    barriers.look(page, "ways in")
    shot(page, "ways-in")
    page.get_by_role("link", name="Đặt mật khẩu").click()
    page.get_by_label("Mật khẩu").first.fill("mot cau de nho")
    page.get_by_role("button", name="Đặt mật khẩu").click()
    page.goto("/account/ways-in/")
    page.get_by_role("button", name="Gỡ").click()
    expect(page.get_by_text("Đã gỡ cách đăng nhập này")).to_be_visible()
    expect(page.get_by_role("button", name="Nối VNeID")).to_be_visible()
    barriers.look(page, "ways in, unlinked")
    shot(page, "ways-in-unlinked")


def test_too_low_a_level_says_what_to_do(
    site: Site, provider: oidc.Provider, open_page: OpenPage, watch: Watch, barriers: Barriers
) -> None:
    watch.allow(re.escape(f"request to another host: {provider.issuer}"))
    watch.allow("403")
    provider.person = {**oidc.AN, "acr": "loa1"}
    page = open_page()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Đăng nhập bằng VNeID").click()
    expect(page.get_by_text("mức xác thực thấp hơn")).to_be_visible()
    barriers.look(page, "too low")
    shot(page, "too-low")


def test_an_officer_makes_two_accounts_one(site: Site, open_page: OpenPage, barriers: Barriers) -> None:
    site.manage("shell", "-v", "0", "-c", TWINS)
    page = open_page()
    sign_in(page, "chi", site.demo_password)
    page.goto("/account/")
    page.get_by_role("link", name="Tài khoản có thể trùng nhau").click()
    group = page.locator("li.card-x", has_text="Đỗ Thị Ngọc Lan")
    expect(group).to_be_visible()
    barriers.look(page, "likely duplicates")
    shot(page, "duplicates")
    group.get_by_role("link", name=re.compile("^Xem việc gộp")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Đỗ Thị Ngọc Lan")
    barriers.look(page, "what merging does")
    shot(page, "merge")
    page.get_by_role("button", name="Gộp hai tài khoản").click()
    expect(page.get_by_text("Viết lý do, một câu là đủ.").first).to_be_visible()
    page.get_by_label("Lý do").fill("Đã gọi điện, chị Lan xác nhận")
    page.get_by_role("button", name="Gộp hai tài khoản").click()
    done = page.locator("section", has_text="Đã gộp, còn tách lại được").locator("li", has_text="Đỗ Thị Ngọc Lan")
    expect(done).to_be_visible()
    done.get_by_text("Tách lại", exact=False).first.click()
    barriers.look(page, "merged")
    shot(page, "merged")
    done.get_by_role("button", name="Tách lại thành hai tài khoản").click()
    expect(page.get_by_text("Đã tách lại thành hai tài khoản như trước")).to_be_visible()
