"""What is told and what is not, without a database."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from reminders.judgement import DEFAULTS, SET, Fact, Hours, Policy, Rule, Told, holds, judge
from tests.reminders.conftest import MORNING

DAY = dt.timedelta(days=1)
HOURS = Hours()


def fact(rule=Rule.OVERDUE, topic="requirement:1", at=MORNING - DAY, **more) -> Fact:
    return Fact(rule=rule, topic=topic, at=at, title="Khóa thử", **more)


def chosen(facts, told=(), stopped=(), now=MORNING, sent_today=0, policies=DEFAULTS):
    verdict = judge(
        facts, policies=policies, told=told, stopped=stopped, sent_today=sent_today, hours=HOURS, now=now
    )
    return [(one.rule, period) for one, period in verdict.chosen], verdict


def told_of(verdict, day) -> list[Told]:
    return [Told(one.rule, one.topic, period, day) for one, period in verdict.chosen]


def test_an_overdue_thing_is_told_each_week_four_times_and_then_no_more() -> None:
    told, days = [], []
    for day in range(80):
        now = MORNING + day * DAY
        _found, verdict = chosen([fact()], told, now=now)
        if verdict.chosen:
            days.append(day)
        told += told_of(verdict, now.date())
    assert days == [0, 7, 14, 21]


def test_a_date_that_is_moved_is_told_anew() -> None:
    soon = fact(Rule.DUE_SOON, at=MORNING + 2 * DAY)
    _found, verdict = chosen([soon])
    told = told_of(verdict, MORNING.date())
    assert chosen([soon], told, now=MORNING + DAY)[0] == []
    moved = fact(Rule.DUE_SOON, at=MORNING + 3 * DAY)
    assert chosen([moved], told, now=MORNING + DAY)[0] == [(Rule.DUE_SOON, "2026-11-26T08:00")]


@pytest.mark.parametrize(
    ("rule", "at", "expected"),
    [
        (Rule.DUE_SOON, MORNING + 3 * DAY + dt.timedelta(hours=15), True),  # the evening of the third day
        (Rule.DUE_SOON, MORNING + 4 * DAY, False),
        (Rule.DUE_SOON, MORNING - dt.timedelta(minutes=1), False),
        (Rule.STARTS, MORNING + dt.timedelta(hours=30), True),
        (Rule.STARTS, MORNING + dt.timedelta(hours=41), False),
        (Rule.OVERDUE, MORNING - dt.timedelta(minutes=1), True),
        (Rule.OVERDUE, MORNING - 400 * DAY, False),
        (Rule.CERTIFICATE, MORNING - DAY, True),
        (Rule.CERTIFICATE, MORNING - 3 * DAY, False),
        (Rule.EXPIRING, MORNING + 30 * DAY, True),
    ],
)
def test_when_something_is_worth_telling(rule, at, expected) -> None:
    assert holds(fact(rule, at=at), DEFAULTS[rule], MORNING) is expected


def test_a_letter_that_waited_still_tells_of_a_certificate() -> None:
    old = fact(Rule.CERTIFICATE, at=MORNING - 5 * DAY)
    assert not holds(old, DEFAULTS[Rule.CERTIFICATE], MORNING)
    assert holds(old, DEFAULTS[Rule.CERTIFICATE], MORNING, sending=True)


def test_what_is_required_cannot_be_stopped_and_the_rest_can() -> None:
    both = [fact(required=True), fact(topic="assignment:2")]
    found, verdict = chosen(both, stopped={Rule.OVERDUE})
    assert [one.topic for one, _period in verdict.chosen] == ["requirement:1"] and verdict.stopped == 1
    assert len(found) == 1


def test_what_is_off_is_not_told_and_the_cap_holds_everything_back() -> None:
    assert chosen([fact()], policies={})[0] == []
    found, verdict = chosen([fact()], sent_today=2)
    assert found == [] and verdict.capped
    assert not chosen([], sent_today=2)[1].capped


def test_a_letter_tells_the_most_pressing_first() -> None:
    facts = [fact(Rule.CERTIFICATE, "certificate:x"), fact(Rule.DUE_SOON, at=MORNING + DAY), fact()]
    assert [rule for rule, _period in chosen(facts)[0]] == [Rule.OVERDUE, Rule.DUE_SOON, Rule.CERTIFICATE]


@pytest.mark.parametrize(
    ("at", "opens"),
    [("07:29", "23 07:30"), ("07:30", "23 07:30"), ("19:59", "23 19:59"), ("20:00", "24 07:30"), ("23:50", "24 07:30")],
)
def test_quiet_hours(at, opens) -> None:
    hour, minute = map(int, at.split(":"))
    now = MORNING.replace(hour=hour, minute=minute)
    assert timezone.localtime(HOURS.next_open(now)).strftime("%d %H:%M") == opens
    assert HOURS.open_at(now) is (HOURS.next_open(now) == now)


_facts = st.builds(
    Fact,
    rule=st.sampled_from(list(Rule)), topic=st.sampled_from(["a", "b", "c"]),
    at=st.integers(-40 * 24, 40 * 24).map(lambda hours: MORNING + dt.timedelta(hours=hours)), required=st.booleans(),
)  # fmt: skip
_policies = st.fixed_dictionaries(
    {rule: st.builds(Policy, ahead=st.integers(1, 30), every=st.integers(1, 9), most=st.integers(1, 4)) for rule in Rule}
)


@given(st.lists(_facts, max_size=8, unique_by=lambda one: (one.rule, one.topic)), _policies,
       st.sets(st.sampled_from(list(Rule))), st.integers(1, 3))  # fmt: skip
def test_over_three_weeks_nothing_is_told_twice_and_no_rule_too_often(facts, policies, stopped, a_day) -> None:
    told: list[Told] = []
    for half_day in range(42):
        now = MORNING + half_day * dt.timedelta(hours=12)
        sent_today = len({(one.day, half_day) for one in told if one.day == now.date()})
        verdict = judge(
            facts, policies=policies, told=told, stopped=stopped, sent_today=sent_today, hours=Hours(a_day=a_day), now=now
        )
        told += told_of(verdict, now.date())
    keys = [(one.rule, one.topic, one.period) for one in told]
    assert len(keys) == len(set(keys))
    for rule in Rule:
        days = sorted({one.day for one in told if one.rule == rule})
        assert all((later - earlier).days >= policies[rule].every for earlier, later in zip(days, days[1:], strict=False))
        if rule == Rule.REQUEST:
            continue
        per_topic = [sum(one.rule == rule and one.topic == topic for one in told) for topic in "abc"]
        assert max(per_topic) <= (policies[rule].most if rule == Rule.OVERDUE else 1)
        if rule in stopped:
            required = {one.topic for one in facts if one.rule == rule and one.required}
            assert {one.topic for one in told if one.rule == rule} <= required


def test_every_number_an_owner_sets_is_within_its_bounds_by_default() -> None:
    for rule, numbers in SET.items():
        for name, (least, most) in numbers.items():
            assert least <= getattr(DEFAULTS[rule], name) <= most
