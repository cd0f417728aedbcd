"""What a quiz promises: what is shown when, which attempt counts, what becomes of one that nobody handed in, the password."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from courses.models import Completion, Enrolment
from lrs import vocabulary as v
from lrs.models import Statement
from quizzes import actions, queries
from quizzes.deadlines import TOLERANCE, Phase, phase
from quizzes.marking import Method, grade
from quizzes.models import AnswerStep, Attempt, AttemptState
from quizzes.review import USUAL, Item, When, visible
from tests.quizzes.conftest import answer_all
from tests.quizzes.test_attempts import MINUTE, limit

START = dt.datetime(2026, 12, 1, 1, 0, tzinfo=dt.UTC)


def sit(enrolment: Enrolment, quiz: Any, right: int, now: dt.datetime) -> Attempt:
    attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now)
    answer_all(attempt, now, right=right)
    return actions.finish_attempt(attempt=attempt, now=now)


# --- what is shown when (Q26) ----------------------------------------------------------------------------------------

policies = st.dictionaries(st.sampled_from(list(Item)), st.sampled_from(list(When)))


@given(policies, st.booleans(), st.booleans(), st.booleans())
def test_what_is_shown_grows_with_time_and_never_beyond_the_policy(
    policy: dict[str, str], busy: bool, settled: bool, closed: bool
) -> None:
    shown = visible(policy, busy=busy, settled=settled, closed=closed)
    for item in shown:
        when = policy.get(item, USUAL[item])
        assert when != When.NEVER
        assert when != When.SETTLED or settled
        assert when != When.CLOSED or closed
    assert not busy or shown <= {Item.SCORE}
    assert shown <= {Item.SCORE} or Item.ANSWERS in shown, "nothing is said about a question that is not shown"
    assert shown <= visible(policy, busy=False, settled=True, closed=True)


@pytest.mark.parametrize("item", [one for one in Item if one is not Item.SCORE])
def test_what_the_policy_keeps_back_stands_nowhere_in_the_page(
    course: SimpleNamespace, enrolment: Enrolment, client: Client, an: Any, item: Item
) -> None:
    now = timezone.now()
    marks = {"remarks": "Nhắn-riêng-một", "explanations": "Giải-thích-chung"}
    for slot_version in course.quiz.category.questions.all():
        version = slot_version.versions.get()
        version.feedback = marks["explanations"]
        for option in version.body.get("options", []):
            option["feedback"] = marks["remarks"]
        version.save()
    limit(course.quiz, ask=8, attempts_allowed=1, **{f"show_{item}": When.NEVER})
    attempt = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now)
    slots = {slot.version.kind: slot for slot in attempt.slots.select_related("version")}
    wrong = slots["single"]
    chosen = next(one["id"] for one in wrong.version.body["options"] if not one["correct"])
    actions.save_answer(attempt=attempt, position=wrong.position, response={"choice": chosen}, now=now)
    actions.finish_attempt(attempt=attempt, now=now)
    client.force_login(an)
    text = client.get(f"/quizzes/attempts/{attempt.pk}/").content.decode()
    told = {
        Item.ANSWERS: "Xem lại bài làm", Item.VERDICTS: "Chưa đúng", Item.REMARKS: marks["remarks"],
        Item.EXPLANATIONS: marks["explanations"], Item.KEYS: "Đáp án: ",
    }  # fmt: skip
    shown = {one for one, words in told.items() if words in text}
    expected = set() if item is Item.ANSWERS else set(told) - {item}
    assert shown == expected, text
    if item is Item.KEYS:
        assert client.get(f"/quizzes/attempts/{attempt.pk}/evidence.pdf").status_code == 302


def test_a_score_that_is_told_after_closing_is_told_after_closing(
    course: SimpleNamespace, enrolment: Enrolment, client: Client, an: Any
) -> None:
    now = timezone.now()
    quiz = limit(course.quiz, closes_at=now + 30 * MINUTE, show_score=When.CLOSED, bands="5 | Khá lắm.\n8 | Rất chắc.")
    attempt = sit(enrolment, quiz, 5, now)
    client.force_login(an)
    text = client.get(f"/quizzes/attempts/{attempt.pk}/").content.decode()
    assert "10 điểm" not in text and "Rất chắc" not in text and "Điểm được báo sau giờ đóng" in text
    assert "10 điểm" not in client.get(quiz.url).content.decode()
    limit(quiz, closes_at=now - MINUTE)
    text = client.get(f"/quizzes/attempts/{attempt.pk}/").content.decode()
    assert "10 điểm" in text and "Rất chắc." in text and "Khá lắm" not in text


@pytest.mark.parametrize("bands", ["8", "8 |", "x | Tốt", "11 | Tốt", "1e1 | Tốt", "-1 | Tốt"])
def test_bands_that_make_no_sense_are_refused(course: SimpleNamespace, bands: str) -> None:
    course.quiz.bands = bands
    with pytest.raises(ValidationError) as told:
        course.quiz.clean()
    assert "bands" in told.value.message_dict


def test_what_is_shown_after_closing_needs_a_closing_time(course: SimpleNamespace) -> None:
    course.quiz.show_keys = When.CLOSED
    with pytest.raises(ValidationError) as told:
        course.quiz.clean()
    assert "closes_at" in told.value.message_dict


# --- which attempt counts (Q25) --------------------------------------------------------------------------------------

scores = st.lists(st.decimals(0, 10, places=2), min_size=1, max_size=6)


@given(scores, st.sampled_from(Method.values))
def test_the_grade_lies_among_the_scores(found: list[Decimal], method: str) -> None:
    told = grade(method, found)
    assert told is not None and min(found) <= told <= max(found)
    assert {"highest": max(found), "first": found[0], "last": found[-1]}.get(method, told) == told
    assert grade(method, []) is None


@pytest.mark.parametrize(
    ("method", "right", "passed", "score"),
    [
        ("highest", [5, 0], True, "10.00"), ("first", [2, 5], False, None), ("last", [0, 5], True, "10.00"),
        ("average", [2, 5], True, "7.00"), ("average", [2, 4], False, None),
    ],
)  # fmt: skip
def test_the_part_is_done_by_the_attempt_that_counts(
    course: SimpleNamespace,
    enrolment: Enrolment,
    now: dt.datetime,
    method: str,
    right: list[int],
    passed: bool,
    score: str | None,
) -> None:
    quiz = limit(course.quiz, grade_method=method)
    for place, count in enumerate(right):
        sit(enrolment, quiz, count, now + place * MINUTE)
    done = Completion.objects.filter(enrolment=enrolment, part=quiz.translation_key).first()
    assert (done is not None) == passed
    assert done is None or done.evidence["score"] == score
    panel = queries.panel(quiz=quiz, user=enrolment.learner, now=now)
    assert panel.passed == passed


# --- nobody handed it in (Q13) ---------------------------------------------------------------------------------------


@given(st.integers(1, 200), st.integers(0, 60), st.integers(-500, 10000))
def test_an_attempt_runs_then_waits_then_is_over(minutes: int, grace: int, after: int) -> None:
    ends = START + minutes * MINUTE
    now = ends + dt.timedelta(seconds=after)
    told = phase(ends, now, grace_minutes=grace)
    late = now - ends - TOLERANCE
    assert told is (Phase.RUNNING if late <= dt.timedelta(0) else Phase.OVERDUE if late <= grace * MINUTE else Phase.OVER)


def test_an_attempt_that_must_be_handed_in_is_not_counted_when_it_is_not(
    course: SimpleNamespace, enrolment: Enrolment, client: Client, an: Any, now: dt.datetime
) -> None:
    quiz = limit(course.quiz, time_limit_minutes=10, expiry="abandon")
    attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now)
    answer_all(attempt, now)
    assert actions.close_overdue(now=now + 10 * MINUTE) == 0
    assert actions.close_overdue(now=now + 11 * MINUTE) == 1
    attempt.refresh_from_db()
    assert (attempt.state, attempt.score, attempt.passed) == (AttemptState.ABANDONED, None, None)
    assert attempt.finished_at == now + 10 * MINUTE
    assert AnswerStep.objects.filter(slot__attempt=attempt).count() == 5, "what was answered is kept"
    assert not Completion.objects.filter(part=quiz.translation_key).exists()
    assert [one.verb for one in Statement.objects.order_by("seq")][-1] == v.ABANDONED.iri
    assert not Statement.objects.filter(verb=v.ANSWERED.iri).exists()
    assert actions.finish_attempt(attempt=attempt, now=now + 12 * MINUTE).state == AttemptState.ABANDONED
    client.force_login(an)
    assert "Lượt này không được tính" in client.get(f"/quizzes/attempts/{attempt.pk}/").content.decode()
    text = client.get(quiz.url).content.decode()
    assert "Không tính" in text
    again = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now + 12 * MINUTE)
    assert again.number == 2


def test_in_the_time_to_hand_in_nothing_can_be_changed_but_all_counts(
    course: SimpleNamespace, enrolment: Enrolment, client: Client, an: Any
) -> None:
    now = timezone.now()
    quiz = limit(course.quiz, time_limit_minutes=10, expiry="grace", grace_minutes=5)
    attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now - 11 * MINUTE)
    answer_all(attempt, now - 5 * MINUTE, right=4)
    with pytest.raises(actions.Closed):
        actions.save_answer(attempt=attempt, position=5, response={}, now=now)
    assert actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now) == attempt
    assert actions.close_overdue(now=now) == 0
    client.force_login(an)
    assert "Bạn còn nộp được đến" in client.get(f"/quizzes/attempts/{attempt.pk}/").content.decode()
    client.post(f"/quizzes/attempts/{attempt.pk}/finish/")
    attempt.refresh_from_db()
    assert (attempt.state, attempt.score) == (AttemptState.FINISHED, Decimal(8))
    late = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now)
    assert actions.close_overdue(now=now + 15 * MINUTE) == 0
    assert actions.close_overdue(now=now + 16 * MINUTE) == 1
    late.refresh_from_db()
    assert late.state == AttemptState.ABANDONED


@pytest.mark.parametrize(("expiry", "grace"), [("grace", None), ("submit", 5), ("abandon", 5)])
def test_time_to_hand_in_is_given_where_it_is_meant(course: SimpleNamespace, expiry: str, grace: int | None) -> None:
    course.quiz.expiry, course.quiz.grace_minutes = expiry, grace
    with pytest.raises(ValidationError) as told:
        course.quiz.clean()
    assert "grace_minutes" in told.value.message_dict


# --- the password ----------------------------------------------------------------------------------------------------


def test_a_quiz_with_a_password_begins_with_it_and_goes_on_without(
    course: SimpleNamespace, enrolment: Enrolment, client: Client, an: Any
) -> None:
    quiz = limit(course.quiz, password="Hoa Sứ 26")
    client.force_login(an)
    assert 'name="password"' in client.get(quiz.url).content.decode()
    for wrong in ({}, {"password": "hoa su 26"}, {"password": ""}):
        assert "Mật khẩu chưa đúng" in client.post(f"/quizzes/start/{quiz.pk}/", wrong, follow=True).content.decode()
    assert not Attempt.objects.exists()
    client.post(f"/quizzes/start/{quiz.pk}/", {"password": " hoa sứ 26 "})
    assert Attempt.objects.count() == 1
    assert client.post(f"/quizzes/start/{quiz.pk}/").url == f"/quizzes/attempts/{Attempt.objects.get().pk}/"
    assert "Hoa Sứ" not in client.get(quiz.url).content.decode()
