from __future__ import annotations

import pytest
from django.urls import reverse

from courses import actions
from courses.models import Completion, Enrolment, PracticeAnswer
from lrs.models import Statement
from tests import world


@pytest.fixture
def lesson_url(course):
    return course.lessons[0].get_url()


def post_answer(client, course, chosen, **extra):
    return client.post(reverse("courses:answer", args=[course.lessons[0].pk]), {"question": "q1", "chosen": chosen}, **extra)


class TestReading:
    def test_needs_no_account_and_sets_no_cookie(self, client, course, lesson_url):
        response = client.get(lesson_url)
        assert response.status_code == 200 and not response.cookies
        assert "Việc nên làm đầu tiên?" in response.content.decode()
        # the key of a practice question is not in the page before it is answered
        assert "Chắc nhất." not in response.content.decode()

    def test_the_second_guest_is_answered_from_memory(self, client, course, lesson_url, django_assert_max_num_queries):
        first = client.get(lesson_url)
        with django_assert_max_num_queries(1):
            second = client.get(lesson_url)
        assert second["X-Page-Cache"] == "hit" and second.content == first.content

    def test_publishing_forgets_what_was_kept(self, client, course, lesson_url):
        client.get(lesson_url)
        lesson = course.lessons[0]
        lesson.title = "Tên mới"
        lesson.save_revision().publish()
        assert "Tên mới" in client.get(lesson_url).content.decode()

    def test_a_signed_in_page_is_never_shared(self, client, an, course, lesson_url):
        client.force_login(an)
        personal = client.get(lesson_url)
        assert "X-Page-Cache" not in personal and "An" in personal.content.decode()
        client.logout()
        client.cookies.clear()
        assert ">An<" not in client.get(lesson_url).content.decode()

    def test_a_lesson_as_a_learner_takes_few_queries(self, client, an, course, lesson_url, now, django_assert_max_num_queries):
        actions.enrol(learner=an, course=course.page, now=now)
        client.force_login(an)
        client.get(lesson_url)
        with django_assert_max_num_queries(10):
            assert client.get(lesson_url).status_code == 200

    def test_the_catalogue_takes_few_queries(self, client, course, django_assert_max_num_queries):
        for place in range(12):
            world.make_course(f"CD-{place}", f"Khóa {place}")
        client.get("/khoa-hoc/")
        with django_assert_max_num_queries(8):
            response = client.get("/khoa-hoc/?bac=co_ban")
        assert "13 khóa học" in response.content.decode()

    @pytest.mark.parametrize(
        "query", ["q=dao+duc", "q=tr%C3%AD+tu%E1%BB%87", "doi-tuong=cong_dan&phut=60", "bac=nonsense&phut=x"]
    )
    def test_the_catalogue_filters(self, client, course, query):
        assert "/khoa-hoc/cd-t/" in client.get(f"/khoa-hoc/?{query}").content.decode()

    def test_nothing_found_invites(self, client, course):
        assert "Chưa có khóa nào như vậy" in client.get("/khoa-hoc/?q=voicon").content.decode()


class TestGuest:
    def test_an_answer_is_kept_in_the_session_and_writes_no_row(self, client, course, lesson_url):
        response = post_answer(client, course, [1])
        assert response.status_code == 302 and response.url.endswith("#q1")
        assert "Chắc nhất." in client.get(lesson_url).content.decode()
        assert not PracticeAnswer.objects.exists() and not Statement.objects.exists()

    def test_the_script_gets_a_piece_of_page(self, client, course):
        response = post_answer(client, course, [0], headers={"X-Requested-With": "fetch"})
        text = response.content.decode()
        assert "Khó lấy lại." in text and "<html" not in text and "Chắc nhất." not in text

    def test_no_choice_says_so(self, client, course, lesson_url):
        post_answer(client, course, [])
        assert "Bạn chưa chọn phương án nào" in client.get(lesson_url).content.decode()

    def test_done_demands_the_questions_then_goes_on(self, client, course):
        url = reverse("courses:done", args=[course.lessons[0].pk])
        assert client.post(url).url.endswith("#q1")
        post_answer(client, course, [0])
        assert client.post(url).url == course.lessons[1].get_url()

    def test_another_site_cannot_answer_for_her(self, client, course):
        assert post_answer(client, course, [1], headers={"Origin": "https://evil.example"}).status_code == 403

    def test_what_she_did_follows_her_into_the_account(self, client, an, course):
        post_answer(client, course, [0])
        client.post(reverse("courses:done", args=[course.lessons[0].pk]))
        session = dict(client.session)
        client.force_login(an)
        kept = client.session
        kept.update({"guest": session["guest"]})
        kept.save()
        client.get(reverse("learn"))
        assert Enrolment.objects.get().learner == an
        assert Completion.objects.get().part == course.lessons[0].translation_key
        assert "guest" not in client.session


class TestLearner:
    def test_an_answer_enrols_her_and_is_recorded(self, client, an, course):
        client.force_login(an)
        post_answer(client, course, [1])
        assert PracticeAnswer.objects.get().enrolment.learner == an

    def test_reading_alone_enrols_nobody(self, client, an, lesson_url):
        client.force_login(an)
        client.get(lesson_url)
        assert not Enrolment.objects.exists()

    def test_enrolling_leads_to_the_first_part(self, client, an, course):
        client.force_login(an)
        assert client.post(reverse("courses:enrol", args=[course.page.pk])).url == course.lessons[0].get_url()

    def test_enrolling_by_get_is_refused(self, client, an, course):
        client.force_login(an)
        assert client.get(reverse("courses:enrol", args=[course.page.pk])).status_code == 405

    def test_csrf_is_demanded_of_who_is_signed_in(self, an, course):
        from django.test import Client

        strict = Client(enforce_csrf_checks=True)
        strict.force_login(an)
        assert post_answer(strict, course, [1]).status_code == 403

    def test_a_lesson_added_later_is_done_for_itself(self, client, an, course, now):
        actions.enrol(learner=an, course=course.page, now=now)
        late = world.make_lesson(course.page, 9)
        late.save_revision().publish()
        client.force_login(an)
        assert client.get(late.get_url()).status_code == 200
        assert client.post(reverse("courses:done", args=[late.pk])).status_code == 302
        assert Completion.objects.get().part == late.translation_key


class TestOutsider:
    def test_cannot_withdraw_somebody_else(self, client, an, outsider, course, now):
        enrolment = actions.enrol(learner=an, course=course.page, now=now)
        client.force_login(outsider)
        assert client.post(reverse("courses:withdraw", args=[enrolment.pk])).status_code == 404
        assert Enrolment.objects.get().withdrawn_at is None

    def test_anonymous_is_asked_to_sign_in(self, client, course):
        response = client.post(reverse("courses:enrol", args=[course.page.pk]))
        assert response.status_code == 302 and "/accounts/login/" in response.url
