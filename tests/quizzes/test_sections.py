"""What a quiz is made of: sections, named questions, draws by category, tag and difficulty."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.models import Enrolment
from quizzes import actions, queries
from quizzes.actions import pools
from quizzes.models import Attempt, Category, Pool, PoolEntry, Question, QuestionVersion, QuizPage, QuizSection, Tag
from tests.quizzes.test_attempts import limit


@pytest.fixture
def big(course: SimpleNamespace, now: dt.datetime) -> Category:
    """A category with forty questions, and one inside it with ten more; a fifth of all are hard."""
    category = Category.objects.create(code="LON", name="Ngân hàng lớn")
    inside = Category.objects.create(code="LON-TRONG", name="Bên trong", parent=category)
    for number in range(50):
        add(inside if number >= 40 else category, f"lon-{number:02}", now, difficulty="hard" if number % 5 == 0 else "easy")
    return category


def add(category: Category, code: str, now: dt.datetime, **fields: Any) -> Question:
    question = Question.objects.create(code=code, category=category)
    body = {"answer": True, "feedback_true": "", "feedback_false": ""}
    fields = {"kind": "true_false", "stem": f"Đúng hay sai: {code}", "body": body, "created_at": now, "number": 1, **fields}
    QuestionVersion.objects.create(question=question, **fields)
    return question


def divide(quiz: QuizPage, *sections: dict[str, Any]) -> QuizPage:
    for place, fields in enumerate(sections):
        section = QuizSection(page=quiz, sort_order=place, **fields)
        section.full_clean()
        section.save()
    return QuizPage.objects.get(pk=quiz.pk)


def served(attempt: Attempt) -> list[tuple[int, str]]:
    return list(attempt.slots.order_by("position").values_list("section", "version__question__code"))


def test_each_section_asks_what_it_says_and_no_question_twice(
    course: SimpleNamespace, enrolment: Enrolment, big: Category, now: dt.datetime
) -> None:
    quiz = divide(
        course.quiz,
        {"title": "Mở đầu", "fixed": "cd-t-02\ncd-t-01@1", "shuffle": False},
        {"title": "Rút", "category": big, "ask": 12},
        {"title": "Khó", "category": big, "difficulty": "hard", "ask": 7, "fixed": "lon-00"},
    )
    assert quiz.asked == 22
    for seed in range(20):
        attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now, seed=seed)
        asked = served(attempt)
        assert [code for section, code in asked if section == 1] == ["cd-t-02", "cd-t-01"]
        assert Counter(section for section, _code in asked) == {1: 2, 2: 12, 3: 8}
        assert len({code for _section, code in asked}) == 22
        hard = {f"lon-{number:02}" for number in range(0, 50, 5)}
        assert {code for section, code in asked if section == 3} <= hard
        assert "lon-00" not in {code for section, code in asked if section == 2}, "a named question is its section's own"
        assert [one["title"] for one in attempt.rules["sections"]] == ["Mở đầu", "Rút", "Khó"]
        actions.finish_attempt(attempt=attempt, now=now)


def test_tags_narrow_the_draw(course: SimpleNamespace, enrolment: Enrolment, big: Category, now: dt.datetime) -> None:
    safe, ai = Tag.objects.create(name="an-toan"), Tag.objects.create(name="ai")
    for code in ("lon-03", "lon-11", "lon-44"):
        Question.objects.get(code=code).tags.add(safe, ai)
    Question.objects.get(code="lon-12").tags.add(safe)
    quiz = divide(course.quiz, {"category": big, "tags": "an-toan, ai", "ask": 3})
    attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now)
    assert {code for _section, code in served(attempt)} == {"lon-03", "lon-11", "lon-44"}
    assert "sections" not in attempt.rules, "a section without a name is nothing to tell"


def test_a_quiz_that_asks_for_more_than_there_is_does_not_begin(
    course: SimpleNamespace, enrolment: Enrolment, big: Category, now: dt.datetime, an: Any
) -> None:
    quiz = divide(course.quiz, {"category": big, "difficulty": "hard", "ask": 11})
    assert not queries.panel(quiz=quiz, user=an, now=now).ready
    with pytest.raises(actions.QuizNotReady):
        actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now)
    assert not Attempt.objects.exists()


def test_two_sections_that_need_the_same_questions_do_not_share_them(
    course: SimpleNamespace, enrolment: Enrolment, big: Category, now: dt.datetime
) -> None:
    quiz = divide(course.quiz, {"category": big, "ask": 30}, {"category": big, "ask": 20})
    attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now)
    assert len({code for _section, code in served(attempt)}) == 50, "the last ones are found too"
    QuizSection.objects.filter(page=quiz, ask=20).update(ask=21)
    actions.finish_attempt(attempt=attempt, now=now)
    with pytest.raises(actions.QuizNotReady):
        actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "ask"),
        ({"fixed": "cd-t-01\ncd-t-01@1"}, "fixed"),
        ({"fixed": "khong-co"}, "fixed"),
        ({"fixed": "cd-t-01@9"}, "fixed"),
        ({"ask": 2, "tags": "khong-co"}, "tags"),
    ],
)
def test_an_editor_is_told_what_a_section_lacks(course: SimpleNamespace, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as told:
        QuizSection(page=course.quiz, **fields).full_clean()
    assert field in told.value.message_dict


def test_the_learner_sees_in_which_section_she_is(
    course: SimpleNamespace, enrolment: Enrolment, client: Client, an: Any, now: dt.datetime
) -> None:
    quiz = divide(
        course.quiz, {"title": "Phần mở đầu", "intro": "Hai câu để làm quen.", "fixed": "cd-t-01\ncd-t-02"},
        {"title": "Phần chính", "ask": 2},
    )  # fmt: skip
    attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now)
    shown = queries.screen(attempt=attempt, now=now).questions
    assert [one.section for one in shown] == ["Phần mở đầu"] * 2 + ["Phần chính"] * 2
    assert [one.lead for one in shown] == ["Hai câu để làm quen.", "", "", ""]


# --- pools -----------------------------------------------------------------------------------------------------------


def test_what_is_served_is_what_the_bank_says_now_not_what_the_pool_says(
    course: SimpleNamespace, enrolment: Enrolment, big: Category, now: dt.datetime
) -> None:
    quiz = divide(course.quiz, {"category": big, "ask": 10})
    actions.finish_attempt(attempt=actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now), now=now)
    # Nobody tells the pool: it is the worst that can be.
    Question.objects.filter(code__lt="lon-40", code__startswith="lon-").update(retired_at=now)
    attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now)
    assert {code for _section, code in served(attempt)} == {f"lon-{number}" for number in range(40, 50)}


def test_a_change_of_the_bank_makes_the_pools_around_it_anew_and_no_others(
    course: SimpleNamespace, big: Category, now: dt.datetime
) -> None:
    around = actions.refresh_pool(choice=queries.Choice(category_id=big.pk))
    other = actions.refresh_pool(choice=queries.Choice(category_id=course.quiz.category_id))
    assert (around.size, around.strata) == (50, [40, 10])
    inside = Category.objects.get(code="LON-TRONG")
    add(inside, "lon-moi", now, difficulty="easy")
    actions.mark_stale(category_ids=[inside.pk])
    assert set(Pool.objects.filter(stale=True)) == {around}
    assert actions.refresh_stale_pools() == 1
    assert actions.refresh_stale_pools() == 0
    around.refresh_from_db()
    assert around.strata == [41, 10]
    assert PoolEntry.objects.filter(pool=around).count() == 51
    assert PoolEntry.objects.filter(pool=other).count() == other.size == 8


def test_loading_a_changed_file_tells_the_pools(course: SimpleNamespace, enrolment: Enrolment, now: dt.datetime) -> None:
    actions.refresh_pool(choice=queries.Choice(category_id=course.quiz.category_id))
    category = course.quiz.category
    plain = [
        {"id": f"moi-{number}", "kind": "true_false", "stem": f"Câu {number}?", "answer": True} for number in range(6)
    ]  # fmt: skip
    actions.load_bank(code=category.code, name=category.name, questions=plain, now=now)
    attempt = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now)
    assert all(code.startswith("moi-") for _section, code in served(attempt))
    assert not Pool.objects.filter(stale=True).exists()
    actions.load_bank(code=category.code, name=category.name, questions=plain, now=now)
    assert not Pool.objects.filter(stale=True).exists(), "the same file changes nothing"


def test_a_large_bank_that_changed_serves_from_the_old_pool_until_the_task_has_been(
    big: Category, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "SMALL", 20)
    choice = queries.Choice(category_id=big.pk)
    actions.refresh_pool(choice=choice)
    add(big, "lon-moi", now)
    actions.mark_stale(category_ids=[big.pk])
    assert actions.refresh_pool(choice=choice).size == 50
    actions.refresh_stale_pools()
    assert actions.refresh_pool(choice=choice).size == 51


def test_a_start_reads_no_more_of_a_large_bank_than_of_a_small_one(
    course: SimpleNamespace, enrolment: Enrolment, big: Category, now: dt.datetime
) -> None:
    def begin(quiz: QuizPage) -> int:
        first = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now)
        actions.finish_attempt(attempt=first, now=now)
        with CaptureQueriesContext(connection) as caught:
            attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now)
        actions.finish_attempt(attempt=attempt, now=now)
        return len(caught)

    few = begin(limit(course.quiz, ask=5))
    limit(course.quiz, ask=5, category=big)
    assert begin(QuizPage.objects.get(pk=course.quiz.pk)) == few


def test_a_random_draw_takes_used_questions_from_nobody(big: Category) -> None:
    pool = actions.refresh_pool(choice=queries.Choice(category_id=big.pk))
    all_of_them = list(PoolEntry.objects.filter(pool=pool).values_list("question_id", flat=True))
    for used in (0, 20, 45, 50):
        found = queries.drawn(pool, 10, set(all_of_them[:used]), random.Random(used))
        assert len(found) == min(10, 50 - used)
        assert not {one.question_id for one in found} & set(all_of_them[:used])
