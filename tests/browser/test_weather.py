"""What a cheap phone on a poor line meets: weight, lost network, a session that ended, a button pressed twice."""

from __future__ import annotations

import gzip
import json
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser import acts
from tests.browser.conftest import OpenPage, Watch
from tests.browser.site import Site

pytestmark = pytest.mark.browser

COURSE = "/khoa-hoc/ai-quanh-ta/"
PASSWORD = "mưa rào tháng bảy 12"
FIRST_VISIT, SCRIPTS = 150_000, 60_000


@pytest.mark.parametrize("view", ["", "simple"])
@pytest.mark.parametrize("lesson", ["ai-la-gi/", "may-hoc-tu-vi-du/?y=11", "khi-ai-noi-sai/?y=10"])
def test_a_first_lesson_is_light(site: Site, open_page: OpenPage, lesson: str, view: str) -> None:
    """At most 150 kB with fonts, of which 60 kB scripts, all from one host.

    Here gunicorn sends text as it is; on the city's servers WhiteNoise sends the files compressed at build time and the
    proxy compresses pages. So text counts as gzip makes it, other bodies as they are, each with 300 bytes of headers.
    """
    page = open_page(phone=True)
    page.context.add_cookies([{"name": "view", "value": view, "url": site.address}])
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(f"{COURSE}{lesson}", wait_until="networkidle")
    weights = {answer.url: _weight(answer) for answer in answers}
    scripts = sum(weight for url, weight in weights.items() if url.split("?")[0].endswith(".js"))
    assert sum(weights.values()) <= FIRST_VISIT, weights
    assert scripts <= SCRIPTS, weights
    assert any("woff2" in url for url in weights), "fonts were not counted"


def _weight(answer: Response) -> int:
    body = answer.body()
    text = any(kind in answer.headers.get("content-type", "") for kind in ("text/", "javascript", "json", "svg"))
    return 300 + (min(len(body), len(gzip.compress(body, 6))) if text else len(body))


class Sitting(NamedTuple):
    page: Page
    username: str


@pytest.fixture
def sitting(open_page: OpenPage, request: pytest.FixtureRequest) -> Sitting:
    """A new learner at the first question of the quiz."""
    page = open_page(phone=True)
    page.goto(f"{COURSE}kiem-tra/")
    page.get_by_role("link", name="Đăng ký để làm bài").click()
    username = request.node.originalname.removeprefix("test_")[:24]
    acts.sign_up(page, name="Hồ Thị Mưa", username=username, password=PASSWORD, born=1970)
    page.get_by_role("button", name="Bắt đầu làm bài").click()
    expect(page.locator("form[data-question]").first).to_be_visible()
    return Sitting(page, username)


def _kept(site: Site, page: Page) -> set[str]:
    """The positions of the answers the server has."""
    return set(json.loads(site.peek("answers", acts.attempt_id(page))))


def test_answers_given_offline_wait_on_the_phone_until_the_network_is_back(site: Site, sitting: Sitting, watch: Watch) -> None:
    page = sitting.page
    right = acts.right_answers(site, acts.attempt_id(page))
    watch.allow("ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    acts.fill_answer(page, 1, right[1])
    expect(page.get_by_text("Máy đang mất mạng. Bạn cứ làm tiếp.")).to_be_visible()
    page.get_by_role("button", name="Câu tiếp theo").click()
    acts.fill_answer(page, 2, right[2])
    expect(page.locator("[data-status]")).to_have_class("save off")
    assert _kept(site, page) == set()
    page.context.set_offline(False)
    expect(page.locator("[data-status]")).to_have_class("save")
    expect(page.get_by_text("Máy đang mất mạng. Bạn cứ làm tiếp.")).to_be_hidden()
    assert _kept(site, page) == {"1", "2"}


def test_an_answer_given_after_the_session_ended_is_there_after_logging_in(
    site: Site, sitting: Sitting, watch: Watch
) -> None:
    page = sitting.page
    right = acts.right_answers(site, acts.attempt_id(page))
    watch.allow("status of 401")
    page.context.clear_cookies(name="sessionid")
    acts.fill_answer(page, 1, right[1])
    expect(page.get_by_text("Phiên đăng nhập đã hết hạn.")).to_be_visible()
    assert _kept(site, page) == set()
    page.get_by_role("link", name="Đăng nhập lại").click()
    page.get_by_label("Thư điện tử hoặc tên đăng nhập").fill(sitting.username)
    page.get_by_label("Mật khẩu", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập", exact=True).click()
    expect(page.locator("[data-status]")).to_have_class("save")
    assert _kept(site, page) == {"1"}


def test_handing_in_twice_gives_one_result(site: Site, sitting: Sitting) -> None:
    page = sitting.page
    page.goto(f"/quizzes/attempts/{acts.attempt_id(page)}/?cau=xem-lai")
    page.get_by_role("button", name="Nộp bài").dblclick(no_wait_after=True)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Chưa đạt lần này")
    results = json.loads(site.peek("results", sitting.username))
    assert [(one["number"], one["state"]) for one in results] == [(1, "finished")]
