"""An, seventy, on a cheap phone: from the first lesson as a guest to a certificate that can be checked."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import Page, expect

from tests.browser import acts
from tests.browser.conftest import OpenPage
from tests.browser.site import Site

pytestmark = pytest.mark.browser

NAME = "Nguyễn Thị Hường Ẩn"
USERNAME = "ba.an56"
PASSWORD = "chợ bà chiểu sáng sớm"
COURSE = "/khoa-hoc/ai-quanh-ta/"


def test_an_learns_as_a_guest_signs_up_passes_and_is_certified(site: Site, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(phone=True)
    _two_lessons_as_a_guest(page)
    _an_account_without_email(page)
    _the_other_lessons(page)
    _the_lab_by_keyboard(page)
    failed = _a_first_attempt_with_nothing_answered(page)
    page.get_by_role("button", name="Làm lại").click()
    acts.take_quiz(page, site)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bạn đã đạt: 10 điểm")
    passed = page.url
    page.get_by_role("button", name="Nhận giấy xác nhận").click()
    certificate = _certificate(page, tmp_path)
    _anybody_can_check_it(open_page(), certificate)
    _an_outsider_gets_nothing(site, open_page(), [failed, passed], certificate)
    _told_in_xapi(site)


def _two_lessons_as_a_guest(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Học ngay bài đầu tiên").click()
    expect(page).to_have_url(re.compile("/ai-la-gi/$"))
    assert acts.answer_practice(page) == 2
    expect(page.get_by_role("button", name="Trả lời lại").last).to_be_focused()
    acts.finish_lesson(page)
    expect(page).to_have_url(re.compile("/may-hoc-tu-vi-du/$"))
    expect(page.get_by_text("đang được giữ cho trình duyệt này")).to_be_visible()


def _an_account_without_email(page: Page) -> None:
    page.get_by_role("link", name="Đăng ký để lưu lâu dài").click()
    acts.sign_up(page, name=NAME, username=USERNAME, password=PASSWORD, born=1956)
    expect(page).to_have_url(re.compile("/may-hoc-tu-vi-du/$"))
    page.goto("/learn/")
    expect(page.get_by_role("img", name="Xong 1 trên 6 phần")).to_be_visible()


def _the_other_lessons(page: Page) -> None:
    page.get_by_role("link", name="Học tiếp").click()
    for _lesson in range(4):
        assert acts.answer_practice(page) >= 2
        acts.finish_lesson(page)
    expect(page.get_by_role("button", name="Bắt đầu làm bài")).to_be_visible()


def _the_lab_by_keyboard(page: Page) -> None:
    page.goto(f"{COURSE}khi-ai-noi-sai/")
    lab = page.locator("[data-lab=next-word]")
    sentence = lab.locator("[data-sentence]")
    before = sentence.inner_text()
    lab.locator("button.guess").first.focus()
    page.keyboard.press("Enter")
    expect(sentence).not_to_have_text(before)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(lab.get_by_role("button", name="Bỏ chữ cuối")).to_be_enabled()


def _a_first_attempt_with_nothing_answered(page: Page) -> str:
    page.goto(f"{COURSE}kiem-tra/")
    page.get_by_role("button", name="Bắt đầu làm bài").click()
    page.get_by_text("Bản đồ câu hỏi: xong").click()
    page.get_by_role("button", name="Xem lại và nộp").first.click()
    page.get_by_role("button", name="Nộp bài").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Chưa đạt lần này: 0 điểm")
    expect(page.get_by_text("Nên đọc lại trước khi làm:")).to_be_visible()
    expect(page.get_by_text("Không trả lời")).to_have_count(10)
    expect(page.get_by_text("Đáp án được mở khi đã đạt hoặc đã hết lượt.")).to_be_visible()
    return page.url


def _certificate(page: Page, tmp_path: Path) -> str:
    expect(page).to_have_url(re.compile("/certificates/[^/]+/$"))
    composed = unicodedata.normalize("NFC", NAME)
    assert composed in page.locator("main").inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải PDF").click()
    kept = tmp_path / "giay.pdf"
    download.value.save_as(kept)
    text = " ".join(" ".join(part.extract_text() for part in pypdf.PdfReader(kept).pages).split())
    assert composed in text
    assert "Xác nhận hoàn thành khóa học trực tuyến".casefold() in text.casefold()
    return page.url


def _anybody_can_check_it(page: Page, certificate: str) -> None:
    page.goto(certificate)
    expect(page.get_by_role("heading", name="Giấy xác nhận này là thật")).to_be_visible()
    facts = page.locator("dl.facts").inner_text()
    for fact in (NAME, "AI quanh ta", "Đạt, 10/10", "Còn hiệu lực"):
        assert fact in facts
    assert not page.context.cookies(), "checking a certificate needs no cookie"


def _an_outsider_gets_nothing(site: Site, page: Page, attempts: list[str], certificate: str) -> None:
    pdf = certificate.rstrip("/") + ".pdf"
    assert "/accounts/login/" in page.request.get(pdf).url
    assert "/accounts/login/" in page.request.get(attempts[0]).url
    acts.sign_in(page, "giang", site.demo_password)
    assert page.request.get(pdf).status == 404
    for attempt in attempts:
        assert page.request.get(attempt).status == 404


def _told_in_xapi(site: Site) -> None:
    """Every step is a statement, and no statement holds her name."""
    key, secret = re.findall(r"(?:key|secret): +(\S+)", site.manage("xapi_key", "--label", "browser"))
    person = json.loads(site.peek("person", USERNAME))
    found = _statements(site, key, secret, person["actor"])
    verbs = {one["verb"]["id"].rsplit("/", 1)[-1] for one in found}
    assert {"registered", "answered", "completed", "passed", "failed", "earned"} <= verbs
    told = unicodedata.normalize("NFC", json.dumps(found, ensure_ascii=False))
    for canary in (NAME, "Hường", USERNAME):
        assert canary not in told


def _statements(site: Site, key: str, secret: str, actor: str) -> list[dict]:
    import urllib.parse
    import urllib.request

    headers = {
        "Authorization": "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode(),
        "X-Experience-API-Version": "1.0.3",
    }
    agent = {"account": {"homePage": "https://hocai.example.gov.vn", "name": actor}}
    more = "/xapi/statements?" + urllib.parse.urlencode({"agent": json.dumps(agent), "limit": 100})
    found: list[dict] = []
    while more:
        with urllib.request.urlopen(urllib.request.Request(site.address + more, headers=headers), timeout=30) as answer:
            part = json.load(answer)
        found += part["statements"]
        more = part.get("more", "")
    return found
