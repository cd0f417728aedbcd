"""What makes pages cheap must not make them wrong: nothing kept is stale, and nothing of one reader reaches another."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.template import Context, Template
from django.test import Client
from django.utils import translation

from courses.actions import enrol
from courses.models import LessonPage
from people.models import User
from tests import world


def test_what_is_kept_is_rendered_once_a_language_and_value() -> None:
    shown: list[str] = []

    class Word(str):
        """A value that notes when it is written."""

        def __str__(self) -> str:
            shown.append(translation.get_language())
            return str.__str__(self)

    template = Template("{% kept word=word %}{{ word }}{% endkept %}")
    an, hoa = Word("An"), Word("Hoa")
    assert [template.render(Context({"word": word})) for word in (an, an, hoa, an)] == ["An", "An", "Hoa", "An"]
    assert shown == ["vi", "vi"]
    with translation.override("en"):
        template.render(Context({"word": an}))
    assert shown == ["vi", "vi", "en"]


def test_what_is_kept_knows_only_what_it_is_given() -> None:
    template = Template("{% kept n=n %}{{ n }}{{ secret }}{{ user }}{{ request }}{% endkept %}")
    assert template.render(Context({"n": 1, "secret": "An", "user": "An", "request": "An"})) == "1"


def test_what_is_kept_is_escaped_as_usual() -> None:
    assert Template("{% kept n=n %}{{ n }}{% endkept %}").render(Context({"n": "<b>"})) == "&lt;b&gt;"


def test_a_page_from_the_cache_carries_the_headers_of_the_first(client: Client, course: SimpleNamespace) -> None:
    first, second = client.get("/khoa-hoc/"), client.get("/khoa-hoc/")
    kept = dict(second.items())
    assert kept.pop("X-Page-Cache") == "hit"
    assert kept == dict(first.items())
    assert kept["X-Frame-Options"] and kept["Content-Length"] == str(len(second.content))


def test_a_page_published_again_is_shown_at_once(client: Client, an: User, course: SimpleNamespace) -> None:
    client.force_login(an)
    lesson = LessonPage.objects.get(pk=course.lessons[0].pk)
    assert "Mới sửa" not in client.get(lesson.url).content.decode()
    lesson.promise = "Mới sửa."
    lesson.save_revision().publish()
    assert "Mới sửa" in client.get(lesson.url).content.decode()
    lesson.unpublish()
    assert client.get(lesson.url).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(("page", "most"), [("course", 6), ("lesson", 7), ("learn", 8)])
def test_a_learner_costs_few_queries_with_one_course_and_with_many(
    page: str, most: int, an: User, now: Any, client: Client, django_assert_max_num_queries: Any
) -> None:
    courses = [world.make_course(f"CD-{number}", f"Khóa {number}", lessons=3) for number in range(6)]
    client.force_login(an)
    addresses = {"course": courses[0].page.url, "lesson": courses[0].lessons[0].url, "learn": "/learn/"}
    for course in courses:
        enrol(learner=an, course=course.page, now=now)
        client.get(addresses[page])
        with django_assert_max_num_queries(most):
            assert client.get(addresses[page]).status_code == 200


def test_sqlite_stays_open_between_requests() -> None:
    if connection.vendor == "sqlite":
        assert connection.settings_dict["CONN_MAX_AGE"] > 0
