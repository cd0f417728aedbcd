"""An, seventy, in the simple view: one idea a screen, listening, and the way back to the normal view."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import acts
from tests.browser.accessible import Barriers
from tests.browser.conftest import DESK, PHONE, SMALLEST, OpenPage
from tests.browser.site import Site

pytestmark = pytest.mark.browser

COURSE = "/khoa-hoc/ai-quanh-ta/"
LESSON = f"{COURSE}giong-gia-lua-dao/"


@pytest.fixture
def barriers() -> Iterator[Barriers]:
    found = Barriers()
    yield found
    found.none()


def _look(barriers: Barriers, page: Page, name: str) -> None:
    barriers.look(page, f"{name}, simple", (DESK, PHONE, SMALLEST))


def _choose_simple(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("main").get_by_role("button", name="Chế độ đơn giản").click()
    expect(page.locator("html")).to_have_class(re.compile(r"\bsimple\b"))


def _go_on(page: Page) -> str:
    """To the next screen, where the heading has the focus. Returns the place it says."""
    page.get_by_role("link", name="Tiếp", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.wait_for_load_state("domcontentloaded")
    return page.locator("main strong").first.inner_text()


def test_an_learns_in_the_simple_view_and_passes_the_quiz(site: Site, open_page: OpenPage, barriers: Barriers) -> None:
    page = open_page(phone=True)
    _choose_simple(page, "/")
    expect(page).to_have_url(re.compile("/$"))
    expect(page.get_by_role("navigation", name="Chính")).to_have_count(0)
    _look(barriers, page, "home")
    page.get_by_role("link", name="Xem tất cả khóa học").click()
    _look(barriers, page, "catalogue")
    page.get_by_role("link", name="AI quanh ta").click()
    _look(barriers, page, "course")
    page.get_by_role("link", name=re.compile("Giọng nói giả")).click()
    _a_whole_lesson(page, barriers)
    page.get_by_role("link", name="Đến bài kiểm tra").click()
    _look(barriers, page, "quiz for a guest")
    page.get_by_role("link", name="Đăng ký để làm bài").click()
    acts.sign_up(page, name="Đỗ Thị An", username="an.don.gian", password="chén trà sáng sớm 70", born=1956)
    page.get_by_role("button", name="Bắt đầu làm bài").click()
    expect(page.locator("form[data-question]").first).to_be_visible()
    _look(barriers, page, "quiz question")
    acts.take_quiz(page, site)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bạn đã đạt: 10 điểm")
    _look(barriers, page, "result")
    page.goto("/learn/")
    expect(page.get_by_role("img", name="Xong 2 trên 6 phần")).to_be_visible()
    _look(barriers, page, "my learning")
    page.get_by_role("button", name="Trở về cách xem thường").click()
    expect(page.get_by_role("navigation", name="Chính")).to_be_visible()
    expect(page).to_have_url(re.compile("/learn/$"))


def _a_whole_lesson(page: Page, barriers: Barriers) -> None:
    expect(page.get_by_text("Ý 1 trên 11")).to_be_visible()
    _look(barriers, page, "first idea")
    skipped = ""
    while (place := _go_on(page)) != "Hết bài":
        if page.locator("form[data-practice]").count():
            if not skipped:
                skipped = page.url.split("#")[0]
                continue
            address = page.url.split("#")[0]
            assert acts.answer_practice(page) == 1
            assert page.url.split("#")[0] == address, "after answering one stays at the same idea"
            expect(page.get_by_role("link", name="Tiếp", exact=True)).to_have_class(re.compile("btn-primary"))
            _look(barriers, page, f"{place}, answered")
        elif place in {"Ý 2 trên 11", "Ý 5 trên 11", "Ý 11 trên 11"}:
            _look(barriers, page, place)
    expect(page.get_by_text("Còn thiếu 1 câu chưa trả lời")).to_be_visible()
    _look(barriers, page, "end, something missing")
    page.get_by_role("link", name="Trả lời câu còn thiếu").click()
    expect(page).to_have_url(re.compile(re.escape(skipped)))
    acts.answer_practice(page)
    page.goto(f"{LESSON}?y=12")
    page.get_by_role("button", name="Tôi đã học xong bài này").click()
    expect(page.get_by_role("heading", level=1, name="Bạn đã học xong bài này")).to_be_focused()
    _look(barriers, page, "end, done")


@pytest.mark.parametrize("lab", ["may-hoc-tu-vi-du", "khi-ai-noi-sai"])
def test_a_lab_works_on_a_screen_of_its_own(open_page: OpenPage, barriers: Barriers, lab: str) -> None:
    page = open_page(phone=True)
    _choose_simple(page, f"{COURSE}{lab}/")
    while not page.locator(".lab").count():
        assert _go_on(page) != "Hết bài"
    expect(page.locator(".lab [data-app]").first).to_be_visible()
    expect(page.get_by_role("region", name=page.get_by_role("heading", level=1).inner_text())).to_be_visible()
    _look(barriers, page, lab)


def test_where_she_stopped_is_offered_on_the_same_device(open_page: OpenPage) -> None:
    page = open_page(phone=True)
    _choose_simple(page, LESSON)
    expect(page.get_by_role("link", name="Học tiếp từ ý")).to_be_hidden()
    for _time in range(2):
        _go_on(page)
    page.goto(LESSON)
    page.get_by_role("link", name="Học tiếp từ ý 3").click()
    expect(page.get_by_text("Ý 3 trên 11")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_without_scripts_the_same_lesson_is_learnt(open_page: OpenPage) -> None:
    page = open_page(phone=True, java_script_enabled=False)
    _choose_simple(page, LESSON)
    expect(page.get_by_role("button", name="Nghe")).to_be_hidden()
    answered = 0
    while _go_on(page) != "Hết bài":
        found = acts.answer_practice(page) if page.locator("form[data-practice]").count() else 0
        answered += found
        if found:
            expect(page.get_by_role("button", name="Trả lời lại")).to_be_visible()
    assert answered == 3
    page.get_by_role("button", name="Tôi đã học xong bài này").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bạn đã học xong bài này")
    page.get_by_role("button", name="Trở về cách xem thường").click()
    expect(page.get_by_role("heading", name="Mắt và tai ta không còn đủ để phân biệt")).to_be_visible()


def test_with_the_keyboard_alone_one_goes_on_answers_and_comes_back(open_page: OpenPage) -> None:
    page = open_page()
    _choose_simple(page, f"{LESSON}?y=5")
    page.goto(f"{LESSON}?y=5#dau_y")
    _tab_to(page, "Tiếp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"\?y=6"))
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    _tab_to(page, "Trả lời")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Trả lời lại")).to_be_focused()
    expect(page.locator(".feedback")).to_contain_text("Đúng")
    _tab_to(page, "Lùi lại")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"\?y=5"))


def _tab_to(page: Page, words: str, most: int = 15) -> None:
    for _time in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == words:
            return
    raise AssertionError(f"never came to {words}")


# Chromium without a desktop has no voices. This stands where the phone's own would: it notes what it is given to say.
PHONE_VOICE = """
(local) => {
  const said = [];
  let saying = null;
  const end = () => { const words = saying; saying = null; if (words && words.onend) { words.onend(); } };
  const voices = [
    { name: "Elsewhere", lang: "vi-VN", localService: false }, { name: "English", lang: "en-US", localService: true },
    ...(local ? [{ name: "Own", lang: "vi_VN", localService: true }] : []),
  ];
  Object.defineProperty(window, "speechSynthesis", { value: {
    getVoices: () => voices, addEventListener: () => {}, cancel: end,
    speak: (words) => { said.push(words.text); window.spokenBy = words.voice.name; saying = words; },
  } });
  window.SpeechSynthesisUtterance = function (text) { this.text = text; };
  window.said = said;
  window.sayOn = end;
}
"""


def _with_voice(page: Page, local: bool) -> None:
    page.add_init_script(f"({PHONE_VOICE})({str(local).lower()})")


def _said(page: Page) -> list[str]:
    return page.evaluate("said.map(words => words.trim())")


def test_listening_reads_the_idea_with_the_phones_own_voice(open_page: OpenPage) -> None:
    page = open_page(phone=True)
    _with_voice(page, local=True)
    _choose_simple(page, LESSON)
    expect(page.get_by_text("Đây là giọng có sẵn trong máy của bạn")).to_be_visible()
    page.goto(f"{LESSON}?y=2")
    listen = page.locator("[data-listen]")
    listen.get_by_role("button", name="Nghe").click()
    assert page.evaluate("spokenBy") == "Own"
    assert _said(page) == ["Cuộc gọi video mười hai giây làm cô Út toát mồ hôi"]
    expect(page.get_by_role("heading", level=1)).to_have_class("aloud")
    page.evaluate("sayOn()")
    assert _said(page)[1].startswith("Cô Út bán tạp hóa trong hẻm ở Phú Nhuận.")
    listen.get_by_role("button", name="Tạm dừng").click()
    listen.get_by_role("button", name="Nghe tiếp").click()
    assert _said(page)[1] == _said(page)[2], "after a pause it goes on where it was"
    for _piece in range(30):
        page.evaluate("sayOn()")
    told = " ".join(_said(page))
    assert "Bạn đoán thử: kẻ gian lấy mặt" in told
    assert "Rất có thể là từ những video" not in told, "what is folded is not told before it is opened"
    assert "Tiếp" not in told.split() and "Nghe" not in told.split()
    expect(listen.get_by_role("button", name="Nghe", exact=True)).to_be_visible()
    listen.get_by_role("button", name="Nghe").click()
    listen.get_by_role("button", name="Thôi nghe").click()
    expect(page.locator(".aloud")).to_have_count(0)
    expect(listen.get_by_role("button", name="Nghe", exact=True)).to_be_focused()


def test_a_quiz_question_is_read_until_the_next_one_comes(site: Site, open_page: OpenPage) -> None:
    page = open_page(phone=True)
    _with_voice(page, local=True)
    _choose_simple(page, "/")
    acts.sign_in(page, "an", site.demo_password)
    page.goto(f"{COURSE}kiem-tra/")
    page.get_by_role("button", name=re.compile("Bắt đầu làm bài|Làm lại")).or_(page.get_by_role("link", name="Làm tiếp")).click()
    page.get_by_role("button", name="Nghe").click()
    here = page.locator("form[data-question]:visible")
    assert _said(page)[0].startswith("Câu 1 trên 10:")
    here.get_by_role("button", name="Câu tiếp theo").click()
    expect(page.locator("[data-number]")).to_have_text("2")
    expect(page.get_by_role("button", name="Nghe", exact=True)).to_be_visible()
    assert len(_said(page)) == 1


def test_the_normal_lesson_can_be_listened_to_as_well(open_page: OpenPage, barriers: Barriers) -> None:
    page = open_page(phone=True)
    _with_voice(page, local=True)
    page.goto(LESSON)
    page.get_by_role("button", name="Nghe").click()
    barriers.look(page, "lesson, being read", (PHONE,))
    for _piece in range(200):
        page.evaluate("sayOn()")
    told = " ".join(_said(page))
    assert "giả mạo bằng AI (deepfake)" in told and "Xin họ giơ thẻ ngành lên màn hình" in told
    assert "Tôi đã học xong bài này" not in told
    expect(page.get_by_role("button", name="Nghe", exact=True)).to_be_visible()


@pytest.mark.parametrize("faked", [False, True])
def test_without_a_vietnamese_voice_of_its_own_a_device_offers_no_listening(open_page: OpenPage, faked: bool) -> None:
    page = open_page(phone=True)
    if faked:  # a Vietnamese voice, but somebody else's machine would read
        _with_voice(page, local=False)
    page.goto(LESSON)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("[data-listen]")).to_be_hidden()
