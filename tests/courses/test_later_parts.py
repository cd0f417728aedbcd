"""A part that came into the course after a learner began: hers to learn, and nothing asks for it. See decision 0005."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from classes.actions import assign
from classes.queries import board, due_for
from courses import actions, queries
from courses.models import Completion, CoursePage, Enrolment
from lrs import vocabulary as v
from lrs.models import Statement
from quizzes.actions import finish_attempt, start_attempt
from quizzes.models import QuizPage
from tests import world
from tests.classes.conftest import add, open_class
from tests.quizzes.conftest import answer_all


@pytest.fixture
def before(an, course, now):
    """An's enrolment, from before the third lesson."""
    return actions.enrol(learner=an, course=course.page, now=now)


@pytest.fixture
def added(before, course):
    """The third lesson, with a question as the first has."""
    lesson = world.make_lesson(course.page, 3)
    lesson.body = course.lessons[0].body.get_prep_value()
    lesson.save_revision().publish()
    return lesson


@pytest.fixture
def after(added, binh, course, now):
    """Bình's enrolment, from after it."""
    return actions.enrol(learner=binh, course=course.page, now=now)


def study(enrolment, lesson, now):
    actions.open_part(enrolment=enrolment, part=lesson.translation_key, now=now)
    if lesson.question_names():
        actions.answer_practice(enrolment=enrolment, lesson=lesson, question="q1", chosen=[1], now=now)
    return actions.complete_lesson(enrolment=enrolment, lesson=lesson, now=now)


def verbs(enrolment):
    return list(Statement.objects.filter(registration=enrolment.pk).order_by("pk").values_list("verb", flat=True))


class TestCompleting:
    def test_is_kept_and_stated_and_counts_for_itself_alone(self, before, added, now):
        for _twice in range(2):
            study(before, added, now)
        assert Completion.objects.get().part == added.translation_key
        told = verbs(before)
        assert [told.count(one.iri) for one in (v.EXPERIENCED, v.COMPLETED, v.PROGRESSED)] == [1, 1, 0]
        standing = queries.standing(before)
        assert (standing.done, standing.total, [part.state for part in standing.later]) == (0, 3, ["done"])

    def test_counts_like_any_other_for_who_came_after(self, after, added, now):
        study(after, added, now)
        standing = queries.standing(after)
        assert (standing.done, standing.total, standing.later) == (1, 4, ())
        assert v.PROGRESSED.iri in verbs(after)

    def test_the_course_is_complete_without_it(self, before, after, added, course, now):
        for enrolment in (before, after):
            for lesson in course.lessons:
                study(enrolment, lesson, now)
            actions.complete_part(
                enrolment=enrolment, part=course.quiz.translation_key, evidence={}, now=now, score10=Decimal(8)
            )
        assert Enrolment.objects.get(pk=before.pk).completed_at == now
        assert Enrolment.objects.get(pk=after.pk).completed_at is None

    def test_may_still_be_done_when_the_course_is(self, before, added, course, now):
        for lesson in course.lessons:
            study(before, lesson, now)
        actions.complete_part(enrolment=before, part=course.quiz.translation_key, evidence={}, now=now)
        later = now + dt.timedelta(days=3)
        assert study(before, added, later) is False
        assert Enrolment.objects.get().completed_at == now
        assert Completion.objects.get(part=added.translation_key).completed_at == later

    def test_neither_an_unpublished_part_nor_one_of_another_course_is_hers(self, before, added, now):
        other = world.make_course("CD-X", "Khóa khác")
        added.unpublish()
        for part in (added.translation_key, other.lessons[0].translation_key, uuid.uuid4()):
            with pytest.raises(actions.NotInOutline):
                actions.open_part(enrolment=before, part=part, now=now)

    def test_a_quiz_that_was_added_is_passed_without_a_mark_for_the_course(self, before, course, now):
        parent = CoursePage.objects.get(pk=course.page.pk)
        quiz = parent.add_child(instance=QuizPage(title="Ôn thêm", slug="on-them", category=course.category, ask=5))
        quiz.save_revision().publish()
        attempt = start_attempt(enrolment=before, quiz=quiz, now=now, seed=1)
        answer_all(attempt, now)
        assert finish_attempt(attempt=attempt, now=now).passed
        assert Completion.objects.get().part == quiz.translation_key
        kept = Enrolment.objects.get()
        assert (kept.score, kept.completed_at) == (None, None)


class TestWhereItShows:
    def finish_by_hand(self, client, user, lesson):
        client.force_login(user)
        client.post(reverse("courses:answer", args=[lesson.pk]), {"question": "q1", "chosen": "1"})
        client.post(reverse("courses:opened", args=[lesson.pk]))
        client.post(reverse("courses:done", args=[lesson.pk]))

    def test_on_the_lesson_and_the_course(self, client, before, after, added, course, an, binh):
        for user, total, done in ((an, "0/3 phần", 0), (binh, "1/4 phần", 1)):
            self.finish_by_hand(client, user, added)
            page = client.get(added.get_url()).content.decode()
            assert "Bạn đã học xong bài này" in page and "Chắc nhất." in page and total in page
            page = client.get(course.page.get_url()).content.decode()
            assert total in page and f"Xong {done} trên {total[2]} phần" in page
            assert page.count('#t-done"') == 1 + done
            assert "Bài 3" not in page.partition("Còn thiếu")[2]

    def test_the_lesson_takes_few_queries(self, client, before, added, an, django_assert_max_num_queries):
        self.finish_by_hand(client, an, added)
        client.get(added.get_url())
        with django_assert_max_num_queries(10):
            assert client.get(added.get_url()).status_code == 200

    def test_on_the_board_and_in_what_is_due(self, client, course, binh, city, now):
        training_class = open_class(binh, city.school, now)
        add(training_class, "Lê Gia Hân\nTrần Minh Khôi", now)
        first, second = (training_class.members.get(number=number).learner for number in (1, 2))
        early = actions.enrol(learner=first, course=course.page, now=now)
        lesson = world.make_lesson(course.page, 3)
        lesson.save_revision().publish()
        late = actions.enrol(learner=second, course=course.page, now=now)
        due = now + dt.timedelta(days=7)
        assign(
            training_class=training_class, teacher=binh, course=course.page, part=lesson.translation_key, due_at=due, now=now
        )
        over = due + dt.timedelta(days=1)

        def states():
            return [[cell.state for cell in row.cells] for row in board(training_class, now=over).rows]

        assert states() == [["late"], ["late"]]
        assert [item.state for item in due_for(first, over)] == ["overdue"]
        for enrolment in (early, late):
            study(enrolment, lesson, now)
        assert states() == [["done"], ["done"]]
        assert [one.done for one in board(training_class, now=over).given] == [2]
        for learner in (first, second):
            assert due_for(learner, over) == []
            client.force_login(learner)
            assert client.get("/learn/").status_code == 200

    def test_my_learning_neither_counts_nor_misses_it(self, client, before, added, an, django_assert_max_num_queries):
        self.finish_by_hand(client, an, added)
        client.get("/learn/")
        with django_assert_max_num_queries(12):
            page = client.get("/learn/").content.decode()
        assert "0/3 phần" in page and added.title not in page
