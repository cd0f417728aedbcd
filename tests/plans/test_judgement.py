"""How a figure stands against a target, for every operator."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.judgement import Aim, Status, bounds, deadline_day, judge
from plans.models import Operator

BEFORE, DEADLINE, AFTER = dt.date(2026, 11, 23), dt.date(2026, 12, 31), dt.date(2027, 1, 1)
figures = st.decimals(min_value=0, max_value=10_000, places=2, allow_nan=False, allow_infinity=False)
positive = st.decimals(min_value=Decimal("0.01"), max_value=10_000, places=2, allow_nan=False, allow_infinity=False)
numbered = st.sampled_from([one for one in Operator.values if one not in {"count", "bool"}])
REACHED = {Status.MET, Status.EXCEEDED}


def aim(operator: str, low: Decimal | None, span: Decimal = Decimal(0)) -> Aim:
    return Aim(operator=operator, low=low, high=None if low is None else low + span, tolerance=Decimal("0.1"))


@given(operator=st.sampled_from(Operator.values), low=positive, span=positive)
def test_no_figure_is_never_a_verdict(operator: str, low: Decimal, span: Decimal) -> None:
    assert judge(aim(operator, low, span), None, today=AFTER, deadline=DEADLINE) == Status.NO_FIGURE


@given(operator=numbered, low=positive, span=positive, value=figures, more=figures)
def test_a_greater_figure_never_stands_worse(operator: str, low: Decimal, span: Decimal, value: Decimal, more: Decimal) -> None:
    rank = [Status.NOT_MET, Status.BEHIND, Status.ONGOING, Status.MET, Status.EXCEEDED]
    for today in (BEFORE, AFTER):
        stands = [judge(aim(operator, low, span), one, today=today, deadline=DEADLINE) for one in (value, value + more)]
        assert rank.index(stands[0]) <= rank.index(stands[1])


@given(operator=numbered, low=positive, span=positive, value=figures)
def test_the_deadline_changes_only_what_is_not_reached(operator: str, low: Decimal, span: Decimal, value: Decimal) -> None:
    one = aim(operator, low, span)
    before, after = (judge(one, value, today=day, deadline=DEADLINE, begin=dt.date(2026, 1, 1)) for day in (BEFORE, AFTER))
    if before in REACHED:
        assert after == before
    else:
        assert before in {Status.ONGOING, Status.BEHIND}
        assert after == Status.NOT_MET


@given(operator=numbered, low=positive, span=positive, value=figures)
def test_met_means_inside_the_bounds_and_exceeded_above_them(operator: str, low: Decimal, span: Decimal, value: Decimal) -> None:
    one = aim(operator, low, span)
    least, most = bounds(one)
    status = judge(one, value, today=AFTER, deadline=DEADLINE)
    assert least is not None
    if status == Status.EXCEEDED:
        assert most is not None and value > most
    elif status == Status.MET:
        assert value >= least and (most is None or value <= most)
    else:
        assert value <= least


@given(value=figures)
def test_what_is_only_followed_is_never_reached_or_missed(value: Decimal) -> None:
    assert judge(aim("count", None), value, today=AFTER, deadline=DEADLINE) == Status.TRACKED


@pytest.mark.parametrize(
    ("value", "status"), [("8", "not_met"), ("9", "met"), ("10", "met"), ("11", "met"), ("12", "exceeded")]
)
def test_about_ten_is_nine_to_eleven(value: str, status: str) -> None:
    assert judge(aim("~", Decimal(10)), Decimal(value), today=AFTER, deadline=DEADLINE) == status


def test_about_without_a_margin_takes_one_tenth() -> None:
    assert bounds(Aim(operator="~", low=Decimal(10))) == (Decimal(9), Decimal(11))


@pytest.mark.parametrize(
    ("operator", "value", "status"),
    [
        (">=", "10", "met"), (">=", "12", "exceeded"), (">", "10", "not_met"), (">", "10.01", "met"), ("=", "10", "met"),
        ("=", "11", "exceeded"), ("yoy>=", "9.9", "not_met"), ("increase", "10", "met"),
    ],
)  # fmt: skip
def test_each_operator_reads_its_number(operator: str, value: str, status: str) -> None:
    assert judge(aim(operator, Decimal(10)), Decimal(value), today=AFTER, deadline=DEADLINE) == status


def test_an_increase_without_a_number_asks_for_more_than_nothing() -> None:
    assert judge(aim("increase", None), Decimal(0), today=AFTER, deadline=DEADLINE) == Status.NOT_MET
    assert judge(aim("increase", None), Decimal("0.1"), today=AFTER, deadline=DEADLINE) == Status.MET


def test_yes_or_no_over_three_school_levels_is_a_yes_with_all_three() -> None:
    three = Aim(operator="bool", full=Decimal(3))
    assert judge(three, Decimal(2), today=BEFORE, deadline=DEADLINE) == Status.ONGOING
    assert judge(three, Decimal(3), today=BEFORE, deadline=DEADLINE) == Status.MET


def test_far_below_an_even_pace_is_behind() -> None:
    one, begin = aim("between", Decimal(3), Decimal(2)), dt.date(2026, 6, 26)
    assert judge(one, Decimal(2), today=BEFORE, deadline=DEADLINE, begin=begin) == Status.BEHIND
    assert judge(aim("~", Decimal(10)), Decimal(7), today=BEFORE, deadline=DEADLINE, begin=begin) == Status.ONGOING


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-Q4", dt.date(2025, 12, 31)), ("2025-Q3", dt.date(2025, 9, 30)), ("2025-08", dt.date(2025, 8, 31)),
        ("2030", dt.date(2030, 12, 31)), ("2028-2030", dt.date(2030, 12, 31)), ("hằng năm (mơ hồ)", dt.date(2026, 12, 31)),
        ("(không rõ)", None),
    ],
)  # fmt: skip
def test_a_deadline_ends_on_the_last_day_it_names(text: str, day: dt.date | None) -> None:
    assert deadline_day(text, year=2026) == day
