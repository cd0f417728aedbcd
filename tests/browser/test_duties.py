"""Giang asks a course of her ward and recognises what a colleague learnt elsewhere; Bình looks as a pupil does."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import acts
from tests.browser.accessible import Barriers
from tests.browser.conftest import OpenPage
from tests.browser.site import Site

pytestmark = pytest.mark.browser

WARD = "/agencies/DEMO-P001/"
COURSE = "AI quanh ta: hiểu đúng, dùng an toàn"
COLLEAGUE = """
from people.models import Membership, Organisation, User
one = User.objects.create_user(username="hs017", full_name="Huỳnh Thanh Sen", audience="cbccvc_nld")
ward = Organisation.objects.get(code="DEMO-P001")
Membership.objects.create(user=one, organisation=ward, category="cong_chuc", code="HS-017", since="2026-01-05")
print(one.full_name)
"""


def test_giang_requires_a_course_and_recognises_what_was_learnt_elsewhere(site: Site, open_page: OpenPage) -> None:
    page, barriers = open_page(), Barriers()
    name = site.manage("shell", "-v", "0", "-c", COLLEAGUE).strip()
    acts.sign_in(page, "giang", site.demo_password)
    page.goto(f"{WARD}require/")
    page.get_by_label("Khóa bắt buộc").select_option(label=COURSE)
    page.get_by_label("Hạn chung: ngày").fill("")
    page.get_by_label("Hạn cho người mới vào: số ngày").fill("30")
    page.get_by_label("Học lại sau: số tháng").fill("24")
    page.get_by_role("button", name="Xem ai phải học").click()
    for told in (COURSE, "Mọi người đang công tác", "30 ngày sau khi vào đơn vị", "sau 24 tháng"):
        expect(page.locator("dl.facts").first).to_contain_text(told)
    barriers.look(page, "a duty looked over")
    page.get_by_role("button", name="Đặt là bắt buộc").click()
    expect(page.get_by_text(f"Từ nay “{COURSE}” là bắt buộc")).to_be_visible()
    page.goto("/learn/")
    expect(page.get_by_text(COURSE).first).to_be_visible()

    page.goto(f"{WARD}outside/add/")
    page.get_by_label("Ai?").fill("HS-017")
    page.get_by_label("Thay cho khóa nào?").select_option(label=COURSE)
    page.get_by_label("Ngày hoàn thành").fill("2026-03-02")
    page.get_by_label("Nơi học, nơi cấp giấy").fill("Học viện Cán bộ Thành phố")
    barriers.look(page, "recognise")
    page.get_by_role("button", name="Ghi nhận", exact=True).click()
    expect(page.get_by_text(name).first).to_be_visible()
    barriers.look(page, "recognised")

    page.goto(WARD)
    page.get_by_role("link", name=re.compile(f"Bỏ bắt buộc.*{COURSE}")).click()
    barriers.look(page, "about to withdraw")
    page.get_by_role("button", name="Không bắt buộc nữa").click()
    expect(page.get_by_text(f"“{COURSE}” không còn bắt buộc")).to_be_visible()
    barriers.none()


def test_binh_looks_as_a_pupil_does_and_stops(site: Site, open_page: OpenPage) -> None:
    page, barriers = open_page(), Barriers()
    acts.sign_in(page, "binh", site.demo_password)
    page.goto("/classes/")
    page.get_by_role("link", name="10A1").click()
    klass = page.url
    page.goto(f"{klass}members/9/")
    page.get_by_role("link", name="Xem như").click()
    barriers.look(page, "view as, why")
    page.get_by_label("Lý do").fill("Em hỏi vì sao bài 2 chưa mở")
    page.get_by_role("button", name="Bắt đầu xem").click()
    expect(page.get_by_text("Thôi xem")).to_be_visible()
    barriers.look(page, "as a pupil sees it")
    page.get_by_role("button", name="Thôi xem").click()
    page.goto(klass)
    expect(page.get_by_role("heading", name="10A1").first).to_be_visible()
    barriers.none()
