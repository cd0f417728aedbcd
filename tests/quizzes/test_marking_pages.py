"""The pages of whoever marks: the queue, one answer, names only where the quiz says so, nothing seen too early."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from courses.actions import enrol
from people.models import Reading
from quizzes import actions, queries
from quizzes.models import Attempt, ManualMark, QuizPage
from tests import world
from tests.quizzes.by_hand import CANARY, ESSAY, PLAIN, TASK, set_up, sit, slot

MINUTE = dt.timedelta(minutes=1)
TEXT = "AI giúp tôi <b>soạn</b> thông báo."


@pytest.fixture
def quiz(course: SimpleNamespace, now: dt.datetime) -> QuizPage:
    return set_up(course.quiz, ESSAY, now=now)


def hand_in(course: SimpleNamespace, quiz: QuizPage, count: int, now: dt.datetime, start: int = 0) -> list[Attempt]:
    found = []
    for number in range(start, start + count):
        learner = world.make_user(f"hoc-{number}", f"Người Học {number}")
        enrolment = enrol(learner=learner, course=course.page, now=now)
        found.append(sit(enrolment, quiz, now + number * MINUTE, essay={"text": TEXT}, practical={"text": TEXT, "checks": ["a"]}))
    return found


@pytest.fixture
def attempt(course: SimpleNamespace, quiz: QuizPage, now: dt.datetime) -> Attempt:
    return hand_in(course, quiz, 1, now)[0]


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def owner(dung: Any) -> Client:
    return signed_in(dung)


@pytest.fixture
def editor(city: SimpleNamespace) -> Client:
    user = world.make_user("em", "Đặng Ngọc Em")
    world.grant(user, "editor", city.city)
    return signed_in(user)


def page(attempt: Attempt, code: str = "tu-luan") -> str:
    return f"/quizzes/marking/answers/{slot(attempt, code).pk}/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_what_waits_is_told_by_question(owner: Client, course: SimpleNamespace, quiz: QuizPage, now: dt.datetime) -> None:
    assert "Không có bài nào chờ bạn chấm" in text(owner.get("/quizzes/marking/"))
    hand_in(course, quiz, 3, now)
    shown = text(owner.get("/quizzes/marking/"))
    assert "3 bài chờ" in shown and "Người Học" not in shown
    [pile] = queries.piles(owner.get("/quizzes/marking/").wsgi_request.user)
    assert (pile.count, pile.oldest) == (3, now)


@pytest.mark.parametrize("count", [3, 30])
def test_no_page_asks_more_where_more_waits(
    owner: Client, course: SimpleNamespace, quiz: QuizPage, now: dt.datetime, count: int, django_assert_max_num_queries: Any
) -> None:
    attempts = hand_in(course, quiz, count, now)
    question = slot(attempts[0], "tu-luan").version.question_id
    for address in ("/quizzes/marking/", f"/quizzes/marking/{quiz.pk}/{question}/", page(attempts[0])):
        owner.get(address)
        with django_assert_max_num_queries(19):
            assert owner.get(address).status_code == 200
    with django_assert_max_num_queries(2):
        queries.piles(attempts[0].enrolment.learner)


def test_an_answer_is_marked_and_the_next_one_opens(
    owner: Client, course: SimpleNamespace, quiz: QuizPage, now: dt.datetime
) -> None:
    first, second = hand_in(course, quiz, 2, now)
    shown = text(owner.get(page(first)))
    assert CANARY in shown and "&lt;b&gt;soạn" in shown and "<b>soạn" not in shown and "Rõ ý" in shown
    assert f"Bài {first.alias}" in shown and "Người Học" not in shown
    answer = owner.post(page(first), {"seen": 0, "level-1": "1", "level-2": "1", "comment": "Khá"})
    assert answer.status_code == 302 and answer["Location"] == page(second)
    first.refresh_from_db()
    assert (first.score, first.passed) == (Decimal("8.00"), True)
    answer = owner.post(page(second), {"seen": 0, "level-1": "0", "level-2": "0", "comment": ""})
    shown = text(owner.get(answer["Location"]))
    assert "Bạn đã chấm hết" in shown and "0 trên 4 điểm" in shown
    assert Reading.objects.filter(person=first.enrolment.learner).exists()


def test_a_mark_out_of_bounds_is_told_and_what_was_typed_stays(owner: Client, attempt: Attempt) -> None:
    for posted in ({}, {"seen": 0, "level-1": "9", "level-2": "0"}, {"seen": 0, "level-1": "1"}):
        answer = owner.post(page(attempt), {**posted, "comment": "Giữ lời này"})
        assert answer.status_code == 422 and "Chưa ghi điểm" in text(answer) and "Giữ lời này" in text(answer)
    assert not ManualMark.objects.exists()


def test_points_are_typed_as_people_type_them(
    owner: Client, course: SimpleNamespace, now: dt.datetime
) -> None:  # fmt: skip
    first, second = hand_in(course, set_up(course.quiz, PLAIN, now=now), 2, now)
    assert owner.post(page(first, "tu-do"), {"seen": 0, "points": "2,5"}).status_code == 422
    assert owner.post(page(first, "tu-do"), {"seen": 0, "points": "1,5"}).status_code == 302
    assert owner.post(page(second, "tu-do"), {"seen": 0, "points": "0.75"}).status_code == 302
    assert [slot(one, "tu-do").mark for one in (first, second)] == [Decimal("1.5"), Decimal("0.75")]


def test_another_was_quicker(owner: Client, editor: Client, attempt: Attempt) -> None:
    owner.post(page(attempt), {"seen": 0, "level-1": "2", "level-2": "1", "comment": ""})
    answer = editor.post(page(attempt), {"seen": 0, "level-1": "0", "level-2": "0", "comment": "Tôi thấy khác"})
    assert answer.status_code == 409 and "Phạm Quốc Dũng vừa chấm bài này" in text(answer) and "Tôi thấy khác" in text(answer)
    assert slot(attempt, "tu-luan").mark == 4


def test_a_name_is_shown_only_where_the_quiz_says_so(owner: Client, attempt: Attempt, quiz: QuizPage) -> None:
    quiz.anonymous_marking = False
    quiz.save()
    question = slot(attempt, "tu-luan").version.question_id
    for address in (page(attempt), f"/quizzes/marking/{quiz.pk}/{question}/"):
        assert "Người Học 0" in text(owner.get(address))


def test_the_second_marker_sees_nothing_of_the_first(
    owner: Client, editor: Client, course: SimpleNamespace, quiz: QuizPage, now: dt.datetime
) -> None:
    quiz.second_marker = True
    quiz.save()
    [attempt] = hand_in(course, quiz, 1, now)
    owner.post(page(attempt), {"seen": 0, "level-1": "2", "level-2": "1", "comment": "LỜI THỨ NHẤT"})
    shown = text(editor.get(page(attempt)))
    assert "LỜI THỨ NHẤT" not in shown and "Phạm Quốc Dũng" not in shown and "hai người chấm riêng" in shown
    assert "LỜI THỨ NHẤT" in text(owner.get(page(attempt)))
    assert text(owner.get("/quizzes/marking/")).count("bài chờ") == 0  # it waits for another
    assert "1 bài chờ" in text(editor.get("/quizzes/marking/"))
    editor.post(page(attempt), {"seen": 1, "level-1": "2", "level-2": "1", "comment": "LỜI THỨ HAI"})
    assert "LỜI THỨ HAI" in text(owner.get(page(attempt)))
    assert Attempt.objects.get().state == "finished"


def test_a_practical_task_with_its_self_check(owner: Client, course: SimpleNamespace, now: dt.datetime) -> None:
    [attempt] = hand_in(course, set_up(course.quiz, TASK, now=now), 1, now)
    shown = text(owner.get(page(attempt, "thuc-hanh")))
    assert "Không có dữ liệu của ai" in shown and "đã làm" in shown and "chưa đánh dấu" in shown


def test_strangers_find_nothing(attempt: Attempt, binh: Any, outsider: Any, chi: Any) -> None:
    learner = attempt.enrolment.learner
    for user in (binh, outsider, chi, learner):
        assert signed_in(user).get(page(attempt)).status_code == 404
    assert signed_in(chi).get("/quizzes/marking/").status_code == 404
    assert "Không có bài nào" in text(signed_in(outsider).get("/quizzes/marking/"))


# --- the learner -----------------------------------------------------------------------------------------------------------


def test_the_learner_reads_what_was_given_and_never_who(owner: Client, attempt: Attempt, quiz: QuizPage) -> None:
    learner = signed_in(attempt.enrolment.learner)
    mine = f"/quizzes/attempts/{attempt.pk}/"
    waiting = text(learner.get(mine))
    assert "Đã nộp, chờ người chấm" in waiting and "Chưa đạt" not in waiting and CANARY not in waiting
    assert "chờ người chấm" in text(learner.get(quiz.url)) and "chờ người chấm" in text(learner.get("/learn/"))
    owner.post(page(attempt), {"seen": 0, "level-1": "1", "level-2": "1", "comment": "Viết <b>rõ</b> hơn."})
    told = text(learner.get(mine))
    for said in ("Người chấm cho 3,2 trên 4 điểm", "tạm", "đúng", "Viết &lt;b&gt;rõ", "8 điểm"):
        assert said in told, said
    assert "Phạm Quốc Dũng" not in told and CANARY not in told
    assert "đã chấm xong" in text(learner.get("/learn/"))


def test_while_another_attempt_is_open_nothing_is_reviewed(
    attempt: Attempt, quiz: QuizPage, now: dt.datetime
) -> None:  # fmt: skip
    actions.start_attempt(enrolment=attempt.enrolment, quiz=quiz, now=now + MINUTE)
    shown = text(signed_in(attempt.enrolment.learner).get(f"/quizzes/attempts/{attempt.pk}/"))
    assert "Đã nộp, chờ người chấm" in shown and "soạn" not in shown


def test_a_judged_answer_is_corrected_with_a_reason(owner: Client, editor: Client, attempt: Attempt) -> None:
    owner.post(page(attempt), {"seen": 0, "level-1": "0", "level-2": "0", "comment": ""})
    assert editor.post(page(attempt), {"seen": 1, "level-1": "2", "level-2": "1", "comment": " "}).status_code == 422
    answer = editor.post(page(attempt), {"seen": 1, "level-1": "2", "level-2": "1", "comment": "Chấm nhầm bài khác"})
    assert answer.status_code == 302
    attempt.refresh_from_db()
    assert (attempt.score, attempt.passed) == (Decimal(10), True)
    told = text(signed_in(attempt.enrolment.learner).get(f"/quizzes/attempts/{attempt.pk}/"))
    assert "Chấm lại" in told and "Chấm nhầm bài khác" in told and "điểm trước đó là 0" in told
