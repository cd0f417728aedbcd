"""Other terms for some learners: given with a reason by who is in charge of them, used at once, never to their harm."""

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

from courses.models import Enrolment
from people.models import Reading
from quizzes import actions, queries
from quizzes.deadlines import Change, Terms, changed
from quizzes.models import Accommodation, Attempt, Override
from tests import world
from tests.quizzes.test_attempts import MINUTE, limit
from tests.quizzes.test_deadlines import moments, terms

changes = st.builds(
    Change, opens_at=st.none() | moments, closes_at=st.none() | moments, minutes=st.none() | st.integers(1, 200),
    attempts=st.none() | st.integers(1, 9),
)  # fmt: skip
factors = st.decimals(1, 3, places=2)


@given(terms, st.none() | changes, st.lists(changes, max_size=3), factors)
def test_her_own_comes_first_then_the_most_generous_of_her_groups_then_the_quizs(
    held: Terms, own: Change | None, groups: list[Change], factor: Decimal
) -> None:
    told = changed(held, own=own, of_groups=groups, factor=factor)
    for name, most in (("opens_at", min), ("closes_at", max), ("attempts", max)):
        mine = getattr(own, name) if own else None
        theirs = [getattr(one, name) for one in groups if getattr(one, name) is not None]
        limited = getattr(held, name) is not None
        expected = None if not limited else mine if mine is not None else most(theirs) if theirs else getattr(held, name)
        assert getattr(told, name) == expected
    assert told.delay_minutes == held.delay_minutes
    assert (told.minutes is None) == (held.minutes is None)
    plain = changed(held, own=own, of_groups=groups)
    if told.minutes is not None and plain.minutes is not None:
        assert 0 <= told.minutes - plain.minutes * factor < 1


@given(terms, factors)
def test_without_exceptions_only_the_time_gets_longer(held: Terms, factor: Decimal) -> None:
    told = changed(held, factor=factor)
    assert (told.opens_at, told.closes_at, told.attempts) == (held.opens_at, held.closes_at, held.attempts)
    assert told.minutes == held.minutes if factor == 1 else (told.minutes or 0) >= (held.minutes or 0)


# --- in use ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def timed(course: SimpleNamespace) -> Any:
    return limit(course.quiz, time_limit_minutes=20, attempts_allowed=1)


@pytest.fixture
def head(city: SimpleNamespace) -> Any:
    return world.make_owner("hieu", "Lý Văn Hiếu", city.city)


def test_more_time_is_there_at_the_start_and_is_told_before(
    timed: Any, enrolment: Enrolment, an: Any, head: Any, client: Client
) -> None:
    now = timezone.now()
    actions.give_accommodation(learner=an, factor=Decimal("1.5"), reason="Quyết định 12", by=head, now=now)
    client.force_login(an)
    text = client.get(timed.url).content.decode()
    assert "30 phút cho mỗi lượt" in text and "dành riêng cho bạn" in text
    attempt = actions.start_attempt(enrolment=enrolment, quiz=timed, now=now)
    assert attempt.deadline == now + 30 * MINUTE
    assert (attempt.rules["time_limit_minutes"], attempt.rules["factor"]) == (30, "1.50")
    assert "Quyết định" not in text, "the reason is for who gives it"


def test_another_attempt_is_there_for_her_alone(timed: Any, enrolment: Enrolment, an: Any, head: Any, now: dt.datetime) -> None:
    actions.finish_attempt(attempt=actions.start_attempt(enrolment=enrolment, quiz=timed, now=now), now=now)
    with pytest.raises(actions.NoAttemptsLeft):
        actions.start_attempt(enrolment=enrolment, quiz=timed, now=now)
    assert Attempt.objects.get().number == 1
    actions.give_override(quiz=timed, learners=[an], change=Change(attempts=2), reason="Mất điện", by=head, now=now)
    assert queries.panel(quiz=timed, user=an, now=now).left == 1
    assert actions.start_attempt(enrolment=enrolment, quiz=timed, now=now).number == 2


