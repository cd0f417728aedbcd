"""The simple view: one idea a screen, at the same addresses, for whoever has chosen it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from courses import actions
from courses.models import Completion, CoursePage, Enrolment, LessonPage, PracticeAnswer
from tests import world

# Bài 1: its opening, "Máy học từ ví dụ", the question, and the closing screen.
OPENING, SECTION, QUESTION, CLOSING = 1, 2, 3, 4


@pytest.fixture
def simple(client: Client) -> Client:
    client.cookies["view"] = "simple"
    return client


@pytest.fixture
def lesson(course: SimpleNamespace) -> LessonPage:
    return course.lessons[0]


def read(client: Client, lesson: LessonPage, y: Any = "") -> str:
    response = client.get(f"{lesson.get_url()}?y={y}")
    assert response.status_code == 200
    return response.content.decode()


def answer(client: Client, lesson: LessonPage, *chosen: int, **extra: Any) -> Any:
    fields = {"question": "q1", "chosen": chosen, "y": QUESTION}
    return client.post(reverse("courses:answer", args=[lesson.pk]), fields, **extra)


def finish(client: Client, lesson: LessonPage) -> Any:
    return client.post(reverse("courses:done", args=[lesson.pk]), {"y": CLOSING})


class TestScreens:
    def test_shows_one_idea_and_the_way_on(self, simple: Client, lesson: LessonPage) -> None:
        page = read(simple, lesson, SECTION)
        assert '<html lang="vi" class="simple">' in page and "Ý 2 trên 3" in page and "<title>Ý 2 trên 3, Bài 1" in page
        assert page.count("<h1") == 1 and ">Máy\xa0học từ ví\xa0dụ</h1>" in page
        assert "<p>Sau bài này" not in page and "Việc nên làm đầu tiên?" not in page
        assert 'href="?y=3#dau_y"' in page and 'href="?y=1#dau_y"' in page and 'id="dau_y" tabindex="-1"' in page

    def test_begins_with_title_and_promise(self, simple: Client, lesson: LessonPage) -> None:
        page = read(simple, lesson)
        assert "Ý 1 trên 3" in page and "Sau bài này, bạn làm được." in page and "Về khóa học" in page

    def test_has_no_navigation_and_a_way_back_to_the_normal_view(self, simple: Client, lesson: LessonPage, course: Any) -> None:
        for address in ("/", "/khoa-hoc/", course.page.get_url(), lesson.get_url(), course.quiz.get_url(), "/accounts/login/"):
            page = simple.get(address).content.decode()
            assert 'class="simple"' in page and "site-nav" not in page, address
            assert page.count("Trở về cách xem thường") == 1, address
            assert f'name="next" value="{address}"' in page, address

    def test_the_normal_view_shows_the_whole_lesson_whatever_y_says(self, client: Client, lesson: LessonPage) -> None:
        page = read(client, lesson, SECTION)
        assert 'class=""' in page and "Việc nên làm đầu tiên?" in page and "Sau bài này" in page and "Ý 2" not in page

    @pytest.mark.parametrize("where", ["home", "lesson"])
    def test_is_reached_from_the_home_page_and_from_each_lesson(self, client: Client, lesson: LessonPage, where: str) -> None:
        address = {"home": "/", "lesson": lesson.get_url()}[where]
        page = client.get(address).content.decode()
        # in the display panel and on the page itself
        assert page.count('name="view" value="simple"') == 2

    @pytest.mark.parametrize("y", ["0", "abc", "-1", "1.5", "٣", "", "%00", "1" * 40])
    def test_a_place_that_is_none_is_the_first(self, simple: Client, lesson: LessonPage, y: str) -> None:
        assert "Ý 1 trên 3" in read(simple, lesson, y)

    @pytest.mark.parametrize("y", ["5", "999"])
    def test_a_place_beyond_the_end_is_the_last(self, simple: Client, lesson: LessonPage, y: str) -> None:
        assert "Bạn đã đọc hết bài này" in read(simple, lesson, y)

    def test_a_lesson_without_headings_is_one_idea(self, simple: Client, course: SimpleNamespace) -> None:
        bare = course.lessons[1]
        bare.body = [{"type": "text", "value": "<p>Chỉ một đoạn.</p>"}]
        bare.save_revision().publish()
        page = read(simple, bare)
        assert "Ý 1 trên 1" in page and "Chỉ một đoạn." in page and 'href="?y=2#dau_y"' in page
        assert "Tôi đã học xong bài này" in read(simple, bare, 2)

    def test_what_there_is_to_take_home_is_the_last_idea(self, simple: Client, lesson: LessonPage) -> None:
        lesson.takeaways = "Cúp máy.\nGọi lại."
        lesson.save_revision().publish()
        page = read(simple, lesson, 4)
        assert "Ý 4 trên 4" in page and "<li>Gọi lại.</li>" in page

    def test_workplaces_stay_as_they_are_and_lead_back(self, simple: Client, binh: Any) -> None:
        simple.force_login(binh)
        page = simple.get("/classes/").content.decode()
        assert 'class="staff"' in page and "site-nav" in page and "Trở về cách xem thường" in page

    def test_speaks_english_to_who_chose_it(self, simple: Client, lesson: LessonPage) -> None:
        simple.cookies["django_language"] = "en"
        page = read(simple, lesson, SECTION)
        assert "Idea 2 of 3" in page and "Go back" in page and "Back to the normal view" in page


class TestQuestion:
    def test_stands_alone_and_answering_comes_before_going_on(self, simple: Client, lesson: LessonPage) -> None:
        page = read(simple, lesson, QUESTION)
        assert "Câu hỏi nhỏ" in page and "Việc nên làm đầu tiên?" in page and "Chắc nhất." not in page
        assert page.count("btn-primary") == 1 and 'class="btn btn-primary">Trả lời<' in page

    def test_after_answering_one_stays_and_sees_the_feedback(self, simple: Client, lesson: LessonPage) -> None:
        response = answer(simple, lesson, 0)
        assert response.url == f"{lesson.get_url()}?y=3#q1"
        page = read(simple, lesson, QUESTION)
        assert "Khó lấy lại." in page and 'class="btn btn-primary" href="?y=4#dau_y"' in page

    def test_an_empty_answer_is_asked_for_again_in_the_same_place(self, simple: Client, lesson: LessonPage) -> None:
        assert answer(simple, lesson).url == f"{lesson.get_url()}?y=3#q1"
        assert "Bạn chưa chọn phương án nào" in read(simple, lesson, QUESTION)

    def test_the_piece_for_the_script_posts_from_the_same_place_again(self, simple: Client, lesson: LessonPage) -> None:
        piece = answer(simple, lesson, 1, headers={"X-Requested-With": "fetch"}).content.decode()
        assert "Chắc nhất." in piece and 'name="y" value="3"' in piece and "<html" not in piece

    def test_the_place_is_found_by_the_question_not_believed(self, simple: Client, lesson: LessonPage) -> None:
        fields = {"question": "q1", "chosen": 0, "y": "77#x"}
        assert simple.post(reverse("courses:answer", args=[lesson.pk]), fields).url == f"{lesson.get_url()}?y=3#q1"

    def test_a_question_of_another_lesson_is_not_found(self, simple: Client, course: SimpleNamespace) -> None:
        assert answer(simple, course.lessons[1], 0).status_code == 404


class TestFinishing:
    def test_says_what_is_missing_and_leads_there(self, simple: Client, lesson: LessonPage) -> None:
        page = read(simple, lesson, CLOSING)
        assert "Còn thiếu 1 câu chưa trả lời" in page and "Ý 3: Việc nên làm đầu tiên?" in page
        assert page.count('href="?y=3#q1"') == 2 and "Tôi đã học xong" not in page
        assert finish(simple, lesson).url == f"{lesson.get_url()}?y=3#q1"

    def test_a_guest_is_told_that_it_is_done_and_led_on(self, simple: Client, lesson: LessonPage, course: Any) -> None:
        answer(simple, lesson, 0)
        assert "Tôi đã học xong bài này" in read(simple, lesson, CLOSING)
        assert finish(simple, lesson).url == f"{lesson.get_url()}?y=4#dau_y"
        page = read(simple, lesson, CLOSING)
        assert "<h1" in page and "Bạn đã học xong bài này</h1>" in page and "Tôi đã học xong" not in page
        assert f'class="btn btn-primary" href="{course.lessons[1].get_url()}"' in page and "Đăng ký để lưu lâu dài" in page
        assert not Enrolment.objects.exists()

    def test_a_learner_completes_it_as_in_the_normal_view(self, simple: Client, an: Any, lesson: LessonPage) -> None:
        simple.force_login(an)
        answer(simple, lesson, 1)
        finish(simple, lesson)
        assert PracticeAnswer.objects.get().enrolment.learner == an
        assert Completion.objects.get().part == lesson.translation_key
        assert "1/3 phần" in read(simple, lesson, CLOSING)

    def test_twice_is_as_once(self, simple: Client, an: Any, lesson: LessonPage) -> None:
        simple.force_login(an)
        answer(simple, lesson, 1)
        assert [finish(simple, lesson).url for _time in range(2)] == [f"{lesson.get_url()}?y=4#dau_y"] * 2
        assert Completion.objects.count() == 1

    def test_pupils_are_called_em(self, simple: Client, db: None) -> None:
        lesson = world.make_course("HS-T", "Khóa của em", audience="hs_pt").lessons[1]
        assert "Em đã đọc hết bài này" in read(simple, lesson, 9)
        finish(simple, lesson)
        assert "Em đã học xong bài này" in read(simple, lesson, 9)

    def test_a_lesson_added_later_says_that_it_does_not_count(self, simple: Client, an: Any, course: Any, now: Any) -> None:
        actions.enrol(learner=an, course=course.page, now=now)
        late = world.make_lesson(CoursePage.objects.get(pk=course.page.pk), 9)
        late.save_revision().publish()
        simple.force_login(an)
        assert "không tính vào phần phải học" in read(simple, late, 9)

    def test_an_outsider_sees_nothing_of_her_answers(self, simple: Client, an: Any, outsider: Any, lesson: LessonPage) -> None:
        simple.force_login(an)
        answer(simple, lesson, 0)
        simple.force_login(outsider)
        assert "Khó lấy lại." not in read(simple, lesson, QUESTION)


class TestWhatItCosts:
    @pytest.mark.parametrize("y", [OPENING, SECTION, QUESTION, CLOSING])
    def test_no_more_queries_than_the_normal_view(
        self, simple: Client, an: Any, course: Any, lesson: LessonPage, now: Any, y: int, django_assert_max_num_queries: Any
    ) -> None:
        actions.enrol(learner=an, course=course.page, now=now)
        simple.force_login(an)
        read(simple, lesson, y)
        with django_assert_max_num_queries(7):  # as tests/lms/test_speed.py allows a lesson
            read(simple, lesson, y)

    def test_the_view_is_part_of_what_is_kept(self, client: Client, lesson: LessonPage) -> None:
        address = lesson.get_url()
        normal = client.get(address)
        client.cookies["view"] = "simple"
        first, second, other = client.get(address), client.get(address), client.get(f"{address}?y=2")
        assert "X-Page-Cache" not in first and first.content != normal.content
        assert second["X-Page-Cache"] == "hit" and second.content == first.content
        assert "X-Page-Cache" not in other and "Ý 2 trên 3" in other.content.decode()
        del client.cookies["view"]
        assert client.get(address).content == normal.content

    def test_a_guests_page_still_sets_no_cookie(self, simple: Client, lesson: LessonPage) -> None:
        for y in (OPENING, QUESTION, CLOSING):
            assert not simple.get(f"{lesson.get_url()}?y={y}").cookies
