"""The people of a unit and of all below it: at once, or as a list made in the background; views kept by name."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.storage import storages
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from classes import exports, queries
from classes.actions import lists as actions
from classes.models import KeptView, StaffList
from classes.queries import lists as found
from people.actions.privacy import erase_person
from people.models import Reading, Role
from tests import world
from tests.classes.conftest import finish

ALWAYS = lambda: True  # noqa: E731
DAY = dt.timedelta(days=1)


@pytest.fixture
def staff(city: SimpleNamespace, course: SimpleNamespace, now: dt.datetime) -> list[Any]:
    """Seven people of the ward and of its clinic; two have completed the course."""
    made = []
    for place, name in enumerate(("Lê An", "Lê Bích", "Lê Cúc", "Lê Dung", "Lê Em", "Lê Giang", "=Lê Hoa")):
        person = world.make_user(f"nv{place}", name, audience="cbccvc_nld")
        world.join(person, city.ward if place < 4 else city.clinic)
        made.append(person)
    for person in made[2:5:2]:
        finish(person, course, now)
    return made


def ask(owner: Any, unit: Any, now: dt.datetime, extension: str = "csv", query: str = "") -> StaffList:
    return actions.ask_for_list(owner=owner, unit=unit, wanted=found.filter_of(query), extension=extension, now=now)


def work(now: dt.datetime, times: int = 10_000) -> int:
    left = iter(range(times))
    return actions.work_lists(now=now, more=lambda: next(left, None) is not None)


def lines_of(wanted: StaffList) -> list[list[str]]:
    with StaffList.objects.get(pk=wanted.pk).file.open("rb") as file:
        return list(csv.reader(io.StringIO(file.read().decode("utf-8-sig"), newline="")))


def on_screens(units: list[Any], now: dt.datetime) -> list[list[str]]:
    """What the pages of the units show, as a file would write it."""
    shown = [row for unit in units for row in queries.people_rows(unit, now=now)[1]]
    return list(csv.reader(io.StringIO(exports.write_csv(found.people_head(), shown).decode("utf-8-sig"), newline="")))


def test_the_file_is_what_the_pages_of_the_units_show_one_after_the_other(staff, chi, city, now):
    wanted = ask(chi, city.ward, now)
    assert work(now) == 1
    rows = lines_of(wanted)
    assert rows == on_screens([city.ward, city.clinic], now)
    assert len(rows) == 1 + 7 + 1  # Chi works there herself
    assert [row[1] for row in rows[1:]] == [city.ward.label] * 5 + [city.clinic.label] * 3 and rows[6][0] == "'=Lê Hoa"
    wanted.refresh_from_db()
    assert wanted.percent == 100 and wanted.made_at == now and not storages["private"].exists(wanted.part(1))


def test_a_workbook_holds_the_same(staff, chi, city, now):
    wanted = ask(chi, city.ward, now, "xlsx", "state=done")
    work(now)
    sheet = load_workbook(StaffList.objects.get(pk=wanted.pk).file.open("rb")).active
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["Họ và tên", "Lê Cúc", "Lê Em"]
    assert rows[1][6].date() == timezone.localdate(now)


@pytest.mark.parametrize("killed_after", range(1, 5))
def test_a_worker_that_was_killed_is_followed_by_one_that_goes_on(killed_after, staff, chi, city, now, monkeypatch):
    """The first dies in the middle of a part, with its file written or half written and nothing said of it."""
    monkeypatch.setattr(actions, "PART_UNITS", 1)
    wanted, steps = ask(chi, city.ward, now), iter(range(killed_after))
    storage, save = storages["private"], storages["private"].save

    class Killed(BaseException):
        pass

    def dying(name: str, content: Any, **more: Any) -> str:
        kept = save(name, content, **more)
        if next(steps, None) is None:
            raise Killed
        return kept

    monkeypatch.setattr(storage, "save", dying)
    with contextlib.suppress(Killed):
        work(now)
    monkeypatch.setattr(storage, "save", save)
    assert work(now) == 0  # its lease holds
    work(now + actions.LEASE + DAY / 24)
    assert lines_of(wanted) == on_screens([city.ward, city.clinic], now)
    assert Reading.objects.filter(kind="unit_file").count() == 2


def test_it_goes_on_slice_by_slice(staff, chi, city, now, monkeypatch):
    monkeypatch.setattr(actions, "PART_UNITS", 1)
    wanted = ask(chi, city.ward, now)
    seen = []
    for _slice in range(5):
        work(now, times=2)
        wanted.refresh_from_db()
        seen.append((wanted.parts, wanted.percent))
    assert seen[0] == (1, 62) and seen[-1][1] == 100
    assert lines_of(wanted) == on_screens([city.ward, city.clinic], now)


def test_asked_twice_it_is_one_and_made_it_may_be_asked_again(staff, chi, city, now):
    first = ask(chi, city.ward, now)
    assert ask(chi, city.ward, now + DAY) == first and ask(chi, city.ward, now, "xlsx") != first
    assert ask(chi, city.ward, now, query="state=late") != first
    work(now)
    assert ask(chi, city.ward, now + DAY) != first


def test_who_no_longer_oversees_gets_nothing(staff, chi, outsider, city, now, client: Client):
    with pytest.raises(actions.NotOverseen):
        ask(outsider, city.ward, now)
    owed, made = ask(chi, city.ward, now), ask(chi, city.clinic, now)
    StaffList.objects.filter(pk=owed.pk).update(busy_until=now + DAY)
    work(now)
    client.force_login(chi)
    assert client.get(f"/agencies/lists/{made.pk}/file").status_code == 200
    Role.objects.filter(user=chi).update(until=now)
    world.grant(chi, "officer", city.other_ward)
    assert client.get(f"/agencies/lists/{made.pk}/file").status_code == 404
    work(now + 2 * DAY)
    owed.refresh_from_db()
    assert owed.failed_at and not owed.file
    assert "không còn trong phạm vi" in client.get("/agencies/lists/").content.decode()


def test_a_list_is_its_owners_alone(staff, chi, outsider, an, city, now, client: Client):
    made = ask(chi, city.ward, now)
    work(now)
    for person in (outsider, an):
        client.force_login(person)
        for address in ("file", "progress.json"):
            assert client.get(f"/agencies/lists/{made.pk}/{address}").status_code == 404
        assert client.post(f"/agencies/lists/{made.pk}/drop/").status_code == 404
        assert client.post(f"/agencies/{city.ward.code}/list/", {"extension": "csv"}).status_code == 404
    client.force_login(outsider)
    assert city.ward.label not in client.get("/agencies/lists/").content.decode()


def test_few_people_come_at_once_and_many_in_the_background(staff, chi, city, now, client: Client, monkeypatch):
    client.force_login(chi)
    sent = {"extension": "csv", "query": "state=done&page=3"}
    at_once = client.post(f"/agencies/{city.ward.code}/list/", sent)
    rows = list(csv.reader(io.StringIO(at_once.content.decode("utf-8-sig"), newline="")))
    assert [row[0] for row in rows[1:]] == ["Lê Cúc", "Lê Em"] and at_once["Cache-Control"] == "private, no-store"
    assert {row.organisation for row in Reading.objects.filter(reader=chi)} == {city.ward, city.clinic}
    monkeypatch.setattr(found, "AT_ONCE", 3)
    owed = client.post(f"/agencies/{city.ward.code}/list/", sent)
    assert owed["Location"] == "/agencies/lists/"
    wanted = StaffList.objects.get()  # the worker of the tests answers the nudge at once
    waits = ask(chi, city.ward, timezone.now(), query="state=late")
    page = client.get("/agencies/lists/").content.decode()
    assert "Đang lập, 0%" in page and 'role="progressbar"' in page
    assert client.get(f"/agencies/lists/{waits.pk}/progress.json").json() == {"busy": True, "percent": 0, "done": "0"}
    client.post(f"/agencies/lists/{waits.pk}/drop/")
    assert f"/agencies/lists/{wanted.pk}/file" in page
    file = client.get(f"/agencies/lists/{wanted.pk}/file")
    assert b"".join(file.streaming_content) == at_once.content
    client.post(f"/agencies/lists/{wanted.pk}/drop/")
    assert not StaffList.objects.exists() and not storages["private"].exists(wanted.file.name)


def test_who_stands_on_it_sees_that(staff, chi, city, now, client: Client):
    ask(chi, city.ward, timezone.now())
    work(timezone.now())
    client.force_login(staff[5])
    assert chi.full_name in client.get("/account/readings/").content.decode()


def test_lists_go_after_a_week_and_when_somebody_in_them_is_erased(staff, chi, dung, city, now, client: Client):
    old, fresh = ask(chi, city.ward, now - 8 * DAY), ask(chi, city.clinic, now)
    work(now)
    files = [StaffList.objects.get(pk=one.pk).file.name for one in (old, fresh)]
    assert actions.forget_lists(now=now) == 1 and actions.forget_lists(now=now) == 0
    assert [storages["private"].exists(name) for name in files] == [False, True]
    erase_person(user=staff[5], reason="Theo yêu cầu", by=None, now=now + DAY / 24)
    client.force_login(chi)
    assert client.get(f"/agencies/lists/{fresh.pk}/file")["Location"] == "/agencies/lists/"
    assert actions.forget_lists(now=now + DAY) == 1 and not storages["private"].exists(files[1])


def test_somebody_erased_while_it_is_made_is_not_in_it(staff, chi, city, now, monkeypatch):
    monkeypatch.setattr(actions, "PART_UNITS", 1)
    wanted = ask(chi, city.ward, now)
    work(now, times=2)
    erase_person(user=staff[0], reason="Theo yêu cầu", by=None, now=now + DAY / 24)
    work(now + DAY)
    names = [row[0] for row in lines_of(wanted)]
    assert "Lê An" not in names and len(names) == 9


@pytest.mark.parametrize("size", [3, 30])
def test_a_list_takes_as_many_queries_for_three_people_as_for_thirty(
    size, chi, city, now, client: Client, django_assert_max_num_queries
):
    for place in range(size):
        world.join(world.make_user(f"nv{place}", f"Lê Văn {chr(65 + place)}"), city.clinic)
        StaffList.objects.create(
            owner=chi, unit=city.clinic, query=f"state={place}", extension="csv", asked_at=now, people=1, made_at=now, file="x"
        )
    client.force_login(chi)
    with django_assert_max_num_queries(20):
        client.post(f"/agencies/{city.ward.code}/list/", {"extension": "csv"})
    with django_assert_max_num_queries(9):
        client.get("/agencies/lists/")


cells = st.one_of(
    st.none(), st.text(max_size=20), st.integers(-(10**9), 10**9), st.dates(),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=0, max_value=10),
)  # fmt: skip


@given(st.lists(cells, max_size=6))
def test_a_row_comes_back_from_its_part_as_it_was(row: list[Any]) -> None:
    line = exports.to_line(row)
    assert "\n" not in line and exports.from_line(line) == row
    assert [type(one) for one in exports.from_line(line)] == [type(one) for one in row]


def test_a_mark_keeps_its_zeros() -> None:
    assert str(exports.from_line(exports.to_line([Decimal("8.50")]))[0]) == "8.50"


# --- views ------------------------------------------------------------------------------------------------------------------


def test_a_view_is_kept_shown_first_renamed_and_dropped(chi, outsider, course, client: Client):
    client.force_login(chi)
    query = f"course={course.page.pk}&sort=overdue&desc=1"
    sent = client.post("/agencies/views/", {"name": "Quá hạn nhiều nhất", "query": f"{query}&page=4&x=1"}, follow=True)
    assert sent.redirect_chain[-1][0] == f"/agencies/?{query}" and "Đã lưu cách xem" in sent.content.decode()
    view = KeptView.objects.get()
    assert view.query == query and client.get("/agencies/").status_code == 200
    client.post(f"/agencies/views/{view.pk}/", {"name": "Xem trước hết", "first": "on"})
    assert client.get("/agencies/")["Location"] == f"/agencies/?{query}"
    whole = client.get("/agencies/?all=1").content.decode()
    assert "Xem trước hết" in whole
    client.force_login(outsider)
    assert client.post(f"/agencies/views/{view.pk}/", {"name": "x", "drop": "1"}).status_code == 404
    assert "Xem trước hết" not in client.get("/agencies/").content.decode()
    client.force_login(chi)
    client.post(f"/agencies/views/{view.pk}/", {"drop": "1"})
    assert not KeptView.objects.exists() and client.get("/agencies/").status_code == 200


def test_one_view_is_first_and_names_do_not_meet(chi, now):
    one = actions.keep_view(owner=chi, name="Một", query="q=ben", now=now)
    two = actions.keep_view(owner=chi, name="Hai", query="sort=name", now=now)
    assert actions.keep_view(owner=chi, name="Mo\u0302\u0323t", query="q=co", now=now) == one
    for view in (one, two):
        actions.change_view(view=view, name=view.name, first=True)
    assert list(KeptView.objects.filter(first=True)) == [two]
    with pytest.raises(actions.NameTaken):
        actions.change_view(view=two, name="Một", first=False)
    for number in range(actions.MOST_VIEWS - 2):
        actions.keep_view(owner=chi, name=f"Cách {number}", query="", now=now)
    with pytest.raises(actions.TooManyViews):
        actions.keep_view(owner=chi, name="Một cách nữa", query="", now=now)
    assert actions.keep_view(owner=chi, name="Hai", query="q=x", now=now).query == "q=x"


def test_a_view_without_a_name_is_not_kept(chi, client: Client):
    client.force_login(chi)
    for name in ("", "   ", "x" * 61):
        page = client.post("/agencies/views/", {"name": name, "query": "sort=name"}, follow=True).content.decode()
        assert "hãy đặt cho cách xem này một tên" in page
    assert not KeptView.objects.exists()
