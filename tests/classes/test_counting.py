"""The counts of agencies against a counter that asks every person every question."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classes import actions, queries
from classes.counting import Counts, DutyCounts, Participation, Person, count
from classes.duties import Duty, Unit, earliest_valid, lapse
from classes.models import AgencyCount, AgencyCounting
from courses.actions import enrol
from people.models import Membership
from tests import world
from tests.classes.conftest import finish

NOW = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC)
PATHS = ["01", "0101", "010101", "010102", "0102", "02", "0201"]
# Also years back, so that completions lapse, and the last days of short months.
DAYS = st.integers(-20, 20) | st.integers(-800, -20)
MOMENTS = DAYS.map(lambda days: NOW + dt.timedelta(days=days))
PAST = MOMENTS.filter(lambda day: day <= NOW)
PARTICIPATIONS = st.builds(Participation, course=st.integers(1, 3), completed_at=st.none() | PAST, private=st.booleans())
UNITS = st.builds(
    Unit, path=st.sampled_from(PATHS), category=st.sampled_from(["cong_chuc", "vien_chuc"]), teacher=st.booleans(),
    since=PAST.map(lambda moment: moment.date()),
)  # fmt: skip
PEOPLE = st.builds(
    Person,
    units=st.lists(UNITS, min_size=1, max_size=3, unique_by=lambda unit: unit.path).map(tuple),
    participations=st.lists(PARTICIPATIONS, max_size=4).map(tuple),
    recognised=st.lists(st.tuples(st.integers(1, 3), PAST), max_size=2).map(tuple),
)
DUTIES = st.builds(
    Duty, key=st.just(0), course=st.integers(1, 3), asked_on=PAST.map(lambda moment: moment.date()),
    groups=st.frozensets(st.sampled_from(["cong_chuc", "vien_chuc", "giao_vien"]), max_size=2),
    due_at=st.none() | MOMENTS, days=st.none() | st.integers(0, 60), months=st.none() | st.integers(1, 24),
).filter(lambda duty: duty.due_at is not None or duty.days is not None)  # fmt: skip


def _numbered(required):
    numbers = itertools.count(1)
    return {path: [dataclasses.replace(duty, key=next(numbers)) for duty in rows] for path, rows in required.items()}


REQUIRED = st.dictionaries(st.sampled_from(PATHS), st.lists(DUTIES, max_size=2), max_size=4).map(_numbered)


def asked(person, required, place, own):
    """What is asked of her by the units of hers that the place means: (unit, duty)."""
    for unit in units_in(person, place, own):
        for path, rows in required.items():
            if unit.path.startswith(path):
                yield from ((unit, duty) for duty in rows if concerns(duty, unit))


def concerns(duty, unit):
    mine = {unit.category} | ({"giao_vien"} if unit.teacher else set())
    return not duty.groups or bool(duty.groups & mine)


def units_in(person, place, own):
    return [unit for unit in person.units if (unit.path == place if own else unit.path.startswith(place))]


def theirs(person, required, place, own, course):
    """Her participations that count there."""
    wanted = {(unit, duty.course) for unit, duty in asked(person, required, place, own)}
    return [
        one
        for one in person.participations
        if course in (None, one.course)
        and (not one.private or any((unit, one.course) in wanted for unit in units_in(person, place, own)))
    ]


def valid(at, duty, now=NOW):
    """Asked the long way: of every completion, on which day it lapses."""
    return at is not None and (duty.months is None or duty.lapses(at) >= now)


def finished(person, duty):
    return [one.completed_at for one in person.participations if one.course == duty.course and one.completed_at]


def elsewhere(person, duty):
    return [at for course, at in person.recognised if course == duty.course]


def holds(times, duty, now=NOW):
    return any(valid(at, duty, now) for at in times)


def standing(person, unit, duty):
    """Of one duty: what DutyCounts says, as words."""
    here, there = holds(finished(person, duty), duty), holds(elsewhere(person, duty), duty)
    later = NOW + dt.timedelta(days=30)
    said = {"concerned"}
    if here:
        said.add("completed")
    elif there:
        said.add("recognised")
    elif duty.due(unit.since) < NOW:
        said.add("overdue")
    if (here or there) and not holds(finished(person, duty) + elsewhere(person, duty), duty, later):
        said.add("expiring")
    return said


def owes(person, required, place, own, course, late):
    return any(
        (duty.due(unit.since) < NOW) == late and not {"completed", "recognised"} & standing(person, unit, duty)
        and course in (None, duty.course)
        for unit, duty in asked(person, required, place, own)
    )  # fmt: skip


def completed(person, required, place, own, course):
    """In one of her units there she completed it, and nothing that asks it of her in that unit calls it lapsed."""
    for unit in units_in(person, place, own):
        mine = [duty for _unit, duty in asked(person, required, unit.path, own=True)]
        for one in theirs(person, required, unit.path, own=True, course=course):
            if one.completed_at and all(holds(finished(person, duty), duty) for duty in mine if duty.course == one.course):
                return True
    return False


def recognised(person, required, place, own, course):
    for unit in units_in(person, place, own):
        mine = [duty for _unit, duty in asked(person, required, unit.path, own=True)]
        for one, at in person.recognised:
            if course not in (None, one) or completed(person, required, unit.path, own=True, course=one):
                continue
            if all(valid(at, duty) for duty in mine if duty.course == one):
                return True
    return False


def brute(people, required, place, own, course) -> Counts:
    here = [person for person in people if units_in(person, place, own)]
    mine = [theirs(person, required, place, own, course) for person in here]
    week = NOW - dt.timedelta(days=7)
    where = required, place, own, course
    return Counts(
        staff=len(here) if course is None else 0,
        enrolled=sum(bool(own_) for own_ in mine),
        completed=sum(completed(person, *where) for person in here),
        lately=sum(any(one.completed_at and one.completed_at > week for one in own_) for own_ in mine),
        overdue=sum(owes(person, *where, late=True) for person in here),
        pending=sum(owes(person, *where, late=False) for person in here),
        recognised=sum(recognised(person, *where) for person in here),
        expiring=sum(
            any("expiring" in standing(person, unit, duty) and course in (None, duty.course)
                for unit, duty in asked(person, required, place, own))
            for person in here
        ),
        participations=sum(map(len, mine)),
    )  # fmt: skip


def brute_duty(people, required, place, asking, duty) -> DutyCounts:
    """Of one duty at a place it reaches."""
    found = [
        set().union(*(standing(person, unit, duty) for unit in units_in(person, place, False)
                      if unit.path.startswith(asking) and concerns(duty, unit)))
        for person in people
    ]  # fmt: skip
    return DutyCounts(**{field.name: sum(field.name in said for said in found) for field in dataclasses.fields(DutyCounts)})


@given(st.lists(PEOPLE, max_size=8), REQUIRED)
def test_one_pass_counts_what_asking_everybody_counts(people, required):
    found = count(people, required, step=2, now=NOW)
    for place in ["", *PATHS]:
        for own in (False, True) if place else (False,):
            for course in (None, 1, 2, 3):
                expected = brute(people, required, place, own, course)
                assert found.places.get((place, own, course), Counts()) == expected, (place, own, course)
    for asking, rows in required.items():
        for duty in rows:
            for place in ["", *(path for path in PATHS if path.startswith(asking))]:
                expected = brute_duty(people, required, place, asking, duty)
                assert found.duties.get((place, duty.key), DutyCounts()) == expected, (place, duty)


@given(PAST, st.integers(1, 40), MOMENTS)
def test_from_when_completions_count_is_what_their_lapse_says(at, months, now):
    assert (at >= earliest_valid(months, now)) == (lapse(at, months) >= now)


@pytest.mark.parametrize(
    ("day", "months", "until"),
    [("2026-01-31", 1, "2026-02-28"), ("2024-02-29", 12, "2025-02-28"), ("2026-11-30", 3, "2027-02-28")],
)
def test_a_completion_lapses_on_the_same_day_or_the_last_of_a_shorter_month(day, months, until):
    at = dt.datetime.fromisoformat(f"{day}T10:00:00+07:00")
    assert lapse(at, months) == dt.datetime.fromisoformat(f"{until}T23:59:00+07:00")


def test_counting_again_writes_nothing_and_waits_its_turn(city, course, now):
    for number in range(5):
        user = world.make_user(f"u{number}", f"Người {number}", audience="cbccvc_nld")
        world.join(user, city.clinic)
        finish(user, course, now)
    assert queries.counting_owed(now)
    assert actions.count_agencies(now=now) > 0
    assert actions.count_agencies(now=now) == 0
    assert actions.count_owed_agencies(now=now + dt.timedelta(seconds=29)) is None
    assert actions.count_owed_agencies(now=now + dt.timedelta(seconds=30)) == 0
    AgencyCounting.objects.update(seconds=10)
    assert not queries.counting_owed(now + dt.timedelta(seconds=30 + 199))
    assert queries.counting_owed(now + dt.timedelta(seconds=30 + 200))


def test_who_leaves_takes_her_row_away(city, course, now):
    user = world.make_user("u", "Người Một", audience="cbccvc_nld")
    world.join(user, city.clinic)
    enrol(learner=user, course=course.page, now=now)
    actions.count_agencies(now=now)
    assert AgencyCount.objects.filter(organisation=city.clinic).count() == 4  # alone and with below, any course and this one
    Membership.objects.update(until=now.date())
    actions.count_agencies(now=now)
    assert not AgencyCount.objects.exists()


def test_counting_takes_as_many_queries_for_three_people_as_for_thirty(city, course, now, django_assert_max_num_queries):
    for number in range(30):
        user = world.make_user(f"u{number}", f"Người {number}", audience="cbccvc_nld")
        world.join(user, city.clinic)
        if number in (3, 29):
            with django_assert_max_num_queries(18):
                actions.count_agencies(now=now)
