"""No page of any journey keeps somebody out: axe finds nothing, on a phone and a desk, in daylight and in the dark."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import acts
from tests.browser.accessible import Barriers
from tests.browser.conftest import OpenPage, Watch
from tests.browser.site import Site

pytestmark = pytest.mark.browser

COURSE = "/khoa-hoc/ai-quanh-ta/"
KINDS = {"single", "multiple", "true_false", "short_text", "number", "matching", "ordering"}


@pytest.fixture
def barriers() -> Iterator[Barriers]:
    found = Barriers()
    yield found
    found.none()


def test_a_barrier_would_be_found(open_page: OpenPage) -> None:
    page, found = open_page(), Barriers()
    page.goto("/tro-giup/")
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"/static/ui/favicon.svg\">"
        "<p style=\"color:#fff;background:#fdfdfd\">nhạt</p><div style=\"width:500px\">rộng</div>')"
    )
    found.look(page, "help")
    told = "\n".join(found.found)
    for expected in ("1280, light: image-alt", "360, light: image-alt", "1280, dark: color-contrast", "wider than the window"):
        assert expected in told


def test_the_reading_settings_open_inside_a_phone(open_page: OpenPage) -> None:
    page = open_page(phone=True)
    page.goto("/")
    page.locator(".head-tools .menu > summary").click()
    panel = page.locator(".head-tools .menu-panel").bounding_box()
    assert panel
    assert panel["x"] >= 0
    assert panel["x"] + panel["width"] <= 360


def test_public_pages_have_no_barriers(open_page: OpenPage, barriers: Barriers, watch: Watch) -> None:
    page = open_page()
    for name, address in {
        "home": "/", "catalogue": "/khoa-hoc/", "course": COURSE, "lab next-word": f"{COURSE}khi-ai-noi-sai/",
        "lab shape-classifier": f"{COURSE}may-hoc-tu-vi-du/", "quiz for a guest": f"{COURSE}kiem-tra/", "help": "/tro-giup/",
        "how we count": "/so-nay-dem-the-nao/", "look-up": "/certificates/", "plans": "/plans/", "plan": "/plans/4738/",
        "indicator": "/plans/4738/indicators/TG-0403/", "log-in": "/accounts/login/", "forgotten": "/accounts/password/reset/",
        "code by letter": "/accounts/login/code/",
    }.items():  # fmt: skip
        answer = page.goto(address)
        assert answer, name
        assert answer.status == 200, name
        barriers.look(page, name)
    watch.allow("404")
    page.goto("/khong-co/")
    barriers.look(page, "not found")
    page.goto("/certificates/ABCDEF/")
    barriers.look(page, "no such certificate")


def test_a_lesson_and_signing_up_have_no_barriers(open_page: OpenPage, barriers: Barriers) -> None:
    page = open_page()
    page.goto(f"{COURSE}ai-la-gi/")
    barriers.look(page, "lesson")
    acts.answer_practice(page)
    barriers.look(page, "lesson, answered")
    acts.finish_lesson(page)
    barriers.look(page, "lesson, the next")
    page.goto("/account/sign-up/")
    page.get_by_role("button", name="Tiếp tục").click()
    barriers.look(page, "sign-up, first step with errors")
    page.get_by_label("Bạn sinh năm nào?").fill("2014")
    page.get_by_label("Người dân").check()
    page.get_by_role("button", name="Tiếp tục").click()
    barriers.look(page, "sign-up of a child")
    page.get_by_role("button", name="Tạo tài khoản").click()
    barriers.look(page, "sign-up with errors")


def test_the_quiz_and_the_certificate_have_no_barriers(site: Site, open_page: OpenPage, barriers: Barriers) -> None:
    """The demo's An has one lesson and the quiz left."""
    page = open_page()
    acts.sign_in(page, "an", site.demo_password)
    page.goto("/learn/")
    barriers.look(page, "my learning")
    _every_kind_of_question(page, barriers)
    barriers.look(page, "result, failed")
    page.goto(f"{COURSE}kiem-tra/")
    barriers.look(page, "quiz with attempts")
    page.get_by_role("button", name="Làm lại").click()
    acts.take_quiz(page, site)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bạn đã đạt")
    barriers.look(page, "result, passed")
    page.goto(f"{COURSE}giong-gia-lua-dao/")
    acts.answer_practice(page)
    acts.finish_lesson(page)
    page.goto("/learn/")
    barriers.look(page, "my learning, all done")
    page.get_by_role("button", name="Nhận giấy xác nhận").or_(page.get_by_role("link", name="Giấy xác nhận")).first.click()
    expect(page).to_have_url(re.compile("/certificates/"))
    barriers.look(page, "certificate")
    anybody = open_page()
    anybody.goto(page.url)
    barriers.look(anybody, "verification")


