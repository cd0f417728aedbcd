"""A child asks for an account, her mother agrees on her phone; Bình records papers and looks at the page of a pupil."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser import acts
from tests.browser.accessible import Barriers
from tests.browser.conftest import DESK, PHONE, OpenPage
from tests.browser.site import Site

pytestmark = pytest.mark.browser

NAME, USERNAME, PASSWORD = "Đinh Gia Hân", "gia.han.2015", "con meo nam tren mai nha"
LINK = """
from people.actions.guardians import token_of
from people.models import GuardianQuestion
print(token_of(GuardianQuestion.objects.order_by("-pk").first()))
"""
YOUNG = """
from people.models import User
User.objects.filter(class_memberships__training_class__name="10A1").update(birth_year={year})
"""


def _seen(page: Page, name: str, barriers: Barriers) -> None:
    """Axe, and a picture of each size and ground where SCREENS names a folder."""
    folder = os.environ.get("SCREENS", "")
    if folder:
        for size in (PHONE, DESK):
            for ground in ("light", "dark"):
                page.set_viewport_size(size)
                page.emulate_media(color_scheme=ground)  # type: ignore[arg-type]
                page.screenshot(path=Path(folder) / f"{name}-{size['width']}-{ground}.png", full_page=True)
        page.emulate_media(color_scheme="light")
    barriers.look(page, name)


def test_a_mother_agrees_and_takes_it_back(site: Site, open_page: OpenPage) -> None:
    child, mother, barriers = open_page(phone=True), open_page(phone=True), Barriers()
    child.goto("/account/sign-up/")
    child.get_by_label("Bạn sinh năm nào?").fill(str(timezone.localdate().year - 11))
    child.get_by_label("Học sinh").check()
    child.get_by_role("button", name="Tiếp tục").click()
    child.get_by_label("Họ và tên", exact=True).fill(NAME)
    child.get_by_label("Tên đăng nhập").fill(USERNAME)
    child.get_by_label("Mật khẩu", exact=True).fill(PASSWORD)
    child.get_by_label("Thư điện tử của cha, mẹ hoặc người giám hộ").fill("me.gia.han@example.com")
    child.get_by_label("Lưu thông tin để mở tài khoản").check()
    child.get_by_label("Em đồng ý để Học AI nhớ").check()
    _seen(child, "sign-up-child", barriers)
    child.get_by_role("button", name="Tạo tài khoản").click()
    expect(child.get_by_text("Chúng tôi đã gửi thư cho cha mẹ em.")).to_be_visible()
    _seen(child, "waiting", barriers)

    mother.goto(f"/account/guardian/{site.manage('shell', '-v', '0', '-c', LINK).strip()}/")
    expect(mother.get_by_role("heading", name=f"Con học AI: {NAME}")).to_be_visible()
    _seen(mother, "guardian", barriers)
    mother.get_by_label("Họ và tên của bạn").fill("Trần Thị Hoa")
    mother.get_by_label("Tôi đã đọc và đồng ý").check()
    mother.get_by_role("button", name="Tôi đồng ý", exact=True).click()
    expect(mother.get_by_text("học được ngay bây giờ")).to_be_visible()
    _seen(mother, "guardian-done", barriers)
    acts.sign_in(child, USERNAME, PASSWORD)

    mother.goto(f"/account/guardian/{site.manage('shell', '-v', '0', '-c', LINK).strip()}/")
    _seen(mother, "guardian-agreed", barriers)
    mother.get_by_role("button", name="Rút đồng ý").click()
    expect(mother.get_by_text("Tài khoản đã đóng")).to_be_visible()
    child.goto("/account/")
    expect(child.get_by_role("button", name="Đăng nhập", exact=True)).to_be_visible()
    barriers.none()


def test_binh_records_papers_and_looks_as_a_pupil(site: Site, open_page: OpenPage) -> None:
    site.manage("shell", "-v", "0", "-c", YOUNG.format(year=timezone.localdate().year - 15))
    binh, barriers = open_page(), Barriers()
    acts.sign_in(binh, "binh", site.demo_password)
    binh.goto("/classes/")
    binh.get_by_role("link", name="10A1").first.click()
    binh.get_by_role("link", name="Cha mẹ đồng ý").click()
    binh.get_by_role("checkbox").nth(0).check()
    binh.get_by_role("checkbox").nth(1).check()
    _seen(binh, "consents", barriers)
    binh.get_by_role("button", name="Ghi các phiếu đã chọn").click()
    expect(binh.get_by_text("Đã ghi 2 phiếu.")).to_be_visible()
    with binh.expect_download() as paper:
        binh.get_by_role("link", name="In phiếu cho các em chưa có").click()
    assert paper.value.suggested_filename.endswith(".pdf")
    if os.environ.get("SCREENS"):
        paper.value.save_as(Path(os.environ["SCREENS"]) / "forms.pdf")

    binh.get_by_role("link", name="Về trang lớp").click()
    binh.locator("table.matrix th[scope=row] a").first.click()
    binh.get_by_role("link", name="Xem như học viên").click()
    _seen(binh, "view-as", barriers)
    binh.get_by_label("Lý do").fill("Em báo không thấy bài đã giao")
    binh.get_by_role("button", name="Bắt đầu xem").click()
    expect(binh.get_by_text("Bạn đang xem như")).to_be_visible()
    _seen(binh, "viewing", barriers)
    binh.get_by_role("button", name="Thôi xem").click()
    expect(binh.get_by_text("Đã thôi xem.")).to_be_visible()
    expect(binh.get_by_text("Bạn đang xem như")).to_have_count(0)
    barriers.none()
