"""What lies on the officer's own desk: kept views and long tables made in the background."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tracemalloc

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from classes import actions, letters, queries
from classes.exports import save_table, write_csv, write_xlsx
from classes.models import Export, SavedView
from classes.queries import tables
from people.models import Reading, Role
from tests import world

DAY = dt.timedelta(days=1)


def clock():
    return timezone.now()


@pytest.fixture
def few(monkeypatch):
    """Long is more than three rows, so that tests stay short."""
    monkeypatch.setattr(queries, "AT_ONCE", 3)


@pytest.fixture
def staff(city):
    for number in range(6):
        world.join(world.make_user(f"u{number}", f"=Người {number}"), city.clinic)


def ask(client, extension="csv"):
    return client.get(reverse("agencies:people_export", kwargs={"code": "TYT-BC", "extension": extension}))


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_a_long_table_is_asked_for_once_made_told_of_and_fetched(client, few, staff, chi, extension):
    client.force_login(chi)
    for _twice in range(2):
        assert ask(client, extension).url == reverse("agencies:exports")
    export = Export.objects.get()
    assert "đang chờ" in client.get(reverse("agencies:exports")).content.decode()
    url = reverse("agencies:export_fetch", args=[export.pk])
    assert client.get(url).status_code == 404
    assert actions.make_exports(clock=clock) == 1
    assert actions.make_exports(clock=clock) == 0
    for _twice in range(2):
        actions.tell_of_exports(send=letters.send_export_notice, now=clock())
    (letter,) = mail.outbox
    assert letter.to == [chi.email]
    assert "Người" not in letter.body
    assert "/agencies/exports/" in letter.body
    Reading.objects.all().delete()
    answer = client.get(url)
    content = b"".join(answer.streaming_content)
    assert "no-store" in answer["Cache-Control"]
    assert Reading.objects.get().people == 6
    header, rows = queries.people_rows(queries.table_of(export).places[0], now=clock())
    lines = list(rows)
    if extension == "csv":
        assert content == write_csv(header, lines)
        assert "'=Người 0" in content.decode()
    else:
        got = [[cell.value for cell in row] for row in load_workbook(io.BytesIO(content)).active.rows]
        same = [[cell.value for cell in row] for row in load_workbook(io.BytesIO(write_xlsx("x", header, lines))).active.rows]
        assert got == same


def test_nobody_else_finds_it_and_its_owner_only_while_in_charge(client, few, staff, chi, outsider, dung):
    client.force_login(chi)
    ask(client)
    actions.make_exports(clock=clock)
    url = reverse("agencies:export_fetch", args=[Export.objects.get().pk])
    for user in (outsider, dung):
        client.force_login(user)
        assert client.get(url).status_code == 404
        assert client.post(url + "drop/").status_code == 404
    client.force_login(chi)
    assert client.get(url).status_code == 200
    world.grant(chi, "officer", queries.scope_of(outsider)[0])
    Role.objects.filter(user=chi, organisation__code="P-BC").update(until=clock())
    assert client.get(url).status_code == 404


def test_who_lost_her_scope_before_it_was_made_gets_nothing(client, few, staff, chi):
    client.force_login(chi)
    ask(client)
    Role.objects.filter(user=chi).update(until=clock())
    assert actions.make_exports(clock=clock) == 0
    assert Export.objects.get().state == "failed"


def test_a_killed_worker_leaves_it_owed_and_the_next_begins_anew(client, few, staff, chi, monkeypatch):
    client.force_login(chi)
    ask(client)
    whole = actions.exports.queries.table

    class Killed(BaseException):
        pass

    def dying(*args, **more):
        header, rows = whole(*args, **more)

        def some():
            yield next(rows)
            raise Killed

        return header, some()

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(queries, "table", dying)
        actions.make_exports(clock=clock)
    export = Export.objects.get()
    assert (export.state, bool(export.file)) == ("owed", False)
    assert actions.make_exports(clock=clock) == 0  # its lease still runs
    later = clock() + dt.timedelta(minutes=6)
    assert actions.make_exports(clock=lambda: later) == 1


def test_what_fails_three_times_is_said_and_not_tried_for_ever(client, few, staff, chi, monkeypatch):
    client.force_login(chi)
    ask(client)

    def broken(*args, **more):
        raise ValueError

    monkeypatch.setattr(queries, "table", broken)
    for _try in range(4):
        actions.make_exports(clock=clock)
    export = Export.objects.get()
    assert (export.state, export.failures) == ("failed", 3)
    actions.tell_of_exports(send=letters.send_export_notice, now=clock())
    assert "chưa làm được" in mail.outbox[0].body


def test_a_letter_waits_for_the_mail_server(client, few, staff, chi):
    client.force_login(chi)
    ask(client)
    actions.make_exports(clock=clock)

    def away(**_letter):
        raise OSError

    assert actions.tell_of_exports(send=away, now=clock()) == 0
    assert actions.tell_of_exports(send=letters.send_export_notice, now=clock()) == 1


def test_after_seven_days_the_file_is_gone(client, few, staff, chi):
    client.force_login(chi)
    ask(client)
    actions.make_exports(clock=clock)
    export = Export.objects.get()
    storage, name = export.file.storage, export.file.name
    assert actions.forget_exports(now=clock() + 6 * DAY) == 0
    assert actions.forget_exports(now=clock() + 8 * DAY) == 1
    assert not storage.exists(name)
    assert client.get(reverse("agencies:export_fetch", args=[export.pk])).status_code == 404


def test_short_tables_come_at_once(client, staff, chi):
    client.force_login(chi)
    rows = list(csv.reader(io.StringIO(ask(client).content.decode("utf-8-sig"))))
    assert len(rows) == 7
    assert not Export.objects.exists()
    assert tables.AT_ONCE == 5_000


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_a_file_of_any_length_takes_the_same_memory(tmp_path, extension):
    def peak(rows):
        tracemalloc.start()
        lines = ([f"Người {number}", number, None] for number in range(rows))
        save_table(str(tmp_path / f"{rows}.{extension}"), extension, "Bảng", ["Tên", "Số", "Ghi chú"], lines)
        return tracemalloc.get_traced_memory()[1], tracemalloc.stop()

    small, large = peak(1_000)[0], peak(30_000)[0]
    assert large < small + 3_000_000


# --- kept views ---------------------------------------------------------------------------------------------------------


def test_a_view_is_kept_renamed_opened_first_and_deleted(client, city, chi, course):
    client.force_login(chi)
    save = reverse("agencies:view_save")
    query = f"course={course.page.pk}&sort=overdue&desc=1&next=https://evil.example&state=late"
    answer = client.post(save, {"code": "P-BC", "query": query, "name": " Ai   chậm "})
    view = SavedView.objects.get()
    assert view.address == f"P-BC/?course={course.page.pk}&sort=overdue&desc=1&state=late"
    assert client.get(answer.url).status_code == 200
    client.post(save, {"code": "", "query": "q=ben", "name": view.name})
    view.refresh_from_db()
    assert (SavedView.objects.count(), view.address) == (1, "?q=ben")
    change = reverse("agencies:view_change", args=[view.pk])
    client.post(change, {"do": "rename", "name": "Phường"})
    client.post(change, {"do": "start"})
    assert client.get("/agencies/").url == "/agencies/?q=ben"
    assert client.get("/agencies/?course=").status_code == 200
    assert "Phường" in client.get(reverse("agencies:views")).content.decode()
    client.post(change, {"do": "stop"})
    assert client.get("/agencies/").status_code == 200
    client.post(change, {"do": "delete"})
    assert not SavedView.objects.exists()


def test_only_one_view_starts_and_names_stay_apart(chi, now):
    one = actions.save_view(owner=chi, name="Một", address="?q=a", now=now)
    two = actions.save_view(owner=chi, name="Hai", address="?q=b", now=now)
    for view in (one, two, two):
        actions.start_with(view=view, starts=True)
    assert queries.start_view(chi) == two
    with pytest.raises(actions.NameTaken):
        actions.rename_view(view=two, name="Một")
    for number in range(28):
        actions.save_view(owner=chi, name=f"V{number}", address="?", now=now)
    with pytest.raises(actions.TooMany):
        actions.save_view(owner=chi, name="Thêm", address="?", now=now)


def test_a_view_is_its_owners_alone_and_never_opens_what_is_not_hers_any_more(client, city, chi, outsider, now):
    view = actions.save_view(owner=chi, name="Riêng của Chi", address="P-BC/?q=a", now=now)
    actions.start_with(view=view, starts=True)
    client.force_login(outsider)
    for deed in ("rename", "start", "delete"):
        assert client.post(reverse("agencies:view_change", args=[view.pk]), {"do": deed, "name": "x"}).status_code == 404
    assert client.post(reverse("agencies:view_save"), {"code": "P-BC", "query": "", "name": "x"}).status_code == 404
    assert "Riêng của Chi" not in client.get(reverse("agencies:views")).content.decode()
    Role.objects.filter(user=chi).update(until=clock())
    world.grant(chi, "officer", city.other_ward)
    assert queries.start_view(chi) is None
