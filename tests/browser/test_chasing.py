"""Bình writes to who is behind and the pupil reads it; Chi keeps a view; an officer of many takes a list along."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import acts
from tests.browser.accessible import Barriers
from tests.browser.conftest import OpenPage
from tests.browser.site import Site

pytestmark = pytest.mark.browser

LATE, DONE = "Phan Thị Mây", "Ngô Văn Đức"
# A class whose lesson was due yesterday: one pupil has completed the course, the other has opened nothing.
CLASS = """
import datetime as dt, uuid
from django.utils import timezone
from classes import actions
from courses.models import CoursePage
from lms.simulation.play import PATTERNS, play
from people.models import Organisation, User
now, binh = timezone.now(), User.objects.get(username="binh")
begun = now - dt.timedelta(days=20)
school = Organisation.objects.get(code="DEMO-T001")
klass = actions.create_class(
    key=uuid.uuid4(), teacher=binh, name="12C3", kind="school", organisation=school, starts_on=begun.date(), ends_on=None,
    now=begun,
)
course = CoursePage.objects.live().get(code="HS-1")
for username, name in (("may12c3", "Phan Thị Mây"), ("duc12c3", "Ngô Văn Đức")):
    pupil = User.objects.create_user(
        username=username, password="matkhau-cua-may", full_name=name, audience="hsgdpt",
        birth_year=2009, is_demo=True,
    )
    actions.join(learner=pupil, code=klass.join_code, now=begun)
