from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from django.conf import settings

from pages.actions import Loaded
from quizzes.actions import BankError, load_bank, load_quiz
from quizzes.models import Question, QuestionVersion, QuizPage

SINGLE: dict[str, Any] = {
    "id": "q-1", "kind": "single", "difficulty": "easy", "competency": "UNESCO 4.1.1", "lesson": "bai-1", "stem": "Chọn **một**?",
    "options": [{"text": "Phải", "correct": True, "feedback": "Ừ."}, {"text": "Trái"}], "feedback": "Vì vậy.",
}  # fmt: skip
TRUTH: dict[str, Any] = {"id": "q-2", "kind": "true_false", "stem": "Đúng không?", "answer": False}


def load(now: dt.datetime, *questions: dict[str, Any], code: str = "NH") -> Any:
    return load_bank(code=code, name="Ngân hàng", questions=list(questions), now=now)


@pytest.mark.django_db
def test_loading_twice_changes_nothing(now: dt.datetime) -> None:
    load(now, SINGLE, TRUTH)
    load(now, SINGLE, TRUTH)
    assert Question.objects.count() == QuestionVersion.objects.count() == 2
    version = QuestionVersion.objects.get(question__code="q-1")
    assert (version.number, version.difficulty, version.lesson) == (1, "easy", "bai-1")
    assert [option["id"] for option in version.body["options"]] == ["a", "b"]


@pytest.mark.django_db
def test_a_changed_question_gets_its_next_version_and_the_old_one_stays(now: dt.datetime) -> None:
    load(now, SINGLE)
    load(now, {**SINGLE, "stem": "Chọn một lần nữa?"})
    assert list(QuestionVersion.objects.order_by("number").values_list("number", "stem")) == [
        (1, "Chọn **một**?"), (2, "Chọn một lần nữa?"),
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_question_gone_from_the_file_is_retired_and_comes_back_with_it(now: dt.datetime) -> None:
    load(now, SINGLE, TRUTH)
    load(now, SINGLE)
    assert Question.objects.get(code="q-2").retired_at == now
    load(now, SINGLE, TRUTH)
    assert Question.objects.get(code="q-2").retired_at is None
    assert Question.objects.get(code="q-2").versions.count() == 1


@pytest.mark.django_db
def test_a_code_of_another_bank_is_refused_and_nothing_is_kept(now: dt.datetime) -> None:
    load(now, SINGLE)
    with pytest.raises(BankError, match="q-1"):
        load(now, TRUTH, SINGLE, code="KHAC")
    assert not Question.objects.filter(code="q-2").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"id": ""}, {"id": "x" * 61}, {"kind": "khong-co"}, {"kind": None}, {"difficulty": "rất khó"}, {"stem": "  "},
        {"options": None},
        {"options": [{"text": "Một", "correct": True}]}, {"options": [{"text": "Một"}, {"text": "Hai"}]},
        {"options": [{"text": "Một", "correct": True}, {"text": "Hai", "correct": True}]}, {"options": ["Một", "Hai"]},
        {"options": [{"text": "Một", "correct": True}, {"text": "Một"}]},
        {"options": [{"text": "", "correct": True}, {"text": "Hai"}]},
        {"kind": "multiple", "options": [{"text": "Một"}, {"text": "Hai"}]},
        {"kind": "true_false", "answer": "đúng"}, {"kind": "short_text", "accept": []}, {"kind": "short_text", "accept": ["?!"]},
        {"kind": "short_text", "accept": "nhãn"}, {"kind": "number", "answer": "bảy"}, {"kind": "number"},
        {"kind": "number", "answer": 7, "tolerance": -1}, {"kind": "number", "answer": "nan"},
        {"kind": "matching", "pairs": [{"left": "a", "right": "b"}]},
        {"kind": "matching", "pairs": [{"left": "a", "right": "b"}, {"left": "a", "right": "c"}]},
        {"kind": "matching", "pairs": [{"left": "a", "right": "b"}, {"left": "c", "right": "d"}], "extra": ["d"]},
        {"kind": "ordering", "items": ["một"]}, {"kind": "ordering", "items": ["một", "một"]},
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_asked_is_refused_with_its_name(change: dict[str, Any], now: dt.datetime) -> None:
    with pytest.raises(BankError) as refusal:
        load(now, {**SINGLE, **change})
    assert ("q-1" if change.get("id") is None else "Câu thứ 1") in str(refusal.value)
    assert not Question.objects.exists()


@pytest.mark.django_db
def test_the_same_id_twice_in_a_file_is_refused(now: dt.datetime) -> None:
    with pytest.raises(BankError, match="q-1"):
        load(now, SINGLE, SINGLE)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", sorted((settings.BASE_DIR / "content").glob("courses/*/quiz.yaml")), ids=lambda path: path.parent.name
)
def test_the_banks_of_the_curriculum_load(path: Path, now: dt.datetime) -> None:
    quiz = yaml.safe_load(path.read_text(encoding="utf-8"))
    category = load_bank(code=path.parent.name, name=quiz["title"], questions=quiz["questions"], now=now)
    assert category.questions.count() == len(quiz["questions"]) >= 1.5 * quiz["ask"]


def test_a_quiz_page_and_its_bank_come_from_the_file(course: SimpleNamespace, now: dt.datetime) -> None:
    course.quiz.delete()
    quiz = {"title": "Bài kiểm tra", "slug": "kiem-tra-2", "ask": 2, "pass_mark": 70, "questions": [SINGLE, TRUTH]}
    assert load_quiz(course=course.page, quiz=quiz, now=now) is Loaded.MADE
    page = QuizPage.objects.get(slug="kiem-tra-2")
    assert page.live
    assert (page.ask, page.pass_mark, page.category.code) == (2, 7, "CD-T")
    assert load_quiz(course=course.page, quiz=quiz, now=now) is Loaded.SAME
    quiz["questions"] = [SINGLE, {**TRUTH, "answer": True}]
    assert load_quiz(course=course.page, quiz=quiz, now=now) is Loaded.CHANGED


def test_a_quiz_that_asks_more_than_its_bank_has_is_refused(course: SimpleNamespace, now: dt.datetime) -> None:
    with pytest.raises(BankError, match="3"):
        load_quiz(course=course.page, quiz={"title": "x", "ask": 3, "pass_mark": 70, "questions": [SINGLE, TRUTH]}, now=now)
    with pytest.raises(BankError, match="pass_mark"):
        load_quiz(course=course.page, quiz={"title": "x", "ask": 2, "questions": [SINGLE, TRUTH]}, now=now)
