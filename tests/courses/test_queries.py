from __future__ import annotations

import unicodedata

import pytest
from django.test.utils import CaptureQueriesContext

from courses import actions, queries
from courses.models import LessonPage
from tests import world


def count(connection, call):
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


class TestOutlines:
    def test_are_kept_until_the_tree_changes(self, course, django_assert_num_queries):
        queries.outlines()
        with django_assert_num_queries(1):  # the page log's last id
            assert queries.outlines()[course.page.pk].lessons == 2
        course.lessons[1].unpublish()
        assert queries.outlines()[course.page.pk].lessons == 1

    def test_follow_a_reordering(self, course):
        from wagtail.models import Page

        before = [part.slug for part in queries.course_outline(course.page).parts]
        Page.objects.get(pk=course.lessons[0].pk).move(Page.objects.get(pk=course.page.pk), pos="last-child")
        assert [part.slug for part in queries.course_outline(course.page).parts] == [*before[1:], before[0]]


class TestStandings:
    @pytest.mark.parametrize("size", [3, 30])
    def test_take_the_same_queries_for_any_number(self, size, course, now, django_assert_num_queries):
        enrolments = [
            actions.enrol(learner=world.make_user(f"u{place}", f"Người {place}"), course=course.page, now=now)
            for place in range(size)
        ]
        queries.outlines()
        with django_assert_num_queries(3):  # completions, visits, page log
            assert len(queries.standings(enrolments)) == size


class TestSearch:
    @pytest.mark.parametrize(
        "words",
        ["tri tue", "trí tuệ", "đạo đức", "dao duc", "TRÍ TUỆ", "Dao Duc", unicodedata.normalize("NFD", "đạo đức")],
    )
    def test_finds_with_and_without_marks(self, words, course):
        found, lessons = queries.search(words)
        assert found == {course.page.pk}
        assert {part.slug for part in lessons} == {"bai-1", "bai-2"}

    @pytest.mark.parametrize("words", ["", "   ", "khong-co-dau-ca", "'\"%_*", "x" * 5000])
    def test_strange_words_find_nothing_and_break_nothing(self, words, course):
        assert queries.search(words) == (set(), [])

    def test_never_finds_a_quiz_by_its_questions(self, course):
        assert queries.search("Câu 1 hỏi gì")[0] == set()
        assert LessonPage.objects.count() == 2


class TestResume:
    def test_where_she_stopped_then_what_is_missing(self, an, course, now):
        enrolment = actions.enrol(learner=an, course=course.page, now=now)
        second = course.lessons[1].translation_key
        actions.open_part(enrolment=enrolment, part=second, now=now)
        standing = queries.standing(enrolment)
        assert standing.resume(second).key == second
        actions.complete_lesson(enrolment=enrolment, lesson=course.lessons[1], now=now)
        assert queries.standing(enrolment).resume(second).key == course.lessons[0].translation_key