def test_an_open_attempt_gains_at_once_and_loses_nothing(
    timed: Any, enrolment: Enrolment, an: Any, head: Any, now: dt.datetime
) -> None:
    attempt = actions.start_attempt(enrolment=enrolment, quiz=timed, now=now)
    given_ = actions.give_override(
        quiz=timed, learners=[an], change=Change(minutes=45), reason="Mất điện", by=head, now=now + MINUTE
    )  # fmt: skip
    attempt.refresh_from_db()
    assert attempt.deadline == attempt.check_at == now + 45 * MINUTE
    assert attempt.rules["overrides"] == [given_[0].pk]
    assert attempt.rules["deadline_before"] == (now + 20 * MINUTE).astimezone(dt.UTC).isoformat()
    again = actions.give_override(
        quiz=timed, learners=[an], change=Change(minutes=45), reason="Mất điện", by=head, now=now + 2 * MINUTE
    )  # fmt: skip
    assert again == given_ and Override.objects.count() == 1
    actions.give_override(quiz=timed, learners=[an], change=Change(minutes=5), reason="Nhầm", by=head, now=now + 3 * MINUTE)
    actions.withdraw_override(override=Override.objects.standing().get(), by=head, now=now + 4 * MINUTE)
    attempt.refresh_from_db()
    assert attempt.deadline == now + 45 * MINUTE


def test_time_that_is_over_is_not_given_again(timed: Any, enrolment: Enrolment, an: Any, head: Any, now: dt.datetime) -> None:
    attempt = actions.start_attempt(enrolment=enrolment, quiz=timed, now=now)
    actions.give_override(quiz=timed, learners=[an], change=Change(minutes=90), reason="Muộn", by=head, now=now + 21 * MINUTE)
    attempt.refresh_from_db()
    assert attempt.deadline == now + 20 * MINUTE


def test_only_who_is_in_charge_of_all_of_them_gives_it_and_with_a_reason(
    timed: Any, city: SimpleNamespace, an: Any, chi: Any, binh: Any, now: dt.datetime
) -> None:
    lan, pupil = world.make_user("lan", "Đỗ Thị Lan"), world.make_user("em-hoa", "Lê Thị Hoa")
    world.join(lan, city.ward)
    world.join(pupil, city.school, "hoc_sinh")
    for by, learners in ((chi, [an]), (chi, [lan, an]), (chi, [pupil]), (binh, [lan]), (an, [an]), (chi, [])):
        with pytest.raises(actions.NotYours):
            actions.give_override(quiz=timed, learners=learners, change=Change(minutes=30), reason="x", by=by, now=now)
    with pytest.raises(actions.NoReason):
        actions.give_override(quiz=timed, learners=[lan], change=Change(minutes=30), reason="  ", by=chi, now=now)
    with pytest.raises(actions.NothingGiven):
        actions.give_override(quiz=timed, learners=[lan], change=Change(), reason="x", by=chi, now=now)
    with pytest.raises(ValidationError):
        actions.give_accommodation(learner=lan, factor=Decimal("0.5"), reason="x", by=chi, now=now)
    assert not Override.objects.exists() and not Accommodation.objects.exists()
    actions.give_override(quiz=timed, learners=[lan], change=Change(minutes=30), reason="x", by=chi, now=now)
    actions.give_accommodation(learner=pupil, factor=Decimal("1.5"), reason="x", by=binh, now=now)
    mine = Override.objects.get()
    with pytest.raises(actions.NotYours):
        actions.withdraw_override(override=mine, by=binh, now=now)


def test_more_time_ends_with_its_last_day(timed: Any, an: Any, head: Any, now: dt.datetime) -> None:
    until = timezone.localdate(now)
    actions.give_accommodation(learner=an, factor=Decimal(2), reason="Gãy tay", by=head, now=now, until=until)
    assert queries.terms_for(timed, an.pk, now).terms.minutes == 40
    assert queries.terms_for(timed, an.pk, now + dt.timedelta(days=1)).terms.minutes == 20
    later = now + dt.timedelta(days=2)
    actions.give_accommodation(learner=an, factor=Decimal("1.5"), reason="Gãy tay", by=head, now=later)
    assert queries.terms_for(timed, an.pk, later).terms.minutes == 30
    assert Accommodation.objects.count() == 2, "what was before is kept"


# --- the pages -------------------------------------------------------------------------------------------------------


