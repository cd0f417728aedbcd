"""Dũng sets the plan beside what was counted, and publishes what his editor Em has written."""

from __future__ import annotations

import io
import re
from pathlib import Path

import openpyxl
import pypdf
import pytest
from playwright.sync_api import Page, expect

from tests.browser import acts
from tests.browser.conftest import OpenPage
from tests.browser.site import Site

pytestmark = pytest.mark.browser

PLAN = "/plans/4738/"
INDICATOR = f"{PLAN}indicators/TG-0403/"
EVIDENCE = "Báo cáo số 12 của Sở, ngày 20/11"
COURSE = "/khoa-hoc/may-nhin-may-nghe/"
LESSON = "Có AI hay không có AI?"
PROMISE = "Sau bài này, em kể được ba thứ quanh em có AI và nói vì sao."


def test_dung_measures_reports_and_publishes_what_em_wrote(site: Site, open_page: OpenPage, tmp_path: Path) -> None:
    dung, em, public = open_page(), open_page(), open_page()
    acts.sign_in(dung, "dung", site.demo_password)
    acts.sign_in(em, "em", site.demo_password)
    _the_plan_says_about_ten(dung)
    _a_measurement_with_evidence(dung, public)
    reports = _the_report_as_document_and_as_table(dung, tmp_path)
    lesson = _em_drafts_and_cannot_publish(em, public)
    _dung_publishes(dung, public, lesson)
    _dung_puts_the_lessons_in_another_order(dung, public)
    _an_outsider_gets_nothing(site, open_page(), [*reports, lesson])


def _the_plan_says_about_ten(page: Page) -> None:
    page.goto(PLAN)
    row = page.get_by_role("row").filter(has_text="TG-0903")
    expect(row).to_contain_text("khoảng 10 lớp")
    expect(row).to_contain_text("Nền tảng tự đếm")
    expect(row).to_contain_text("tạm tính")
    row.get_by_text("Định nghĩa").or_(row.locator("details.def summary")).first.click()
    expect(row.locator("details.def")).to_contain_text("Lịch sử số liệu")
    page.keyboard.press("Escape")
    expect(row.locator("details.def")).not_to_contain_text("Lịch sử số liệu", use_inner_text=True)


def _a_measurement_with_evidence(page: Page, public: Page) -> None:
    page.goto(INDICATOR)
    page.get_by_label("Con số, lũy kế đến nay").fill("14")
    page.get_by_label("Minh chứng", exact=True).fill(EVIDENCE)
    page.get_by_role("button", name="Ghi số").click()
    expect(page.get_by_text("Đã ghi số của TG-0403")).to_be_visible()
    first = page.get_by_role("table", name="Lịch sử số liệu").locator("tbody tr").first
    expect(first).to_contain_text("14 dự án")
    expect(first).to_contain_text(EVIDENCE)
    page.goto(PLAN)
    expect(page.get_by_role("row").filter(has_text="TG-0403")).to_contain_text("14 dự án")
    public.goto(PLAN)
    expect(public.get_by_role("row").filter(has_text="TG-0403")).to_contain_text("14 dự án")
    expect(public.get_by_role("link", name="XLSX")).to_have_count(0)


def _the_report_as_document_and_as_table(page: Page, tmp_path: Path) -> list[str]:
    addresses = []
    for name in ("báo cáo", "XLSX"):
        link = page.get_by_role("link", name=re.compile(name, re.IGNORECASE))
        addresses.append(link.get_attribute("href") or "")
        with page.expect_download() as download:
            link.click()
        download.value.save_as(tmp_path / name)
    text = " ".join(" ".join(part.extract_text() for part in pypdf.PdfReader(tmp_path / "báo cáo").pages).split())
    assert "TG-0403" in text
    assert "khoảng 10" in text
    book = openpyxl.load_workbook(io.BytesIO((tmp_path / "XLSX").read_bytes()))
    cells = [str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]
    assert any("TG-0403" in cell for cell in cells)
    assert any("khoảng 10" in cell for cell in cells)
    return addresses


def _em_drafts_and_cannot_publish(page: Page, public: Page) -> str:
    page.goto("/cms/pages/search/?q=Có AI hay không")
    page.get_by_role("link", name=LESSON).first.click()
    page.get_by_role("textbox", name="Lời hứa đầu bài").fill(PROMISE)
    foot = page.locator("footer")
    foot.get_by_role("button", name="Thao tác khác").click()
    expect(foot.get_by_role("button", name=re.compile("^Thực hiện"))).to_be_visible()
    expect(foot.get_by_role("button", name="Xuất bản")).to_have_count(0)
    lesson = page.url
    foot.get_by_role("button", name=re.compile("^Thực hiện")).click()
    expect(page).not_to_have_url(lesson)
    public.goto(f"{COURSE}co-ai-hay-khong-co-ai/")
    expect(public.locator("main")).not_to_contain_text(PROMISE)
    return lesson


def _dung_publishes(page: Page, public: Page, lesson: str) -> None:
    page.goto("/cms/")
    page.locator("main").get_by_role("link", name=LESSON).first.click()
    foot = page.locator("footer")
    foot.get_by_role("button", name="Thao tác khác").click()
    foot.get_by_role("button", name="Duyệt", exact=True).click()
    expect(page).not_to_have_url(lesson)
    public.goto(f"{COURSE}co-ai-hay-khong-co-ai/")
    expect(public.locator("main")).to_contain_text(PROMISE)


def _dung_puts_the_lessons_in_another_order(page: Page, public: Page) -> None:
    """With the keyboard, as the page explorer allows beside dragging."""
    public.goto(COURSE)
    before = public.locator("ol.outline li").all_inner_texts()
    number = re.search(r"/courses/(\d+)/enrol/", page.request.get(COURSE).text())
    assert number
    page.goto(f"/cms/pages/{number[1]}/?ordering=ord")
    page.locator("button[data-w-orderable-target=handle]").first.focus()
    page.keyboard.press("ArrowDown")
    with page.expect_response(re.compile("/set_page_position|/pages/")) as saved:
        page.keyboard.press("Enter")
    assert saved.value.ok
    public.goto(COURSE)
    after = public.locator("ol.outline li").all_inner_texts()
    assert [_title(one) for one in after[:2]] == [_title(before[1]), _title(before[0])]
    assert [_title(one) for one in after[2:]] == [_title(one) for one in before[2:]]


def _title(row: str) -> str:
    return re.sub(r"^\d+\. ", "", row.strip().splitlines()[0])


def _an_outsider_gets_nothing(site: Site, page: Page, addresses: list[str]) -> None:
    assert "/accounts/login/" in page.request.get(addresses[0]).url
    acts.sign_in(page, "an", site.demo_password)
    for report in addresses[:2]:
        assert page.request.get(report).status == 404, report
    for part in ("/cms/", "/cms/pages/", addresses[2]):
        assert page.request.get(part).status == 404, part
    page.goto(INDICATOR)
    expect(page.get_by_role("button", name="Ghi số")).to_have_count(0)
    expect(page.get_by_role("heading", name="Lịch sử số liệu")).to_be_visible()
