"""Without scripts, without a mouse: the same work can be done."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import acts
from tests.browser.conftest import OpenPage
from tests.browser.site import Site

pytestmark = pytest.mark.browser

COURSE = "/khoa-hoc/ai-quanh-ta/"


def test_without_scripts_one_learns_signs_up_and_passes_the_quiz(site: Site, open_page: OpenPage) -> None:
    page = open_page(phone=True, java_script_enabled=False)
    page.goto(f"{COURSE}ai-la-gi/")
    expect(page.get_by_role("heading", name="Một buổi sáng ở chợ có bốn cái máy")).to_be_visible()
    assert acts.answer_practice(page) == 2
    acts.finish_lesson(page)
    page.goto(f"{COURSE}kiem-tra/")
    page.get_by_role("link", name="Đăng ký để làm bài").click()
    acts.sign_up(page, name="Phan Văn Ký", username="ky.khongjs", password="con đò sang sông 9", born=1961)
    expect(page).to_have_url(re.compile("/kiem-tra/$"))
    page.get_by_role("button", name="Bắt đầu làm bài").click()
    acts.take_quiz(page, site)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bạn đã đạt: 10 điểm")
    expect(page.get_by_text("Còn 4 phần để nhận giấy xác nhận")).to_be_visible()


def test_without_scripts_the_lab_tells_its_experiment(open_page: OpenPage) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(f"{COURSE}khi-ai-noi-sai/")
    lab = page.locator("[data-lab=next-word]")
    expect(lab.locator("[data-app]").first).to_be_hidden()
    expect(lab.get_by_text("Bản đọc").last).to_be_visible()


def test_with_the_keyboard_alone_a_question_is_reached_and_answered(open_page: OpenPage) -> None:
    """Tab, Space, Enter and arrows; wherever the focus comes it can be seen."""
    page = open_page()
    page.goto("/")
    _press_until(page, "Tab", lambda focus: "Đến nội dung chính" in focus["text"])
    page.keyboard.press("Enter")
    _press_until(page, "Tab", lambda focus: "Học ngay bài đầu tiên" in focus["text"])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/ai-la-gi/$"))
    _press_until(page, "Tab", lambda focus: focus["tag"] == "SUMMARY" and "Bạn đoán thử" in focus["text"])
    page.keyboard.press("Enter")
    expect(page.get_by_text("Cái cân: không.")).to_be_visible()
    _press_until(page, "Tab", lambda focus: focus["type"] == "radio")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    assert _focus(page)["seen"]
    question = page.locator("form[data-practice]").first
    expect(question.locator("input[type=radio]").nth(1)).to_be_checked()
    _press_until(page, "Tab", lambda focus: focus["text"] == "Trả lời")
    page.keyboard.press("Enter")
    expect(question.locator(".feedback")).to_contain_text("Đúng rồi.")
    expect(question.get_by_role("button", name="Trả lời lại")).to_be_focused()


# The focus may be drawn on the label of a radio button, because the label is what looks like the button.
FOCUS = """() => {
  const at = document.activeElement, drawn = [at, ...(at.labels || []), at.parentElement];
  const shows = (one) => {
    const style = getComputedStyle(one);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
  };
  const box = (at.labels && at.labels.length ? at.labels[0] : at).getBoundingClientRect();
  return {
    tag: at.tagName, type: at.type || "", text: (at.textContent || "").trim().replace(/\\s+/g, " "),
    seen: drawn.some(shows) && box.width > 0 && box.bottom > 0 && box.top < innerHeight,
  };
}"""


def _focus(page: Page) -> dict:
    return page.evaluate(FOCUS)


def _press_until(page: Page, key: str, arrived, most: int = 60) -> None:  # type: ignore[no-untyped-def]
    for _time in range(most):
        page.keyboard.press(key)
        focus = _focus(page)
        assert focus["seen"], f"the focus on {focus} cannot be seen"
        if arrived(focus):
            return
    raise AssertionError(f"never came there; last {_focus(page)}")