def _every_kind_of_question(page: Page, barriers: Barriers) -> None:
    """Half of the bank is drawn: new attempts are handed in empty until each kind has come."""
    seen: set[str] = set()
    for _attempt in range(8):
        page.goto(f"{COURSE}kiem-tra/")
        page.get_by_role("button", name=re.compile("Bắt đầu làm bài|Làm lại")).click()
        expect(page.locator("form[data-question]").first).to_be_attached()
        kinds = page.eval_on_selector_all("form[data-kind]", "forms => forms.map(form => form.dataset.kind)")
        for position, kind in enumerate(kinds, 1):
            if kind not in seen:
                page.locator(".qmap button").nth(position - 1).click()
                expect(page.locator(f"form#cau-{position}")).to_be_visible()
                barriers.look(page, f"question, {kind}")
                seen.add(kind)
        page.goto(f"/quizzes/attempts/{acts.attempt_id(page)}/?cau=xem-lai")
        if len(seen) == len(KINDS):
            barriers.look(page, "review")
        page.get_by_role("button", name="Nộp bài").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Chưa đạt")
        if seen == KINDS:
            return
    raise AssertionError(f"never drawn: {KINDS - seen}")


def test_the_account_has_no_barriers(site: Site, open_page: OpenPage, barriers: Barriers) -> None:
    page = open_page()
    acts.sign_in(page, "an", site.demo_password)
    for name, address in {
        "account": "/account/", "e-mail": "/accounts/email/", "password": "/accounts/password/change/",
        "second factor": "/accounts/2fa/", "join a class": "/classes/join/", "no class": "/classes/",
    }.items():  # fmt: skip
        page.goto(address)
        barriers.look(page, name)


def test_the_teachers_pages_have_no_barriers(site: Site, open_page: OpenPage, barriers: Barriers) -> None:
    page = open_page()
    acts.sign_in(page, "binh", site.demo_password)
    page.goto("/classes/")
    barriers.look(page, "classes")
    page.goto("/classes/new/")
    barriers.look(page, "new class")
    page.get_by_label("Tên lớp").fill("12C3")
    page.get_by_role("button", name="Tạo lớp").click()
    barriers.look(page, "class without anybody")
    page.get_by_role("link", name="Dán danh sách").click()
    barriers.look(page, "add")
    page.get_by_role("textbox", name="Danh sách").fill("Bùi Thị Lan\nBùi Thị Lan\n12345")
    page.get_by_role("button", name="Xem trước").click()
    barriers.look(page, "add, looked over")
    page.get_by_role("button", name=re.compile("^Thêm 1 người")).click()
    barriers.look(page, "slips")
    page.goto("/classes/")
    page.get_by_role("link", name="10A1").click()
    barriers.look(page, "class")
    klass = page.url
    for name, part in {"assign": "assign/", "member": "members/9/"}.items():
        page.goto(klass + part)
        barriers.look(page, name)


def test_the_officers_and_owners_pages_have_no_barriers(site: Site, open_page: OpenPage, barriers: Barriers) -> None:
    chi, dung = open_page(), open_page()
    acts.sign_in(chi, "chi", site.demo_password)
    for name, address in {
        "agencies": "/agencies/", "agency": "/agencies/SKHCN/", "agency, no such name": "/agencies/?q=khongco",
        "require": "/agencies/SNV/require/",
    }.items():  # fmt: skip
        chi.goto(address)
        barriers.look(chi, name)
    acts.sign_in(dung, "dung", site.demo_password)
    for name, address in {"plan of its owner": "/plans/4738/", "enter": "/plans/4738/indicators/TG-0403/"}.items():
        dung.goto(address)
        barriers.look(dung, name)
    dung.get_by_role("button", name="Ghi số").click()
    barriers.look(dung, "enter, with errors")
