"""A training class of three sessions: the code on the wall, somebody late without a phone, a paper list, the minutes."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser import acts
from tests.browser.accessible import Barriers
from tests.browser.conftest import OpenPage
from tests.browser.site import Site

pytestmark = pytest.mark.browser

CITY = dt.timezone(dt.timedelta(hours=7))
LEARNERS = ["Võ Thị Hạnh", "Lê Quang Huy", "Đặng Mỹ Linh"]


@pytest.fixture
def barriers() -> Iterator[Barriers]:
    found = Barriers()
    yield found
    found.none()


def test_binh_runs_a_class_of_three_sessions(site: Site, open_page: OpenPage, barriers: Barriers, tmp_path: Path) -> None:
    page = open_page()
    acts.sign_in(page, "binh", site.demo_password)
    _a_training_class(page)
    address = page.url
    slips = _three_learners(page)
    _three_sessions(page, address)
    barriers.look(page, "sessions")
    roll = f"{address}sessions/1/"
    page.goto(f"{roll}screen/")
    barriers.look(page, "check-in screen")
    hanh, huy = open_page(phone=True), open_page(phone=True)
    _hanh_scans_and_signs_in(site, page, hanh, slips[LEARNERS[0]], barriers)
    _huy_types_the_code(page, huy, slips[LEARNERS[1]])
    _an_outsider_knocks(site, page, open_page(phone=True))
    _the_list(page, roll, barriers)
    _the_minutes(page, tmp_path)
    _it_counts_for_the_class(page, address, barriers)
    stranger = open_page()
    acts.sign_in(stranger, "giang", site.demo_password)
    for part in ("sessions/", "sessions/1/", "sessions/1/screen/", "sessions/1/minutes.pdf", "settings/"):
        assert stranger.request.get(address + part).status == 404, part


def _a_training_class(page: Page) -> None:
    page.goto("/classes/new/")
    page.get_by_label("Tên lớp").fill("Bồi dưỡng AI đợt 1")
    page.get_by_label("Lớp bồi dưỡng", exact=True).check()
    page.get_by_label("Mã lớp của đơn vị").fill("BD-01")
    page.get_by_role("button", name="Tạo lớp").click()
    expect(page.get_by_text("Đã tạo lớp Bồi dưỡng AI đợt 1")).to_be_visible()


def _three_learners(page: Page) -> dict[str, tuple[str, str]]:
    page.get_by_role("link", name="Dán danh sách").click()
    page.get_by_role("textbox", name="Danh sách").fill("\n".join(LEARNERS))
    page.get_by_role("button", name="Xem trước").click()
    page.get_by_role("button", name="Thêm 3 người vào lớp").click()
    expect(page.locator(".slips > li")).to_have_count(len(LEARNERS))  # `all` below does not wait for the page to come
    slips = {}
    for slip in page.locator(".slips > li").all():
        username, password = slip.locator("code").all_inner_texts()
        slips[slip.locator("strong").inner_text().split(" · ")[1]] = (username, password)
    return slips


def _three_sessions(page: Page, address: str) -> None:
    """The first one goes on just now, if it is not about midnight; the others are in a week and in two."""
    page.goto(f"{address}sessions/")
    now = dt.datetime.now(CITY)
    begins, ends = max(now - dt.timedelta(minutes=5), now.replace(hour=0, minute=0)), now.replace(hour=23, minute=59)
    for week in range(3):
        page.get_by_label("Ngày", exact=True).fill(f"{(now + dt.timedelta(weeks=week)).date()}")
        page.get_by_label("Từ", exact=True).fill(f"{begins:%H:%M}")
        page.get_by_label("Đến", exact=True).fill(f"{ends:%H:%M}")
        page.get_by_label("Nơi học").fill("Hội trường B")
        page.get_by_role("button", name="Thêm buổi").click()
        expect(page.get_by_text(f"Đã thêm buổi {week + 1}.")).to_be_visible()
    page.get_by_label("Ngày", exact=True).fill(f"{now.date()}")
    page.get_by_label("Từ", exact=True).fill(f"{begins:%H:%M}")
    page.get_by_label("Đến", exact=True).fill(f"{ends:%H:%M}")
    page.get_by_label("Nơi học").fill("Phòng khác")
    page.get_by_role("button", name="Thêm buổi").click()
    expect(page.get_by_text("Chưa ghi: trùng giờ")).to_be_visible()
    page.goto(f"{address}sessions/")


def _shown_code(page: Page) -> str:
    """What stands on the wall at this moment."""
    page.reload()
    return page.locator(".screen-word").inner_text()


def _hanh_scans_and_signs_in(site: Site, wall: Page, phone: Page, slip: tuple[str, str], barriers: Barriers) -> None:
    """The camera opens the link of the QR code; the page asks her to sign in first."""
    assert re.fullmatch(r"[0-9A-Z]{3}-[0-9A-Z]{3}", _shown_code(wall))
    expect(wall.locator(".screen-qr svg path")).not_to_have_count(0)
    phone.goto(json.loads(site.peek("scan", "Bồi dưỡng AI đợt 1")))
    assert "/accounts/login/" in phone.url
    phone.get_by_label("Thư điện tử hoặc tên đăng nhập").fill(slip[0])
    phone.get_by_label("Mật khẩu", exact=True).fill(slip[1])
    phone.get_by_role("button", name="Đăng nhập", exact=True).click()
    expect(phone.get_by_text("Buổi 1, lớp Bồi dưỡng AI đợt 1")).to_be_visible()
    barriers.look(phone, "I am here")
    phone.get_by_role("button", name="Tôi có mặt").click()
    expect(phone.get_by_text("Đã ghi: bạn có mặt ở buổi 1")).to_be_visible()
    expect(wall.get_by_text("1 người đã có mặt")).to_be_visible()  # the wall renews itself


def _huy_types_the_code(wall: Page, phone: Page, slip: tuple[str, str]) -> None:
    acts.sign_in(phone, *slip)
    phone.goto("/learn/")
    phone.get_by_role("link", name="Điểm danh").click()
    phone.get_by_label("Mã trên màn hình").fill(_shown_code(wall).lower().replace("-", " "))
    phone.get_by_role("button", name="Tôi có mặt").click()
    expect(phone.get_by_text("Đã ghi: bạn có mặt ở buổi 1")).to_be_visible()


def _an_outsider_knocks(site: Site, wall: Page, phone: Page) -> None:
    acts.sign_in(phone, "an", site.demo_password)
    phone.goto(json.loads(site.peek("scan", "Bồi dưỡng AI đợt 1")))
    phone.get_by_role("button", name="Tôi có mặt").click()
    expect(phone.get_by_text("Bạn không có trong danh sách lớp")).to_be_visible()


def _the_list(page: Page, roll: str, barriers: Barriers) -> None:
    page.goto(roll)
    expect(page.get_by_text("2 trên 3 người có mặt.")).to_be_visible()
    barriers.look(page, "attendance list")
    page.get_by_role("button", name="Nhận vào lớp Nguyễn Thị An").click()
    expect(page.get_by_text("Đã nhận Nguyễn Thị An vào lớp")).to_be_visible()
    page.get_by_label("Họ và tên").fill("Hồ Thị Muộn")
    page.get_by_role("button", name="Thêm vào lớp, có mặt").click()
    expect(page.locator(".slips > li")).to_have_count(1)
    page.goto(roll)
    page.get_by_role("link", name="Nhập từ danh sách ký tay").click()
    page.get_by_label("Danh sách ký tay").fill("Đặng Mỹ Linh\nVõ Thị Hạnh")
    page.get_by_role("button", name="Xem trước").click()
    expect(page.get_by_text("1 người sẽ được ghi có mặt")).to_be_visible()
    page.get_by_role("button", name="Ghi điểm danh").click()
    expect(page.get_by_text("5 trên 5 người có mặt.")).to_be_visible()
    page.get_by_label("Hồ Thị Muộn").select_option("late")
    page.get_by_role("button", name="Lưu điểm danh").click()
    expect(page.get_by_text("Đã lưu 1 dấu điểm danh.")).to_be_visible()
    page.get_by_label("Ghi nhận của giảng viên").fill("Lớp học sôi nổi.")
    page.get_by_role("button", name="Lưu ghi nhận").click()


def _the_minutes(page: Page, tmp_path: Path) -> None:
    with page.expect_download() as download:
        page.get_by_role("link", name="Biên bản (PDF)").click()
    download.value.save_as(tmp_path / "bien-ban.pdf")
    reader = PdfReader(io.BytesIO((tmp_path / "bien-ban.pdf").read_bytes()))
    text = " ".join(" ".join(one.extract_text() for one in reader.pages).split())
    for told in ("BIÊN BẢN", "BD-01", "Hồ Thị Muộn", "Đến muộn", "Lớp học sôi nổi.", "Có mặt: 5, trong đó đến muộn 1"):
        assert told in text, told


def _it_counts_for_the_class(page: Page, address: str, barriers: Barriers) -> None:
    page.goto(f"{address}settings/")
    page.get_by_role("link", name="Sửa quy định").click()
    page.get_by_label("Phải dự bao nhiêu phần trăm").fill("60")
    page.get_by_role("button", name="Lưu quy định").click()
    expect(page.get_by_text("dự ít nhất 60% số buổi đã học")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Hồ Thị Muộn")).first).to_contain_text("Đến muộn")
    barriers.look(page, "about the class")
