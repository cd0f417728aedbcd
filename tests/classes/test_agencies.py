"""Completion by agency: who is counted where, who may see it, and that the files equal the screen."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from classes import actions, queries
from classes.models import StaffRequirement
from courses.actions import enrol
from courses.queries import outlines
from people.models import Membership, Organisation, StaffCategory
from tests import world
from tests.classes.conftest import finish, open_class
from tests.classes.test_board import Table


def person(username: str, name: str, organisation: Organisation, **more):
    user = world.make_user(username, name, audience="cbccvc_nld")
    world.join(user, organisation, **more)
    return user


@pytest.fixture
def staff(city) -> SimpleNamespace:
    """Two in the ward itself, two in its clinic, one in both, one pupil, one elsewhere."""
    return SimpleNamespace(
        ha=person("ha", "Đặng Thu Hà", city.ward),
        hai=person("hai", "Bùi Văn Hải", city.ward),
        lan=person("lan", "Ngô Thị Lan", city.clinic),
        loc=person("loc", "Hồ Tấn Lộc", city.clinic),
        both=_both(city),
        pupil=person("pupil", "Em Nhỏ", city.clinic, category=StaffCategory.PUPIL),
        away=person("away", "Võ Ở Xa", city.other_ward),
    )


def _both(city):
    user = person("both", "Lý Hai Nơi", city.ward)
    world.join(user, city.clinic)
    return user


def table(roots, now, **more):
    """The agencies as they stand at `now`."""
    actions.count_agencies(now=now)
    return queries.agency_table(roots, now=now, **more)


def counts(shown):
    return {row.label: (row.counts.staff, row.counts.enrolled, row.counts.completed, row.counts.overdue) for row in shown.rows}


OWN = "Ủy ban nhân dân phường Bến Cỏ (riêng đơn vị này)"
CLINIC = "Trạm y tế phường Bến Cỏ"


def test_people_are_counted_once_and_pupils_not_at_all(city, staff, course, now):
    finish(staff.ha, course, now)
    finish(staff.both, course, now)
    enrol(learner=staff.lan, course=course.page, now=now)
    shown = table([city.ward], now)
    assert counts(shown) == {OWN: (3, 2, 2, 0), CLINIC: (3, 2, 1, 0)}
    total = shown.total
    assert (total.staff, total.enrolled, total.completed, total.rate, total.lately) == (5, 3, 2, 40, 2)


def test_a_parent_sums_its_sub_tree(city, staff, course, now):
    finish(staff.lan, course, now)
    shown = table([city.city], now)
    assert counts(shown)["Ủy ban nhân dân phường Bến Cỏ"] == (5, 1, 1, 0)
    assert shown.total.staff == 6


def test_the_filter_counts_one_course(city, staff, course, now):
    other = world.make_course("CD-U", "Khóa hai")
    finish(staff.ha, course, now)
    finish(staff.hai, other, now)
    assert table([city.ward], now).total.completed == 2
    assert table([city.ward], now, course_id=other.page.pk).total.completed == 1


def test_who_left_or_was_switched_off_is_not_counted(city, staff, course, now):
    finish(staff.ha, course, now)
    Membership.objects.filter(user=staff.ha).update(until=now.date())
    staff.hai.is_active = False
    staff.hai.save()
    assert counts(table([city.ward], now))[OWN] == (1, 0, 0, 0)


def test_private_study_before_belonging_to_an_agency_is_not_shown(city, an, course, now, week, chi):
    finish(an, course, now)  # a public account, member of nothing
    world.join(an, city.clinic)
    assert table([city.ward], now).total.completed == 0
    assert [line.state for line in queries.people(city.clinic, now=now).lines] == ["none"]
    actions.require_course(organisation=city.ward, course=course.page, due_at=week, officer=chi, now=now)
    assert table([city.ward], now).total.completed == 1
    assert [line.state for line in queries.people(city.clinic, now=now).lines] == ["done"]


def test_overdue_is_who_has_not_completed_a_required_course_when_its_date_is_over(city, staff, course, chi, now, week):
    finish(staff.lan, course, now - dt.timedelta(days=100))
    actions.require_course(organisation=city.ward, course=course.page, due_at=week, officer=chi, now=now)
    assert table([city.ward], now).total.overdue == 0
    assert table([city.ward], now).total.pending == 5  # two of the ward, Lộc, both, and Chi herself
    later = week + dt.timedelta(minutes=1)
    assert counts(table([city.ward], later)) == {OWN: (4, 0, 0, 4), CLINIC: (3, 1, 1, 2)}
    assert table([city.ward], later).total.overdue == 5
    finish(staff.ha, course, later)
    assert table([city.ward], later).total.overdue == 4


def test_classes_are_counted_where_they_are_held_and_above(city, course, binh, now, week):
    """Cancelled ones are not, planned ones not yet; with a course chosen, those that were given it."""
    world.grant(binh, "teacher", city.clinic)
    first, _second, gone = (open_class(binh, city.clinic, now, name=name) for name in ("Lớp 1", "Lớp 2", "Lớp 3"))
    open_class(binh, city.school, now)
    actions.assign(training_class=first, teacher=binh, course=course.page, part=None, due_at=week, now=now)
    actions.cancel_class(training_class=gone, reason="Trùng lịch", by=binh, now=now)
    whole = {row.label: row.counts.classes for row in table([city.ward], now=now).rows}
    assert whole == {CLINIC: 2} and table([city.ward], now=now).total.classes == 2
    assert table([city.city], now=now).total.classes == 3
    assert table([city.ward], now=now, course_id=course.page.pk).total.classes == 1


def test_a_requirement_from_above_counts_below_and_one_beside_does_not(city, staff, course, dung, now, week):
    actions.require_course(organisation=city.other_ward, course=course.page, due_at=week, officer=dung, now=now)
    assert table([city.ward], week + dt.timedelta(days=1)).total.overdue == 0
    actions.require_course(organisation=city.city, course=course.page, due_at=week, officer=dung, now=now)
    assert table([city.ward], week + dt.timedelta(days=1)).total.overdue == 5
    actions.count_agencies(now=now)
    (row,) = queries.overview([city.clinic], now=now).required
    assert (row.staff, row.unfinished, row.within) == (3, 3, False)


def test_a_requirement_is_set_once_moved_and_withdrawn(city, course, chi, now, week):
    wanted = {"organisation": city.clinic, "course": course.page, "officer": chi, "now": now}
    first = actions.require_course(due_at=week, **wanted)
    assert first == actions.require_course(due_at=week + dt.timedelta(days=1), **wanted)
    assert StaffRequirement.objects.get().due_at == week + dt.timedelta(days=1)
    actions.withdraw_requirement(requirement=first, officer=chi, now=now)
    assert queries.overview([city.ward], now=now).required == ()
    assert actions.require_course(due_at=week, **wanted) != first


def test_only_officers_and_the_owner_of_the_agency_may_require(city, course, chi, outsider, binh, now, week):
    auditor = world.make_user("auditor", "Kiểm Tra")
    world.grant(auditor, "auditor", city.city)
    wanted = {"organisation": city.ward, "course": course.page, "due_at": week, "now": now}
    row = actions.require_course(officer=chi, **wanted)
    for user in (auditor, outsider, binh):
        with pytest.raises(actions.NotOfficerHere):
            actions.require_course(officer=user, **wanted)
        with pytest.raises(actions.NotOfficerHere):
            actions.withdraw_requirement(requirement=row, officer=user, now=now)
    with pytest.raises(actions.NotOfficerHere):
        actions.require_course(officer=chi, **(wanted | {"organisation": city.city}))
    with pytest.raises(actions.DueInPast):
        actions.require_course(officer=chi, **(wanted | {"due_at": now}))


def test_a_requirement_above_two_roots_counts_who_is_in_both_once(city, staff, course, dung, now, week):
    world.join(staff.ha, city.other_ward)
    actions.require_course(organisation=city.city, course=course.page, due_at=week, officer=dung, now=now)
    finish(staff.ha, course, now)
    actions.count_agencies(now=now)
    (row,) = queries.overview([city.ward, city.other_ward], now=now).required
    assert (row.staff, row.unfinished) == (6, 5)


def test_two_roots_stand_in_one_table_and_a_nested_one_adds_nothing(city, staff, chi, now):
    world.grant(chi, "officer", city.other_ward)
    world.grant(chi, "auditor", city.clinic)
    roots = queries.scope_of(chi)
    assert [root.code for root in roots] == ["P-BC", "P-AK"]
    assert table(roots, now).total.staff == 7
    world.join(staff.ha, city.other_ward)
    assert table(roots, now).total.staff == 7
    assert len(table(roots, now).rows) == 3


def test_sorting_and_searching_without_marks(city, staff, course, dung, now):
    finish(staff.ha, course, now)
    shown = table([city.city], now, sort="staff", descending=True)
    assert [row.counts.staff for row in shown.rows] == sorted((row.counts.staff for row in shown.rows), reverse=True)
    found = table([city.city], now, name="ben co")
    assert [row.label for row in found.rows] == ["Ủy ban nhân dân phường Bến Cỏ"]
    assert (found.total.staff, found.total.completed) == (5, 1)
    assert [unit.code for unit in queries.units_found([city.city], name="tram y te", today=now.date())] == ["TYT-BC"]
    assert table([city.city], now, sort="drop table").sort == ""


# --- people -----------------------------------------------------------------------------------------------------------


def test_each_person_has_a_line_a_course_and_pages_agree_with_the_filter(city, staff, course, chi, now, week):
    other = world.make_course("CD-U", "Khóa hai")
    finish(staff.lan, course, now)
    enrol(learner=staff.lan, course=other.page, now=now)
    actions.require_course(organisation=city.ward, course=course.page, due_at=week, officer=chi, now=now)
    later = week + dt.timedelta(days=1)
    lines = queries.people(city.clinic, now=later).lines
    assert [(line.name, line.course_title, line.state) for line in lines] == [
        ("Hồ Tấn Lộc", "Khóa thử", "late"),
        ("Lý Hai Nơi", "Khóa thử", "late"),
        ("Ngô Thị Lan", "Khóa thử", "done"),
        ("Ngô Thị Lan", "Khóa hai", "learning"),
    ]
    for moment in (now, later):
        for chosen in (None, course.page.pk, other.page.pk):
            everything = queries.people(city.clinic, now=moment, course_id=chosen).lines
            for state in queries.PEOPLE_STATES:
                found = queries.people(city.clinic, now=moment, course_id=chosen, state=state)
                assert list(found.lines) == [line for line in everything if line.state == state]
                assert found.page.paginator.count == len({line.name for line in found.lines}), (chosen, state)


def test_a_retake_after_completing_is_still_completed(city, staff, course, now):
    finish(staff.lan, course, now)
    enrol(learner=staff.lan, course=course.page, now=now + dt.timedelta(days=1))
    (line,) = [line for line in queries.people(city.clinic, now=now).lines if line.name == "Ngô Thị Lan"]
    assert line.state == "done"
    assert queries.people(city.clinic, now=now, state="learning").page.paginator.count == 0


def test_fifty_people_make_a_page(city, now):
    for number in range(53):
        person(f"p{number}", f"Người Thứ {number:02}", city.clinic)
    first, second = (queries.people(city.clinic, now=now, page=page) for page in (1, 2))
    assert (len(first.lines), len(second.lines)) == (50, 3)
    assert len(list(queries.people_rows(city.clinic, now=now)[1])) == 53


# --- pages ------------------------------------------------------------------------------------------------------------


def pages(code: str, requirement: int) -> list[tuple[str, str]]:
    return [
        ("get", reverse("agencies:agency", args=[code])),
        ("get", reverse("agencies:agency_export", kwargs={"code": code, "extension": "csv"})),
        ("get", reverse("agencies:agency_export", kwargs={"code": code, "extension": "xlsx"})),
        ("get", reverse("agencies:people_export", kwargs={"code": code, "extension": "csv"})),
        ("get", reverse("agencies:people_export", kwargs={"code": code, "extension": "xlsx"})),
        ("get", reverse("agencies:require", args=[code])),
        ("post", reverse("agencies:require", args=[code])),
        ("post", reverse("agencies:withdraw", args=[code, requirement])),
    ]


OVERVIEW = [("get", "/agencies/"), ("get", "/agencies/export.csv"), ("get", "/agencies/export.xlsx")]


@pytest.fixture
def required(city, course, chi, now, week):
    return actions.require_course(organisation=city.ward, course=course.page, due_at=week, officer=chi, now=now)


def test_an_agency_outside_the_scope_is_as_one_that_does_not_exist(client, city, staff, required, outsider, course):
    client.force_login(outsider)
    fields = {"course": course.page.pk, "due_on": "2099-01-01", "due_time": "08:00"}
    for method, url in pages("P-BC", required.pk):
        theirs, nowhere = getattr(client, method)(url, fields), getattr(client, method)(url.replace("P-BC", "P-XX"), fields)
        assert (theirs.status_code, nowhere.status_code) == (404, 404), url
        assert len(theirs.content) == len(nowhere.content)
    required.refresh_from_db()
    assert required.withdrawn_at is None
    for _method, url in OVERVIEW:
        answer = client.get(url, {"q": "Bến Cỏ", "course": course.page.pk})
        assert "Bến Cỏ" not in answer.content.decode(errors="ignore").replace("“Bến Cỏ”", "").replace('value="Bến Cỏ"', "")


def test_learners_and_teachers_have_no_officers_page_and_nobody_signs_in_first(client, city, required, an, binh):
    for method, url in [*OVERVIEW, *pages("P-BC", required.pk)]:
        answer = getattr(client, method)(url)
        assert answer.status_code == 302
        assert answer.url.startswith("/accounts/login/")
    for user in (an, binh):
        client.force_login(user)
        for method, url in [*OVERVIEW, *pages("P-BC", required.pk)]:
            assert getattr(client, method)(url).status_code == 404


def test_an_auditor_looks_and_sets_nothing(client, city, required):
    auditor = world.make_user("auditor", "Kiểm Tra")
    world.grant(auditor, "auditor", city.city)
    client.force_login(auditor)
    page = client.get(reverse("agencies:agency", args=["P-BC"])).content.decode()
    assert reverse("agencies:require", args=["P-BC"]) not in page
    assert "Bỏ bắt buộc" not in page
    assert client.get(reverse("agencies:require", args=["P-BC"])).status_code == 404
    assert client.post(reverse("agencies:withdraw", args=["P-BC", required.pk])).status_code == 404


def test_the_officer_sees_where_she_stands_and_requires_a_course(client, city, staff, course, chi):
    client.force_login(chi)
    assert "đang được đếm lần đầu" in client.get("/agencies/").content.decode()
    actions.count_agencies(now=timezone.now())
    page = client.get("/agencies/").content.decode()
    for told in ("Chào Chi", CLINIC, "Đã đến đâu?", "Ai đang chậm?", "Việc gì sắp đến hạn?", "lượt", "người"):
        assert told in page
    url = reverse("agencies:require", args=["P-BC"])
    assert client.get(url).status_code == 200
    fields = {"course": course.page.pk, "due_on": "2099-12-24", "due_time": "23:59", "organisation": city.city.pk, "set_by": 1}
    preview = client.post(url, fields).content.decode()
    assert "Phải hoàn thành" in preview
    assert "Đặng Thu Hà (Ủy ban nhân dân phường Bến Cỏ)" in preview
    assert not StaffRequirement.objects.exists()
    client.post(url, {**fields, "confirm": "1"})
    row = StaffRequirement.objects.get()
    assert (row.organisation, row.set_by) == (city.ward, chi)
    page = client.get(reverse("agencies:agency", args=["P-BC"])).content.decode()
    assert "Bắt buộc ở Ủy ban nhân dân phường Bến Cỏ" in page
    assert "Đặng Thu Hà" in page
    client.post(reverse("agencies:withdraw", args=["P-BC", row.pk]))
    row.refresh_from_db()
    assert row.withdrawn_at


def test_the_kept_page_is_shown_to_nobody_else_and_follows_what_is_required(client, city, staff, course, chi, outsider):
    actions.count_agencies(now=timezone.now())
    client.force_login(chi)
    assert "Chưa có khóa bắt buộc" in client.get("/agencies/").content.decode()
    row = actions.require_course(
        organisation=city.ward, course=course.page, due_at=timezone.now() + dt.timedelta(days=7), officer=chi, now=timezone.now()
    )
    assert "Chưa có khóa bắt buộc" not in client.get("/agencies/").content.decode()
    actions.withdraw_requirement(requirement=row, officer=chi, now=timezone.now())
    assert "Chưa có khóa bắt buộc" in client.get("/agencies/").content.decode()
    client.force_login(outsider)
    page = client.get("/agencies/").content.decode()
    assert "An Khúc" in page
    assert "Bến Cỏ" not in page


def test_answers_and_attempts_never_reach_an_officer(client, city, staff, course, chi, now):
    enrolment = finish(staff.lan, course, now)
    enrolment.completions.update(evidence={"secret": "đáp án của Lan"})
    client.force_login(chi)
    for url in (
        "/agencies/",
        reverse("agencies:agency", args=["TYT-BC"]),
        *(url for how, url in pages("TYT-BC", 1) if how == "get"),
    ):
        assert "đáp án của Lan" not in client.get(url).content.decode(errors="ignore")


def cells(html: str, which: str) -> list[list[str]]:
    parser = Table()
    parser.feed(re.search(rf'<table class="{which}">.*?</table>', html, re.S).group())
    return parser.rows


@pytest.mark.parametrize("query", ["", "?sort=completed&desc=1", "?q=tram", "?course={course}&sort=name"])
def test_the_files_hold_the_cells_of_the_table_on_the_screen(client, city, staff, course, chi, query):
    finish(staff.lan, course, timezone.now())
    actions.count_agencies(now=timezone.now())
    query = query.format(course=course.page.pk)
    client.force_login(chi)
    screen = [
        [cell.removesuffix("%") for cell in row]
        for row in cells(client.get("/agencies/" + query).content.decode(), "tbl pin cards agency")
    ]
    content = client.get("/agencies/export.xlsx" + query).content
    rows = [[str(cell.value) for cell in row] for row in load_workbook(io.BytesIO(content)).active.rows]
    assert rows[1:] == screen
    text = client.get("/agencies/export.csv" + query).content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == rows


def test_the_list_of_people_is_the_same_in_the_file_and_no_name_is_a_formula(client, city, staff, course, chi):
    finish(staff.lan, course, timezone.now())
    person("evil", "=cmd|'/c calc'!A1", city.clinic)
    client.force_login(chi)
    for query in ("", "?state=done", f"?course={course.page.pk}"):
        screen = cells(client.get(reverse("agencies:agency", args=["TYT-BC"]) + query).content.decode(), "tbl cards people")
        url = reverse("agencies:people_export", kwargs={"code": "TYT-BC", "extension": "csv"})
        answer = client.get(url + query)
        assert "no-store" in answer["Cache-Control"]
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))[1:]
        assert [[cell.removeprefix("'") or "–" for cell in row] for row in rows] == screen
    text = client.get(url).content.decode("utf-8-sig")
    assert "'=cmd" in text
    sheet = load_workbook(io.BytesIO(client.get(url.replace("csv", "xlsx")).content)).active
    assert {cell.data_type for row in sheet.rows for cell in row} <= {"s", "n", "d"}


@pytest.mark.parametrize("size", [3, 30])
def test_pages_take_as_many_queries_for_three_agencies_as_for_thirty(
    size, client, city, course, chi, django_assert_max_num_queries
):
    for number in range(size):
        unit = Organisation.objects.get(pk=city.ward.pk).add_child(code=f"KP-{number}", name=f"Khu phố {number}", kind="unit")
        who = person(f"kp{number}", f"Người {number}", unit)
        finish(who, course, timezone.now())
        person(f"w{number}", f"Nhân Viên {number}", city.ward)
    now = timezone.now()
    for day in range(1, 4):
        StaffRequirement.objects.create(
            organisation=Organisation.objects.get(code=f"KP-{day - 1}"), course=course.page, set_by=chi, set_at=now,
            due_at=now + dt.timedelta(days=day - 2),
        )  # fmt: skip
    outlines()
    actions.count_agencies(now=now)
    client.force_login(chi)
    for url in (
        "/agencies/",
        "/agencies/?q=khu&sort=rate&desc=1",
        "/agencies/P-BC/",
        f"/agencies/P-BC/?course={course.page.pk}&state=none",
    ):
        with django_assert_max_num_queries(15):
            page = client.get(url).content.decode()
    assert f"Khu phố {size - 1}" in page
