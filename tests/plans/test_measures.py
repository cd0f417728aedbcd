"""What the named functions count, and what they leave out."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from plans import measures
from plans.measures import UnknownFilter, Window
from tests import world
from tests.plans import make

ZONE = dt.timezone(dt.timedelta(hours=7))


def at(month: int, day: int, hour: int = 9) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, tzinfo=ZONE)


Q4 = Window(start=at(9, 15, 0), end=at(12, 15, 0))


def counted(name: str, now: dt.datetime, window: Window = Q4, **filters: Any) -> measures.Figures:
    return measures.count(name, window=window, filters=filters, as_of=now)


@pytest.fixture
def staff_course(course: SimpleNamespace) -> SimpleNamespace:
    return world.make_course("CB-T", "AI trong công vụ", audience="cbccvc_nld")


def test_participations_count_heads_as_often_as_they_enrol(course: SimpleNamespace, now: dt.datetime) -> None:
    one, other = make.learners(2)
    make.enrolment(one, course.page, at(10, 1), done_at=at(10, 3))
    make.enrolment(one, course.page, at(11, 1))
    make.enrolment(other, course.page, at(11, 2), began=False)
    assert counted("participations", now).total == 3
    assert counted("participants", now).total == 1  # the other one has done nothing yet
    assert counted("completions", now).total == 1
    assert counted("completers", now).total == 1


def test_who_withdrew_before_completing_is_not_counted(course: SimpleNamespace, now: dt.datetime) -> None:
    gone, done = make.learners(2)
    make.enrolment(gone, course.page, at(10, 1), withdrawn_at=at(10, 2))
    make.enrolment(done, course.page, at(10, 1), done_at=at(10, 5), withdrawn_at=at(10, 6))
    assert counted("participations", now).total == 1


def test_the_first_moment_is_inside_the_window_and_the_last_is_not(course: SimpleNamespace, now: dt.datetime) -> None:
    early, first, last, late = make.learners(4)
    for learner, moment in (
        (early, Q4.start - dt.timedelta(seconds=1)), (first, Q4.start), (last, Q4.end - dt.timedelta(seconds=1)), (late, Q4.end),
    ):  # fmt: skip
        make.enrolment(learner, course.page, moment)
    after = at(12, 31)
    assert counted("participations", after).total == 2
    assert counted("participations", after, Window(start=None, end=Q4.end)).total == 3


def test_nothing_after_the_moment_of_counting_is_counted(course: SimpleNamespace, now: dt.datetime) -> None:
    learner = make.learners(1)[0]
    make.enrolment(learner, course.page, at(11, 1), done_at=at(11, 30))
    assert counted("completions", now).total == 0


def test_breakdowns_count_a_person_once_in_each_cell(
    city: SimpleNamespace, course: SimpleNamespace, staff_course: SimpleNamespace, now: dt.datetime
) -> None:
    learner = make.learners(1, "cbccvc_nld")[0]
    make.enrolment(learner, course.page, at(10, 1), done_at=at(10, 3), organisation=city.clinic)
    make.enrolment(learner, staff_course.page, at(10, 4), done_at=at(10, 9), organisation=city.dept, tier="trung_cap")
    figures = counted("completers", now)
    assert figures.total == 1
    assert figures.by_audience == {"cbccvc_nld": 1}
    assert figures.by_tier == {"co_ban": 1, "trung_cap": 1}
    assert figures.by_agency == {city.ward.pk: 1, city.dept.pk: 1}


def test_an_agency_counts_its_whole_sub_tree_and_the_public_counts_for_none(
    city: SimpleNamespace, course: SimpleNamespace, now: dt.datetime
) -> None:
    for learner, place in zip(make.learners(4), (city.ward, city.clinic, city.school, None), strict=True):
        make.enrolment(learner, course.page, at(10, 1), organisation=place)
    figures = counted("participations", now)
    assert figures.total == 4
    assert figures.by_agency == {city.ward.pk: 2, city.school_office.pk: 1}


def test_filters_narrow_by_audience_and_source(course: SimpleNamespace, now: dt.datetime) -> None:
    staff, public = make.learners(1, "cbccvc_nld")[0], make.learners(1)[0]
    make.enrolment(staff, course.page, at(10, 1), source="agency")
    make.enrolment(public, course.page, at(10, 1))
    assert counted("participations", now, audience=["cbccvc_nld"]).total == 1
    assert counted("participations", now, source=["class", "agency"]).total == 1
    assert counted("participations", now, source=["self"]).by_audience == {"cong_dan": 1}


def test_a_filter_nobody_knows_is_refused(db: None, now: dt.datetime) -> None:
    with pytest.raises(UnknownFilter):
        counted("completers", now, audiences=["cbccvc_nld"])


def test_certificates_count_unless_revoked(course: SimpleNamespace, city: SimpleNamespace, now: dt.datetime) -> None:
    one, other = make.learners(2)
    kept = make.enrolment(one, course.page, at(10, 1), done_at=at(10, 3), organisation=city.clinic)
    make.certificate(kept, at(10, 3))
    make.certificate(make.enrolment(other, course.page, at(10, 1), done_at=at(10, 3)), at(10, 3), revoked_at=at(10, 9))
    figures = counted("certificates", now)
    assert (figures.total, figures.by_agency) == (1, {city.ward.pk: 1})


def test_classes_held_are_those_that_ended_with_somebody_in_them(
    city: SimpleNamespace, staff_course: SimpleNamespace, course: SimpleNamespace, binh: Any, now: dt.datetime
) -> None:
    member = make.learners(1, "cbccvc_nld")[0]

    def held(ends_on: dt.date | None, page: Any = staff_course.page, **fields: Any) -> None:
        make.training_class(city.clinic, page, binh, ends_on, **{"member": member, **fields})

    held(dt.date(2026, 10, 20))
    held(dt.date(2026, 10, 21), course.page)  # for the public
    held(dt.date(2026, 10, 22), member=None)  # nobody came
    held(dt.date(2026, 10, 23), cancelled_at=at(10, 1))
    held(dt.date(2026, 10, 24), kind="school")
    held(dt.date(2026, 9, 14))  # the quarter before
    held(now.date())  # not over before the day is
    held(None)  # still running
    staff = {"kind": ["training"], "audience": ["cbccvc_nld"]}
    figures = counted("classes_held", now, **staff)
    assert figures.total == 1
    assert (figures.by_audience, figures.by_tier, figures.by_agency) == ({"cbccvc_nld": 1}, {"co_ban": 1}, {city.ward.pk: 1})
    assert counted("classes_held", now + dt.timedelta(days=1), **staff).total == 2


def test_classes_by_start_count_what_has_begun(
    city: SimpleNamespace, course: SimpleNamespace, binh: Any, now: dt.datetime
) -> None:
    member = make.learners(1)[0]
    make.training_class(city.school, course.page, binh, None, kind="school", member=member, starts_on=dt.date(2026, 11, 20))
    make.training_class(city.school, course.page, binh, None, kind="school", member=member, starts_on=dt.date(2026, 12, 1))
    assert counted("classes_held", now, by="start").total == 1


def test_school_levels_are_read_from_the_names_of_schools(
    city: SimpleNamespace, course: SimpleNamespace, binh: Any, now: dt.datetime
) -> None:
    office = type(city.school_office).objects.get(pk=city.school_office.pk)
    primary = office.add_child(code="TH-1", name="Trường Tiểu học và THCS Lá Non", kind="school")
    pupil = make.learners(1, "hs_pt")[0]
    for place in (city.school, city.other_school, primary):
        make.training_class(
            place, course.page, binh, None, kind="school", member=pupil, starts_on=dt.date(2026, 10, 1), assigned_at=at(10, 5)
        )
    levels = {"Tiểu học": ["Tiểu học"], "THCS": ["THCS"], "THPT": ["THPT"]}
    assert counted("school_levels", now, count="levels", levels=levels).total == 3
    schools = counted("school_levels", now, count="schools")
    assert (schools.total, schools.by_agency) == (3, {city.school_office.pk: 3})
    assert counted("school_levels", now, count="pupils").total == 1


@pytest.mark.parametrize("learners", [3, 30])
def test_counting_takes_the_same_few_queries_however_many_learn(
    city: SimpleNamespace, course: SimpleNamespace, now: dt.datetime, learners: int, django_assert_max_num_queries: Any
) -> None:
    for learner in make.learners(learners):
        make.enrolment(learner, course.page, at(10, 1), done_at=at(10, 2), organisation=city.clinic)
    with django_assert_max_num_queries(5):
        assert counted("completers", now).total == learners
    with django_assert_max_num_queries(2):
        assert counted("completions", now).total == learners
