"""When a quiz may be begun and when an attempt ends."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from courses.models import Enrolment
from quizzes import actions
from quizzes.deadlines import Hindrance, Terms, deadline, hindrance
from tests.quizzes.test_attempts import MINUTE, limit

START = dt.datetime(2026, 12, 1, 1, 0, tzinfo=dt.UTC)
moments = st.integers(-500, 500).map(lambda minutes: START + minutes * MINUTE)
terms = st.builds(
    Terms, opens_at=st.none() | moments, closes_at=st.none() | moments, minutes=st.none() | st.integers(1, 120),
    attempts=st.none() | st.integers(1, 3), delay_minutes=st.none() | st.integers(1, 90),
)  # fmt: skip


@given(terms, moments)
def test_an_attempt_ends_at_the_first_of_what_ends_it(held: Terms, started: dt.datetime) -> None:
    ends = deadline(held, started)
    assert (ends is None) == (held.minutes is None and held.closes_at is None)
    if ends:
        assert ends in {held.closes_at, started + (held.minutes or 0) * MINUTE}
        assert held.closes_at is None or ends <= held.closes_at
        assert held.minutes is None or ends <= started + held.minutes * MINUTE


@given(terms, st.integers(0, 3), st.none() | moments, moments)
def test_who_is_told_to_wait_can_begin_when_the_time_has_come_and_not_before(
    held: Terms, used: int, last: dt.datetime | None, now: dt.datetime
) -> None:
    last = last if used and last and last <= now else None
    told = hindrance(held, used=used, last_finished=last, now=now)
    if told is None:
        assert held.opens_at is None or held.opens_at <= now
        assert held.closes_at is None or now < held.closes_at
        assert held.attempts is None or used < held.attempts
        return
    if told.why in {Hindrance.NO_ATTEMPT_LEFT, Hindrance.CLOSED}:
        assert told.until is None
        return
    assert told.until and told.until > now
    assert hindrance(held, used=used, last_finished=last, now=told.until - dt.timedelta(seconds=1)) is not None
    then = hindrance(held, used=used, last_finished=last, now=told.until)
    assert then is None or then.why is Hindrance.CLOSED


def test_closing_time_ends_an_attempt_begun_late(course: SimpleNamespace, enrolment: Enrolment, now: dt.datetime) -> None:
    limit(course.quiz, time_limit_minutes=30, closes_at=now + 10 * MINUTE)
    attempt = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now)
    assert attempt.deadline == now + 10 * MINUTE
    limit(course.quiz, closes_at=now + 5 * MINUTE)
    attempt.refresh_from_db()
    assert attempt.deadline == now + 10 * MINUTE, "what was promised at the start holds"


def test_before_and_after_the_window_and_in_the_pause_nothing_begins(
    course: SimpleNamespace, enrolment: Enrolment, now: dt.datetime
) -> None:
    limit(course.quiz, opens_at=now + MINUTE, closes_at=now + 60 * MINUTE, delay_minutes=20)

    def refused(at: dt.datetime) -> Hindrance:
        with pytest.raises(actions.NotNow) as refusal:
            actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=at)
        return refusal.value.refusal.why

    assert refused(now) is Hindrance.NOT_OPEN
    attempt = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now + MINUTE)
    actions.finish_attempt(attempt=attempt, now=now + 5 * MINUTE)
    assert refused(now + 24 * MINUTE) is Hindrance.WAIT
    again = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now + 25 * MINUTE)
    actions.finish_attempt(attempt=again, now=now + 41 * MINUTE)
    assert refused(now + 42 * MINUTE) is Hindrance.CLOSED, "the pause would last beyond closing time"
    assert refused(now + 60 * MINUTE) is Hindrance.CLOSED


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"opens_at": 60}, "Bài mở lúc"), ({"closes_at": -1}, "Bài kiểm tra đã đóng"),
        ({"delay_minutes": 30}, "Lượt sau bắt đầu được từ"),
    ],
)  # fmt: skip
def test_the_page_says_when(course: SimpleNamespace, enrolment: Enrolment, an: Any, rules: dict[str, int], told: str) -> None:
    now = timezone.now()
    if "delay_minutes" in rules:
        attempt = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now - 2 * MINUTE)
        actions.finish_attempt(attempt=attempt, now=now - MINUTE)
    limit(course.quiz, **{name: value if name == "delay_minutes" else now + value * MINUTE for name, value in rules.items()})
    client = Client()
    client.force_login(an)
    page = client.get(course.quiz.url).content.decode()
    assert told in page and "Bắt đầu làm bài" not in page and "Làm lại" not in page
    reply = client.post(f"/quizzes/start/{course.quiz.pk}/", follow=True).content.decode()
    assert "Trang này nói rõ khi nào làm được" in reply and told in reply


def test_a_window_that_closes_before_it_opens_is_refused(course: SimpleNamespace, now: dt.datetime) -> None:
    course.quiz.opens_at = course.quiz.closes_at = now
    with pytest.raises(ValidationError, match="sau giờ mở"):
        course.quiz.full_clean()