@pytest.fixture
def officer(client: Client, chi: Any) -> Client:
    world.give_second_factor(chi)
    world.log_in_whole(client, chi)
    return client


def test_a_room_gets_ten_minutes_more_and_gives_them_back(officer: Client, timed: Any, city: SimpleNamespace, chi: Any) -> None:
    people = [world.make_user(f"phong-{n}", f"Lê Văn {n}") for n in range(3)]
    for one in people:
        world.join(one, city.ward)
    url = f"/quizzes/terms/{timed.pk}/"
    assert "Chưa có ai" in officer.get(url).content.decode()
    key = "8a0a2c9e-0f5e-4c34-9f0b-3f1f0d1b7c11"
    posted = {"key": key, "people": "phong-0\r\nPHONG-1@example.com;\r\n phong-2", "minutes": "30", "reason": "Mất điện"}
    for _twice in range(2):
        assert officer.post(url, posted).status_code == 302
    assert Override.objects.standing().count() == 3
    text = officer.get(url).content.decode()
    assert text.count("30 phút mỗi lượt") == 3 and "Mất điện" in text
    assert Reading.objects.filter(reader=chi, kind="terms", person=people[0]).exists()
    officer.post(f"/quizzes/terms/withdraw/{Override.objects.first().pk}/", {"group": "1"})
    assert not Override.objects.standing().exists()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"people": "an", "minutes": "30", "reason": "x"}, "Không tìm thấy trong phạm vi của bạn: an"),
        ({"people": "khong-co-ai", "minutes": "30", "reason": "x"}, "Không tìm thấy trong phạm vi của bạn: khong-co-ai"),
        ({"people": "lan", "reason": "x"}, "Chưa thay đổi gì"),
        ({"people": "lan", "minutes": "30"}, "Lý do"),
        ({"people": "lan", "minutes": "0", "reason": "x"}, "1"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_given(
    officer: Client, timed: Any, city: SimpleNamespace, an: Any, fields: dict[str, str], told: str
) -> None:
    world.join(world.make_user("lan", "Đỗ Thị Lan"), city.ward)
    answer = officer.post(f"/quizzes/terms/{timed.pk}/", {"key": "8a0a2c9e-0f5e-4c34-9f0b-3f1f0d1b7c11", **fields})
    assert answer.status_code == 200 and told in answer.content.decode()
    assert not Override.objects.exists()


def test_more_time_in_every_quiz_from_its_page(officer: Client, city: SimpleNamespace) -> None:
    lan = world.make_user("lan", "Đỗ Thị Lan")
    world.join(lan, city.ward)
    answer = officer.post("/quizzes/accommodations/", {"people": "lan", "factor": "1,5", "reason": "Quyết định 12"}, follow=True)
    assert "gấp 1,5 lần" in answer.content.decode()
    officer.post(f"/quizzes/accommodations/{Accommodation.objects.get().pk}/withdraw/")
    assert "đã rút" in officer.get("/quizzes/accommodations/").content.decode()


def test_a_quiz_that_limits_nothing_has_nothing_to_give(officer: Client, course: SimpleNamespace) -> None:
    assert "không có gì để thêm" in officer.get(f"/quizzes/terms/{course.quiz.pk}/").content.decode()


@pytest.mark.parametrize("path", ["terms", "accommodations"])
def test_the_lists_ask_the_database_as_often_for_thirty_as_for_three(
    officer: Client, timed: Any, city: SimpleNamespace, chi: Any, now: dt.datetime, path: str, django_assert_max_num_queries: Any
) -> None:
    url = f"/quizzes/terms/{timed.pk}/" if path == "terms" else "/quizzes/accommodations/"
    counts = []
    for upto in (3, 30):
        for number in range(Override.objects.count(), upto):
            one = world.make_user(f"ng-{number}", f"Lê Văn {number}")
            world.join(one, city.ward)
            actions.give_override(quiz=timed, learners=[one], change=Change(minutes=30), reason="x", by=chi, now=now)
            actions.give_accommodation(learner=one, factor=Decimal("1.5"), reason="x", by=chi, now=now)
        officer.get(url)
        with django_assert_max_num_queries(30) as caught:
            officer.get(url)
        counts.append(len(caught))
    assert counts[0] == counts[1]
