"""Courses an agency requires: of whom, by when, and for how long a completion counts."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from django.urls import reverse
from django.utils import timezone

from classes import actions, queries
from classes.models import StaffRequirement
from courses.actions import enrol
from courses.models import Enrolment, OutsideCompletion
from people.models import Membership
from tests import world
from tests.classes.conftest import finish

DAY = dt.timedelta(days=1)


def staff(username, organisation, category="cong_chuc", audience="cbccvc_nld", since=None):
    user = world.make_user(username, f"Người {username.title()}", audience=audience)
    joined = world.join(user, organisation, category)
    if since:
        Membership.objects.filter(pk=joined.pk).update(since=since)
    return user


@pytest.fixture
def people(city):
    return {
        "mot": staff("mot", city.clinic), "hai": staff("hai", city.clinic, "vien_chuc"),
        "ba": staff("ba", city.clinic, "vien_chuc", audience="giao_vien"),
    }  # fmt: skip


def states(unit, now, **more):
    return {line.name.split()[-1].lower(): line.state for line in queries.people(unit, now=now, **more).lines}


def counted(unit, now, requirement):
    actions.count_agencies(now=now)
    (one,) = [one for one in queries.overview([unit], now=now).required if one.requirement == requirement]
    return one.counts


def test_only_the_groups_named_are_asked_and_teachers_are_public_employees_too(city, people, course, chi, now, week):
    wanted = {"organisation": city.ward, "course": course.page, "due_at": week, "officer": chi, "now": now}
    row = actions.require_course(groups=["vien_chuc"], **wanted)
    later = week + DAY
    assert states(city.clinic, later) == {"mot": "none", "hai": "late", "ba": "late"}
    assert (counted(city.ward, later, row).concerned, counted(city.ward, later, row).overdue) == (2, 2)
    assert actions.require_course(groups=["giao_vien"], **wanted) == row
    assert states(city.clinic, later) == {"mot": "none", "hai": "none", "ba": "late"}
    for name, due in (("mot", 0), ("hai", 0), ("ba", 1)):
        assert len(queries.due_for(people[name], later)) == due


def test_who_joins_later_has_days_of_her_own(city, people, course, chi, now, week):
    row = actions.require_course(
        organisation=city.ward, course=course.page, due_at=None, days=10, officer=chi, now=now
    )  # fmt: skip
    staff("moi", city.clinic, since=now.date() + 20 * DAY)
    assert states(city.clinic, now + 10 * DAY)["mot"] == "none"
    over = now + 11 * DAY
    assert states(city.clinic, over) == {"mot": "late", "hai": "late", "ba": "late", "moi": "none"}
    assert states(city.clinic, now + 31 * DAY)["moi"] == "late"
    assert counted(city.clinic, over, row).overdue == 3
    (item,) = queries.due_for(people["mot"], over)
    assert (item.state, timezone.localtime(item.due_at).strftime("%d/%m %H:%M")) == ("overdue", "03/12 23:59")
    # Asked in another way later, their days go on from when they were asked first.
    actions.require_course(organisation=city.ward, course=course.page, due_at=None, days=12, officer=chi, now=over)
    assert states(city.clinic, now + 13 * DAY)["mot"] == "late"


def test_of_a_date_and_days_the_later_holds(city, course, chi, now, week):
    actions.require_course(organisation=city.ward, course=course.page, due_at=week, days=30, officer=chi, now=now)
    old = staff("cu", city.clinic)
    assert [item.due_at for item in queries.due_for(old, now)][0] > week
    assert states(city.clinic, week + DAY) == {"cu": "none"}
    assert states(city.clinic, now + 32 * DAY) == {"cu": "late"}


def test_a_completion_lapses_is_said_beforehand_and_is_renewed(city, people, course, chi, now):
    row = actions.require_course(
        organisation=city.ward, course=course.page, due_at=now + DAY, officer=chi, now=now, months=12
    )  # fmt: skip
    who = people["mot"]
    finish(who, course, now)
    assert states(city.clinic, now + DAY)["mot"] == "done"
    assert queries.due_for(who, now) == []
    soon = dt.datetime(2027, 11, 1, 3, tzinfo=dt.UTC)
    assert states(city.clinic, soon)["mot"] == "expiring"
    assert counted(city.clinic, soon, row).expiring == 1
    assert counted(city.clinic, soon, row).completed == 1
    (item,) = queries.due_for(who, soon)
    assert (item.state, item.begin, f"{timezone.localtime(item.due_at):%d/%m/%Y}") == ("expiring", course.page.pk, "23/11/2027")
    over = dt.datetime(2027, 11, 24, 3, tzinfo=dt.UTC)
    assert states(city.clinic, over)["mot"] == "late"
    counts = counted(city.clinic, over, row)
    assert (counts.completed, counts.overdue) == (0, 3)
    (item,) = queries.due_for(who, over)
    assert (item.state, item.again) == ("overdue", True)
    enrol(learner=who, course=course.page, now=over)
    (item,) = queries.due_for(who, over)
    assert (item.begin, item.url) == (None, course.lessons[0].get_url())
    finish(who, course, over)
    assert states(city.clinic, over)["mot"] == "done"
    assert queries.due_for(who, over) == []
    assert Enrolment.objects.filter(learner=who).count() == 2


def recognise(user, course, on, officer, kind="elsewhere"):
    return OutsideCompletion.objects.create(
        learner=user, course=course, kind=kind, completed_on=on, issuer="Trường Chính trị", reason="Đã dạy khóa này",
        recorded_by=officer, recorded_at=timezone.now(),
    )  # fmt: skip


def test_what_was_recognised_is_no_completion_and_no_debt(city, people, course, chi, now, week):
    row = actions.require_course(organisation=city.ward, course=course.page, due_at=week, officer=chi, now=now)
    recognise(people["mot"], course.page, now.date(), chi)
    late = week + DAY
    assert states(city.clinic, late)["mot"] == "recognised"
    assert queries.due_for(people["mot"], late) == []
    counts = counted(city.clinic, late, row)
    assert (counts.concerned, counts.completed, counts.recognised, counts.overdue) == (3, 0, 1, 2)
    total = queries.agency_table([city.clinic], now=late).total
    assert (total.completed, total.recognised, total.overdue, total.enrolled, total.participations) == (0, 1, 2, 0, 0)


@pytest.mark.parametrize("months", [None, 1, 12])
def test_filters_pages_and_counts_agree_in_every_state(city, course, chi, now, months):
    """Everybody who did something else, against lines made one by one."""
    other = world.make_course("CD-U", "Khóa hai")
    ages = [None, 0, 20, 40, 340, 400]
    kinds = itertools.product(ages, ages, ["cong_chuc", "vien_chuc"], [True, False])
    for number, (here, there, category, private) in enumerate(kinds):
        user = staff(f"u{number:03}", city.clinic, category)
        if here is not None:
            finish(user, course, now - here * DAY)
        elif number % 3 == 0:
            enrol(learner=user, course=course.page, now=now)
        if there is not None:
            recognise(user, course.page, (now - there * DAY).date(), chi)
        if number % 5 == 0:
            enrol(learner=user, course=other.page, now=now)
        if private:
            Enrolment.objects.filter(learner=user).update(organisation=None)
    StaffRequirement.objects.create(
        organisation=city.ward, course=course.page, groups=",cong_chuc,", months=months, set_by=chi, set_at=now,
        due_at=now - DAY, days=7, asked_on=now.date() - 30 * DAY,
    )  # fmt: skip
    StaffRequirement.objects.create(
        organisation=city.clinic, course=course.page, months=6 if months else None, set_by=chi, set_at=now, due_at=now + DAY,
        groups=",vien_chuc,",
    )  # fmt: skip
    actions.count_agencies(now=now)
    for chosen in (None, course.page.pk, other.page.pk):
        everything = list(queries.people_rows(city.clinic, now=now, course_id=chosen)[1])
        total = queries.agency_table([city.clinic], now=now, course_id=chosen).total
        told = dict.fromkeys(queries.PEOPLE_STATES, 0)
        for state, word in queries.PEOPLE_STATES.items():
            found = list(queries.people_rows(city.clinic, now=now, course_id=chosen, state=state)[1])
            assert found == [line for line in everything if line[3] == word], (chosen, state)
            told[state] = len({line[0] for line in found})
            pages = queries.people(city.clinic, now=now, course_id=chosen, state=state).page.paginator
            assert pages.count == told[state], (chosen, state)
        assert (total.overdue, total.expiring) == (told["late"], told["expiring"]), chosen


def test_the_page_edits_what_is_required_and_shows_whom_it_concerns(client, city, people, course, chi):
    client.force_login(chi)
    url = reverse("agencies:require", args=["P-BC"])
    fields = {"course": course.page.pk, "groups": ["vien_chuc"], "due_on": "2099-12-24", "days": 30, "months": 24}
    page = client.post(url, fields).content.decode()
    assert 'class="stat"><b>2</b>' in page
    for told in ("Khóa thử", "Viên chức", "23:59 24/12/2099; người mới vào có ít nhất 30 ngày", "sau 24 tháng"):
        assert told in page
    assert "Đặt là bắt buộc" in page
    client.post(url, {**fields, "confirm": "1"})
    row = StaffRequirement.objects.get()
    assert (row.groups, row.days, row.months) == (",vien_chuc,", 30, 24)
    page = client.get(f"{url}?course={course.page.pk}").content.decode()
    assert 'value="vien_chuc" id="id_groups_2" checked' in page or "checked" in page
    assert 'value="24"' in page
    assert 'value="2099-12-24"' in page
    shown = client.get(reverse("agencies:agency", args=["P-BC"])).content.decode()
    again = client.post(url, {**fields, "due_on": "", "months": "", "groups": []}).content.decode()
    for told in ("Mọi người đang công tác", "30 ngày sau khi vào đơn vị", "học một lần là đủ", "đang bắt buộc ở đây"):
        assert told in again
    assert "Sửa như thế này" in again
    for told in ("Dành cho: Viên chức.", "Người mới vào có ít nhất 30 ngày.", "Học lại sau 24 tháng."):
        assert told in shown


@pytest.mark.parametrize(
    "wrong", [{}, {"due_on": "2020-01-01"}, {"days": "0"}, {"days": "x"}, {"due_on": "2099-01-01", "groups": ["hoc_sinh"]},
              {"due_on": "2099-01-01", "months": "-1"}],
)  # fmt: skip
def test_what_cannot_be_asked_is_said_and_nothing_is_kept(client, city, course, chi, wrong):
    client.force_login(chi)
    answer = client.post(reverse("agencies:require", args=["P-BC"]), {"course": course.page.pk, "confirm": "1", **wrong})
    assert "Cần sửa" in answer.content.decode()
    assert not StaffRequirement.objects.exists()


def test_asked_twice_the_same_it_is_one_and_asked_on_stays(city, course, chi, now, week):
    wanted = {"organisation": city.ward, "course": course.page, "due_at": week, "officer": chi, "groups": ["cong_chuc"]}
    first = actions.require_course(now=now, **wanted)
    again = actions.require_course(now=now + DAY, **wanted)
    assert (first, first.set_at) == (again, again.set_at)
    with pytest.raises(actions.NoEnd):
        actions.require_course(now=now, **(wanted | {"due_at": None}))
    with pytest.raises(ValueError, match="hoc_sinh"):
        actions.require_course(now=now, **(wanted | {"groups": ["hoc_sinh"]}))