actions.assign(
    training_class=klass, teacher=binh, course=course, part=None, due_at=now - dt.timedelta(days=1), now=begun,
)
passes = next(one for one in PATTERNS if one.name == "passes")
play(learner=pupil, course=course, pattern=passes, start=begun, seed=4, organisation=school, source="class")
print(klass.pk)
"""
MANY = 5_003
# An agency of its own, of so many that a list of them is drawn up by the worker.
AGENCY = f"""
from django.utils import timezone
from people.actions.accounts import grant_role
from people.models import Membership, Organisation, User
top = Organisation.add_root(code="TCT-LON", name="Tổng công ty Nhiều Người", short_name="Nhiều Người", kind="company")
below = top.add_child(code="TCT-LON-1", name="Xí nghiệp Một", kind="unit")
officer = User.objects.create_user(username="khanh", password="matkhau-cua-khanh", full_name="Lý Gia Khánh", is_demo=True)
grant_role(user=officer, kind="officer", organisation=top, by=None, now=timezone.now())
User.objects.bulk_create(
    User(username=f"lon{{n}}", full_name=f"Đinh Văn Số {{n:04}}", name_folded=f"dinh van so {{n:04}}", password="!",
         audience="cbccvc_nld") for n in range({MANY})
)
Membership.objects.bulk_create(
    Membership(user=one, organisation=below, category="nguoi_lao_dong", since="2026-01-05")
    for one in User.objects.filter(username__startswith="lon")
)
"""


def test_binh_writes_to_who_is_behind_and_she_reads_it(site: Site, open_page: OpenPage) -> None:
    page, barriers = open_page(), Barriers()
    key = site.manage("shell", "-v", "0", "-c", CLASS).strip()
    acts.sign_in(page, "binh", site.demo_password)
    page.goto(f"/classes/{key}/")
    page.get_by_role("link", name="Quá hạn 1").click()
    expect(page.locator("table.matrix tbody tr")).to_have_count(1)
    expect(page.locator("table.matrix tbody")).to_contain_text(LATE)
    expect(page.get_by_text("Đã quá hạn:")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Viết cho 1 ")).click()
    expect(page.get_by_label(re.compile(LATE))).to_be_checked()
    expect(page.get_by_label(re.compile(DONE))).to_have_count(0)
    page.get_by_label("Tiêu đề").fill("Em ghé lớp chiều nay nhé")
    page.get_by_label("Lời nhắn").fill("Cô ở phòng máy số 2 từ 15 giờ.")
    barriers.look(page, "a letter to who is behind")
    page.get_by_role("button", name="Gửi cho những người đã đánh dấu").click()
    expect(page.get_by_text("Đã viết").first).to_be_visible()
    _the_pupil_reads_it(open_page(phone=True), barriers)
    page.get_by_role("link", name="12C3").first.click()
    expect(page.get_by_role("heading", name="12C3").first).to_be_visible()
    page.get_by_role("link", name=re.compile("^Gia hạn, miễn, viết thư")).first.click()
    page.get_by_text("Em ghé lớp chiều nay nhé").click()
    expect(page.get_by_role("listitem").filter(has_text=LATE).filter(has_text="đã xem")).to_be_visible()
    barriers.none()


def _the_pupil_reads_it(page: Page, barriers: Barriers) -> None:
    acts.sign_in(page, "may12c3", "matkhau-cua-may")
    page.goto("/learn/")
    letter = page.locator("details").filter(has_text="Em ghé lớp chiều nay nhé")
    expect(letter).to_contain_text("Cô ở phòng máy số 2 từ 15 giờ.")
    expect(letter).to_contain_text("Trần Thị Bình")
    barriers.look(page, "a letter of the teacher")
    letter.get_by_role("button", name=re.compile("^Đã đọc")).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("Em ghé lớp chiều nay nhé")).to_have_count(0)


def test_chi_keeps_a_view_opens_it_first_and_drops_it(site: Site, open_page: OpenPage) -> None:
    page, barriers = open_page(), Barriers()
    acts.sign_in(page, "chi", site.demo_password)
    page.goto("/agencies/?all=1")
    rows = page.locator("table.agency tbody tr")
    expect(rows.filter(has_text="Sở Tài chính")).to_have_count(1)
    page.get_by_label("Tên cơ quan, đơn vị").fill("phuong")
    page.get_by_role("button", name="Xem", exact=True).click()
    expect(rows.filter(has_text="Sở Tài chính")).to_have_count(0)
    expect(rows.filter(has_text="Phường Hoa Sen")).to_have_count(1)
    page.get_by_text("Lưu cách xem này").click()
    page.get_by_label("Tên cách xem").fill("Các phường")
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.get_by_text("Đã lưu cách xem “Các phường”")).to_be_visible()
    tabs = page.get_by_role("navigation", name="Cách xem đã lưu")
    expect(tabs.get_by_role("link", name="Các phường")).to_have_attribute("aria-current", "true")

    page.get_by_text("Lưu cách xem này").click()
    page.get_by_label("Đổi tên “Các phường”").fill("Phường của Thành phố")
    page.get_by_label("Mở đầu tiên").check()
    barriers.look(page, "kept views")
    page.get_by_role("button", name="Lưu Các phường").click()
    expect(page.get_by_text("Đã lưu cách xem “Phường của Thành phố”")).to_be_visible()
    expect(rows.filter(has_text="Sở Tài chính")).to_have_count(1)
    page.goto("/agencies/")
    expect(tabs.get_by_role("link", name="Phường của Thành phố")).to_have_attribute("aria-current", "true")
    expect(rows.filter(has_text="Sở Tài chính")).to_have_count(0)
    tabs.get_by_role("link", name="Tất cả").click()
    expect(rows.filter(has_text="Sở Tài chính")).to_have_count(1)
    _nobody_else_has_it(site, open_page())

    page.get_by_text("Lưu cách xem này").click()
    page.get_by_role("button", name="Xóa Phường của Thành phố").click()
    expect(page.get_by_text("Đã xóa cách xem")).to_be_visible()
    expect(tabs).to_have_count(0)
    barriers.none()


def _nobody_else_has_it(site: Site, page: Page) -> None:
    acts.sign_in(page, "giang", site.demo_password)
    page.goto("/agencies/")
    expect(page.get_by_text("Phạm vi:")).to_be_visible()
    expect(page.get_by_text("Phường của Thành phố")).to_have_count(0)


def test_an_officer_of_many_takes_a_list_along(site: Site, open_page: OpenPage, tmp_path: Path) -> None:
    page, barriers = open_page(), Barriers()
    site.manage("shell", "-v", "0", "-c", AGENCY)
    acts.sign_in(page, "khanh", "matkhau-cua-khanh")
    page.goto("/agencies/TCT-LON/")
    page.get_by_role("button", name="Danh sách (CSV) cả đơn vị bên dưới").click()
    expect(page.get_by_role("heading", name="Danh sách của bạn")).to_be_visible()
    barriers.look(page, "a list being drawn up")
    file = page.get_by_role("link", name=re.compile("^Tải xuống CSV"))
    expect(file).to_be_visible()
    with page.expect_download() as download:
        file.click()
    download.value.save_as(tmp_path / "danh-sach.csv")
    table = list(csv.reader(io.StringIO((tmp_path / "danh-sach.csv").read_text(encoding="utf-8-sig"))))
    told = {cell for row in table for cell in row}
    assert {f"Đinh Văn Số {n:04}" for n in range(MANY)} <= told
    address = file.get_attribute("href") or ""
    other = open_page()
    acts.sign_in(other, "chi", site.demo_password)
    assert other.request.get(address).status == 404
    page.get_by_role("button", name="Xóa Nhiều Người").click()
    expect(page.get_by_text("Đã xóa danh sách.")).to_be_visible()
    assert page.request.get(address).status == 404
    barriers.none()
