from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from courses.actions import enrol, withdraw
from courses.models import Enrolment
from quizzes import actions, responses
from quizzes.item_figures import question_figures, quiz_figures
from quizzes.models import Attempt, Question, QuestionVersion, QuizPage
from tests import world

SECOND = dt.timedelta(seconds=1)
Answers = dict[str, tuple[dict[str, Any], ...]]  # code of a question → what was saved, one after the other


@pytest.fixture
def quiz(course: SimpleNamespace) -> QuizPage:
    """All eight questions of the bank."""
    course.quiz.ask = 8
    course.quiz.save()
    return QuizPage.objects.get(pk=course.quiz.pk)


def join(course: SimpleNamespace, name: str, now: dt.datetime) -> Enrolment:
    return enrol(learner=world.make_user(name, f"Người {name}"), course=course.page, now=now)


def sit(enrolment: Enrolment, quiz: QuizPage, now: dt.datetime, answers: Answers | None = None, *, after: int = 10) -> Attempt:
    """Every answer `after` seconds after the one before; questions that `answers` does not name are answered rightly."""
    attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now)
    moment = now
    for slot in attempt.slots.select_related("version__question").order_by("position"):
        right = (responses.right_response(slot.version.kind, slot.version.body),)
        for response in (answers or {}).get(slot.version.question.code, right):
            moment += after * SECOND
            actions.save_answer(attempt=attempt, position=slot.position, response=response, now=moment)
    return actions.finish_attempt(attempt=attempt, now=moment + SECOND)


def test_a_quiz_nobody_sat(quiz: QuizPage) -> None:
    found = quiz_figures(quiz)
    assert (found.attempts, found.people, found.versions, found.spread) == (0, 0, (), None)
    assert question_figures(Question.objects.get(code="cd-t-01")) == (None, ())


def test_what_was_answered_is_counted(course: SimpleNamespace, quiz: QuizPage, now: dt.datetime) -> None:
    """Of twelve people six are right in question 1, four after trying another option; two pick c; four leave it blank."""
    for place in range(12):
        saved: tuple[dict[str, Any], ...] = (
            ({"choice": "b"}, {"choice": "a"}) if place < 4 else ({"choice": "a"},) if place < 6 else ({"choice": "c"},)
        )
        sit(join(course, f"p{place:02}", now), quiz, now, {"cd-t-01": saved if place < 8 else ()})
    found = quiz_figures(quiz)
    version = QuestionVersion.objects.get(question__code="cd-t-01")
    (one,) = (item for item in found.versions if item.version == version.pk)
    assert one.figures
    assert (one.figures.n, one.figures.answered, one.figures.facility) == (12, 8, 50)
    assert [(share.option.id, share.option.right, round(share.chosen, 1)) for share in one.figures.options] == [
        ("a", True, 50), ("b", False, 0), ("c", False, 16.7),
    ]  # fmt: skip
    assert one.figures.guess == pytest.approx(100 / 3)
    assert found.spread and found.spread.bins[-1] == 6 and sum(found.spread.bins) == found.people == found.attempts == 12
    assert found.consistency.variant == "alpha"
    truth = QuestionVersion.objects.get(question__code="cd-t-03")
    (other,) = (item.figures for item in found.versions if item.version == truth.pk)
    assert other and [(share.option.id, share.chosen) for share in other.options] == [("true", 0), ("false", 100)]
    assert len(found.questions) == 8


def test_only_the_first_finished_attempt_of_a_person_counts(course: SimpleNamespace, quiz: QuizPage, now: dt.datetime) -> None:
    """Also where the second one was made in another enrolment; an open one counts for nothing."""
    people = [join(course, f"p{place:02}", now) for place in range(10)]
    for enrolment in people:
        sit(enrolment, quiz, now, {"cd-t-08": ({"choice": "a"},)})
    for enrolment in people[:3]:
        sit(enrolment, quiz, now + 3600 * SECOND)
    lone = join(course, "lone", now)
    sit(lone, quiz, now + 60 * SECOND, {"cd-t-08": ()})
    withdraw(enrolment=lone, now=now + 600 * SECOND)
    sit(enrol(learner=lone.learner, course=course.page, now=now + 700 * SECOND), quiz, now + 800 * SECOND)
    actions.start_attempt(enrolment=people[5], quiz=quiz, now=now + 7200 * SECOND)
    found = quiz_figures(quiz)
    version = QuestionVersion.objects.get(question__code="cd-t-08")
    (one,) = (item.figures for item in found.versions if item.version == version.pk)
    assert (found.attempts, found.people) == (15, 11)
    assert one and (one.n, one.answered, one.facility) == (11, 10, 0)
    assert question_figures(version.question).versions[0].figures == one


