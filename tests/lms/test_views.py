from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from courses import actions
from lms.middleware import SharedPageCache
from tests import world
from tests.plans.conftest import plan  # noqa: F401


class TestHealth:
    def test_live_and_ready(self, client, db):
        assert client.get("/livez").content == b"ok"
        assert client.get("/readyz").json() == {"database": "ok", "cache": "ok", "broker": "ok"}

    def test_not_ready_without_a_cache(self, client, db, settings):
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
        response = client.get("/readyz")
        assert response.status_code == 503 and response.json()["cache"] == "down"

    def test_not_ready_without_a_broker(self, client, db, monkeypatch):
        from lms.celery import app

        monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")
        monkeypatch.setattr(app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
        assert client.get("/readyz").json()["broker"] == "down"


class TestDisplay:
    def test_keeps_size_theme_and_language_and_goes_back(self, client, course):
        response = client.post(reverse("display"), {"size": "xl", "theme": "dark", "language": "en", "next": "/khoa-hoc/"})
        assert response.url == "/khoa-hoc/"
        page = client.get("/khoa-hoc/").content.decode()
        assert '<html lang="en"' in page and 'data-size="xl"' in page and 'data-bs-theme="dark"' in page

    @pytest.mark.parametrize(
        "target", ["//evil.example/", "https://evil.example", "javascript:alert(1)", "https:evil.example", "\\\\evil"]
    )
    def test_never_leads_away(self, client, db, target):
        assert client.post(reverse("display"), {"next": target}).url == "/"

    def test_the_simple_view_is_kept_until_it_is_left(self, client, course):
        assert client.post(reverse("display"), {"view": "simple", "next": "/khoa-hoc/"}).url == "/khoa-hoc/"
        assert 'class="simple"' in client.get("/khoa-hoc/").content.decode()
        client.post(reverse("display"), {"view": "", "next": "/"})
        assert 'class="simple"' not in client.get("/khoa-hoc/").content.decode()

    def test_choosing_a_size_leaves_the_view(self, client, course):
        client.post(reverse("display"), {"view": "simple"})
        client.post(reverse("display"), {"size": "lg", "theme": ""})
        page = client.get("/khoa-hoc/").content.decode()
        assert 'class="simple"' in page and 'data-size="lg"' in page

    def test_ignores_what_it_does_not_know(self, client, db):
        response = client.post(reverse("display"), {"size": "999", "theme": "<b>", "view": "x", "language": "xx"})
        assert not response.cookies

    def test_get_changes_nothing(self, client, db):
        assert client.get(reverse("display")).status_code == 405

    def test_the_phones_language_does_not_decide(self, client, course):
        page = client.get("/khoa-hoc/", headers={"Accept-Language": "en-US,en"}).content.decode()
        assert '<html lang="vi"' in page


class TestLearn:
    def test_asks_to_sign_in(self, client, db):
        assert "/accounts/login/" in client.get(reverse("learn")).url

    def test_invites_who_has_nothing(self, client, an):
        client.force_login(an)
        assert "Bạn chưa học khóa nào" in client.get(reverse("learn")).content.decode()

    def test_says_what_is_missing_in_words(self, client, an, course, now):
        enrolment = actions.enrol(learner=an, course=course.page, now=now)
        actions.complete_lesson(enrolment=enrolment, lesson=course.lessons[1], now=now)
        client.force_login(an)
        page = client.get(reverse("learn")).content.decode()
        assert "1/3 phần" in page and "<strong>Bài 1</strong>" in page and course.lessons[0].get_url() in page

    def test_a_course_taken_down_is_explained(self, client, an, course, now):
        actions.enrol(learner=an, course=course.page, now=now)
        course.page.unpublish()
        client.force_login(an)
        assert "đang tạm đóng" in client.get(reverse("learn")).content.decode()

    @pytest.mark.parametrize("size", [3, 30])
    def test_takes_few_queries_for_any_number_of_courses(self, client, an, now, size, django_assert_max_num_queries, db):
        for place in range(size):
            made = world.make_course(f"CD-{place}", f"Khóa {place}")
            actions.enrol(learner=an, course=made.page, now=now + dt.timedelta(minutes=place))
        client.force_login(an)
        client.get(reverse("learn"))
        with django_assert_max_num_queries(12):
            assert client.get(reverse("learn")).status_code == 200

    def test_shows_nothing_of_somebody_else(self, client, an, outsider, course, now):
        actions.enrol(learner=an, course=course.page, now=now)
        client.force_login(outsider)
        assert "Khóa thử" not in client.get(reverse("learn")).content.decode()


class TestEditorsDoor:
    def test_wagtails_own_log_in_is_closed(self, client, db):
        for path in (
            "/cms/login/", "/cms/password_reset/", "/cms/password_reset/done/", "/cms/password_reset/confirm/MQ/x-y/",
            reverse("wagtailcore_login"),
        ):  # fmt: skip
            for method in (client.get, client.post):
                response = method(path)
                assert response.status_code == 302 and "/accounts/" in response.url

    def test_the_right_password_does_not_open_them_either(self, client, chi):
        for path in ("/cms/login/", reverse("wagtailcore_login"), reverse("wagtailadmin_login")):
            client.post(path, {"username": "chi", "password": "mat-khau-thu-1"})
            assert "_auth_user_id" not in client.session

    @pytest.mark.parametrize("path", ["/cms/", "/cms/pages/", "/cms/users/", "/cms/reports/site-history/"])
    def test_learners_and_officers_stay_out(self, client, an, chi, path):
        assert client.get(path).status_code == 302
        for user in (an, chi):
            client.force_login(user)
            response = client.get(path)
            assert response.status_code == 404 and "wagtail-userbar" not in response.content.decode()

    def test_the_content_policy_is_strict_outside_the_editor(self, client, course):
        policy = client.get("/khoa-hoc/")["Content-Security-Policy"]
        assert "script-src 'self'" in policy and "unsafe-eval" not in policy


@pytest.mark.django_db
def test_the_public_page_of_a_plan_is_kept_a_minute_and_nobody_elses(client, dung, plan) -> None:  # noqa: F811
    """Whoever works on the plan sees the figure at once; strangers see it at most a minute later."""
    address = f"/plans/{plan.code}/"
    first, second = client.get(address), client.get(address)
    assert "X-Page-Cache" not in first and second["X-Page-Cache"] == "hit" and second.content == first.content
    client.force_login(dung)
    own = client.get(address)
    assert "X-Page-Cache" not in own and own.content != first.content
    assert SharedPageCache.of_plans <= 60
