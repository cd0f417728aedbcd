"""The counts of agencies against a counter that asks every person every question."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from classes import actions, queries
from classes.counting import Counts, Participation, Person, count
from classes.models import AgencyCount, AgencyCounting
from courses.actions import enrol
from people.models import Membership
from tests import world
from tests.classes.conftest import finish

NOW = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC)
PATHS = ["01", "0101", "010101", "010102", "0102", "02", "0201"]
DAYS = st.integers(-20, 20).map(lambda days: NOW + dt.timedelta(days=days))
PARTICIPATIONS = st.builds(
    Participation, course=st.integers(1, 3), completed_at=st.none() | DAYS.filter(lambda day: day <= NOW), private=st.booleans()
)
PEOPLE = st.builds(
    Person,
    units=st.lists(st.sampled_from(PATHS), min_size=1, max_size=3, unique=True).map(tuple),
    participations=st.lists(PARTICIPATIONS, max_size=4).map(tuple),
)
REQUIRED = st.dictionaries(st.sampled_from(PATHS), st.lists(st.tuples(st.integers(1, 3), DAYS), max_size=2), max_size=4)


def asked(person, required, place, own):
    """What is asked of her by the units of hers that the place means: (unit, course, due)."""
    for unit in units_in(person, place, own):
        for path, rows in required.items():
            if unit.startswith(path):
                yield from ((unit, course, due) for course, due in rows)


def units_in(person, place, own):
    return [unit for unit in person.units if (unit == place if own else unit.startswith(place))]


def theirs(person, required, place, own, course):
    """Her participations that count there."""
    wanted = {(unit, one) for unit, one, _due in asked(person, required, place, own)}
    return [
        one
        for one in person.participations
        if course in (None, one.course)
        and (not one.private or any((unit, one.course) in wanted for unit in units_in(person, place, own)))
    ]


def owes(person, required, place, own, course, late):
    done = {one.course for one in person.participations if one.completed_at}
    return any(
        (due < NOW) == late and one not in done and course in (None, one)
        for _unit, one, due in asked(person, required, place, own)
    )


def brute(people, required, place, own, course) -> Counts:
    here = [person for person in people if units_in(person, place, own)]
    mine = [theirs(person, required, place, own, course) for person in here]
    week = NOW - dt.timedelta(days=7)
    return Counts(
        staff=len(here) if course is None else 0,
        enrolled=sum(bool(own_) for own_ in mine),
        completed=sum(any(one.completed_at for one in own_) for own_ in mine),
        lately=sum(any(one.completed_at and one.completed_at > week for one in own_) for own_ in mine),
        overdue=sum(owes(person, required, place, own, course, late=True) for person in here),
        pending=sum(owes(person, required, place, own, course, late=False) for person in here),
        participations=sum(map(len, mine)),
    )


@given(st.lists(PEOPLE, max_size=8), REQUIRED)
def test_one_pass_counts_what_asking_everybody_counts(people, required):
    found = count(people, required, step=2, now=NOW)
    for place in ["", *PATHS]:
        for own in (False, True) if place else (False,):
            for course in (None, 1, 2, 3):
                expected = brute(people, required, place, own, course)
                assert found.get((place, own, course), Counts()) == expected, (place, own, course)


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
            with django_assert_max_num_queries(15):
                actions.count_agencies(now=now)