def test_seconds_are_from_save_to_save(course: SimpleNamespace, quiz: QuizPage, now: dt.datetime) -> None:
    """A changed answer is no second question; answers that came together have no time of their own."""
    for place in range(10):
        attempt = actions.start_attempt(enrolment=join(course, f"p{place}", now), quiz=quiz, now=now, seed=place)
        by_code = {slot.version.question.code: slot for slot in attempt.slots.select_related("version__question")}
        right = {code: responses.right_response(one.version.kind, one.version.body) for code, one in by_code.items()}
        for after, code, response in (
            (7, "cd-t-01", {"choice": "b"}), (20, "cd-t-03", right["cd-t-03"]), (25, "cd-t-01", right["cd-t-01"]),
            (37, "cd-t-04", right["cd-t-04"]), (50, "cd-t-05", right["cd-t-05"]), (50, "cd-t-06", right["cd-t-06"]),
            (50 + 3600, "cd-t-07", right["cd-t-07"]),
        ):  # fmt: skip
            actions.save_answer(
                attempt=attempt, position=by_code[code].position, response=response, now=now + after * SECOND
            )  # fmt: skip
        actions.finish_attempt(attempt=attempt, now=now + dt.timedelta(hours=2))
    codes = dict(QuestionVersion.objects.values_list("pk", "question__code"))
    told = {
        codes[one.version]: (one.figures.median_seconds, one.figures.timed)
        for one in quiz_figures(quiz).versions
        if one.version and one.figures
    }
    assert told == {
        "cd-t-01": (7, 10), "cd-t-02": (None, 0), "cd-t-03": (13, 10), "cd-t-04": (12, 10), "cd-t-05": (None, 0),
        "cd-t-06": (None, 0), "cd-t-07": (None, 0), "cd-t-08": (None, 0),
    }  # fmt: skip


def test_a_question_goes_over_versions_and_quizzes(course: SimpleNamespace, quiz: QuizPage, now: dt.datetime) -> None:
    old = QuestionVersion.objects.get(question__code="cd-t-01")
    people = [join(course, f"p{place:02}", now) for place in range(24)]
    for enrolment in people[:12]:
        sit(enrolment, quiz, now, {"cd-t-01": ({"choice": "c"},)})
    new = QuestionVersion.objects.create(
        question=old.question, number=2, kind=old.kind, stem="Mới", body=old.body, created_at=now
    )  # fmt: skip
    other = course.page.add_child(instance=QuizPage(title="Bài khác", slug="khac", category=quiz.category, ask=8))
    for enrolment in people[12:]:
        sit(enrolment, other, now)
    sit(people[0], other, now + 3600 * SECOND)  # has met it before
    found = question_figures(old.question)
    assert found.whole and found.whole.figures and (found.whole.figures.n, found.whole.figures.facility) == (24, 50)
    assert [(one.version, one.figures and one.figures.facility) for one in found.versions] == [(old.pk, 0), (new.pk, 100)]
    assert quiz_figures(quiz).people == 12


def test_the_queries_do_not_grow_with_people(
    course: SimpleNamespace, quiz: QuizPage, now: dt.datetime, django_assert_num_queries: Any
) -> None:
    for place in range(3):
        sit(join(course, f"p{place}", now), quiz, now)
    question = Question.objects.get(code="cd-t-01")
    with django_assert_num_queries(4):  # the versions, how many attempts, the scores, the answers
        quiz_figures(quiz)
    with django_assert_num_queries(3):  # the versions, the scores, the answers
        question_figures(question)
