"""What people do with their hands, in the words that stand on the page."""

from __future__ import annotations

import json
import re
import unicodedata

from playwright.sync_api import Page, expect

from tests.browser.site import Site

Fields = dict[str, list[str]]


def sign_in(page: Page, username: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Thư điện tử hoặc tên đăng nhập").fill(username)
    page.get_by_label("Mật khẩu", exact=True).fill(password)
    page.get_by_role("button", name="Đăng nhập", exact=True).click()
    expect(page.get_by_role("link", name="Đăng nhập")).to_have_count(0)


def sign_up(page: Page, *, name: str, username: str, password: str, born: int) -> None:
    """Both steps, without an e-mail address; `page` is at the first."""
    page.get_by_label("Bạn sinh năm nào?").fill(str(born))
    page.get_by_label("Người dân").check()
    page.get_by_role("button", name="Tiếp tục").click()
    page.get_by_label("Họ và tên").fill(unicodedata.normalize("NFD", name))
    page.get_by_text("Không có thư điện tử? Dùng tên đăng nhập").click()
    page.get_by_label("Tên đăng nhập").fill(username)
    page.get_by_label("Mật khẩu", exact=True).fill(password)
    page.get_by_label("Lưu thông tin để mở tài khoản").check()
    page.get_by_role("button", name="Tạo tài khoản").click()


def answer_practice(page: Page) -> int:
    """Answers every question of the lesson that is open, right or wrong. Returns how many there were."""
    page.wait_for_load_state("domcontentloaded")
    names = [form.get_attribute("id") or "" for form in page.locator("form[data-practice]").all()]
    for name in names:
        form = page.locator(f"form#{name}")
        form.locator(".opt label").first.click()
        form.get_by_role("button", name=re.compile("^Trả lời")).click()
        expect(form.locator(".feedback .note")).to_be_visible()
    return len(names)


def finish_lesson(page: Page) -> None:
    page.get_by_role("button", name="Tôi đã học xong bài này").click()
    expect(page.get_by_text("Bạn đã học xong bài này").or_(page.get_by_role("heading", level=1)).first).to_be_visible()


def fill_answer(page: Page, position: int, fields: Fields) -> None:
    form = page.locator(f"form#cau-{position}")
    for name, values in fields.items():
        field = form.locator(f'[name="{name}"]')
        kind = field.first.evaluate("field => field.type")
        if kind in {"radio", "checkbox"}:
            for value in values:
                form.locator(f'[name="{name}"][value="{value}"] + label').click()
        elif kind == "text":
            field.fill(values[0])
        else:
            field.select_option(values[0])


def right_answers(site: Site, attempt: str) -> dict[int, Fields]:
    return {int(position): fields for position, fields in json.loads(site.peek("right_answers", attempt)).items()}


def attempt_id(page: Page) -> str:
    found = re.search(r"/quizzes/attempts/([0-9a-f-]{36})/", page.url)
    assert found, page.url
    return found[1]


def take_quiz(page: Page, site: Site) -> None:
    """From the first question to handing in, all right."""
    answers = right_answers(site, attempt_id(page))
    for position in sorted(answers):
        fill_answer(page, position, answers[position])
        last = position == len(answers)
        page.locator(f"form#cau-{position}").get_by_role(
            "button", name="Xem lại và nộp" if last else "Câu tiếp theo"
        ).click()
    expect(page.get_by_role("button", name="Nộp bài")).to_be_visible()
    page.get_by_role("button", name="Nộp bài").click()
