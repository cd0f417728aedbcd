"""A file of organisations: the dry run, the deed, taking it back, and how long 4,000 take."""

from __future__ import annotations

import io
import uuid

import pytest
from django.core.management import CommandError, call_command

from classes import actions, queries
from classes.queries.organisation_import import import_plan
from people.models import Organisation, OrganisationOperation
from people.organisation_file import COLUMNS, read_table
from tests.classes.reorganising import assert_sound, parent, snapshot, unit

HEAD = "Mã,Tên đầy đủ,Tên ngắn,Loại,Mã cấp trên,Hết từ ngày,Mã đơn vị kế thừa\n"


def dry(text, now, by):
    return import_plan(read_table((HEAD + text).encode(), "tep.csv"), today=now.date(), by=by)


def apply(text, now, by, key=None):
    table = read_table((HEAD + text).encode(), "tep.csv")
    shown = import_plan(table, today=now.date(), by=by)
    return actions.apply_table(
        key=key or uuid.uuid4(), table=table, seen=shown.plan.seen, reason="Danh mục tháng 11", by=by, now=now
    )


FILE = (
    "P-SM,Ủy ban nhân dân phường Sao Mai,Phường Sao Mai,Phường,UBND-TP,,\n"
    "P-SM-YT,Trạm y tế phường Sao Mai,,Trạm y tế,P-SM,,\n"
    "P-BC,Ủy ban nhân dân phường Bến Lau,,,,,\n"
    "tyt-bc,,,,P-AK,,\n"
    "THPT-SD,Trường THPT Sông Dinh,,,SGDDT,,\n"
)  # fmt: skip


def test_the_dry_run_shows_what_is_new_changed_and_the_same_and_writes_nothing(city, dung, now):
    before = snapshot()
    shown = dry(FILE, now, dung)
    assert [(line, made.code, made.parent) for line, made in shown.made] == [(2, "P-SM", "UBND-TP"), (3, "P-SM-YT", "P-SM")]
    assert [(one.code, one.column, one.before, one.after) for one in shown.differences] == [
        ("P-BC", "Tên đầy đủ", "Ủy ban nhân dân phường Bến Cỏ", "Ủy ban nhân dân phường Bến Lau"),
        ("TYT-BC", "Mã cấp trên", "P-BC", "P-AK"),
    ]
    assert (shown.changed, shown.same, shown.wrong) == (2, 1, 0)
    assert snapshot() == before


def test_it_is_applied_once_and_undone(city, dung, now):
    before, key = snapshot(), uuid.uuid4()
    operation = apply(FILE, now, dung, key)
    assert apply(FILE, now, dung, key) == operation and OrganisationOperation.objects.count() == 1
    assert parent("P-SM-YT") == "P-SM" and parent("TYT-BC") == "P-AK"
    assert Organisation.objects.called("ben co").filter(code="P-BC").exists()  # by its former name
    assert dry(FILE, now, dung).same == 5
    assert_sound(now)
    actions.undo_operation(operation=operation, by=dung, now=now)
    assert snapshot() == before
    assert_sound(now)


def test_wrong_rows_and_those_that_need_them_are_left_out(city, dung, now):
    text = (
        "P-1,Không có cấp trên này,,Phường,KHONG-CO,,\n"
        "P-2,Dưới dòng sai,,Trạm y tế,P-1,,\n"
        "P-3,Vòng,,Phường,P-4,,\nP-4,Vòng,,Phường,P-3,,\n"
        "P-BC,,,,TYT-BC,,\n"
        "P-5,Không tên loại,,,UBND-TP,,\n"
        "P-6,Trùng,,Phường,UBND-TP,,\nP-6,Trùng,,Phường,UBND-TP,,\n"
        "GOC,Gốc mới,,Sở,,,\n"
        "P-7,Đúng,,Phường,UBND-TP,,\n"
    )
    shown = dry(text, now, dung)
    assert sorted(one.line for one in shown.problems) == [2, 3, 4, 5, 6, 7, 9, 10]
    assert [made.code for _line, made in shown.made] == ["P-6", "P-7"]
    assert {one.column for one in shown.problems} == {"Mã", "Loại", "Mã cấp trên"}
    apply(text, now, dung)
    assert_sound(now)


def test_a_unit_with_people_is_not_ended_by_a_file(city, dung, chi, now):
    shown = dry("P-BC,,,,,01/11/2026,P-AK\nTHPT-SD,,,,,01/11/2026,THPT-HX\n", now, dung)
    assert [one.line for one in shown.problems] == [2] and "Sáp nhập" in shown.problems[0].why
    apply("THPT-SD,,,,,01/11/2026,THPT-HX\n", now, dung)
    assert unit("THPT-SD").successor.code == "THPT-HX"


def test_an_owner_reaches_only_his_own_branch(city, chi, outsider, dung, now):
    from tests import world

    ward_owner = world.make_owner("son", "Đinh Văn Sơn", city.ward)
    shown = dry(FILE, now, ward_owner)
    assert [one.line for one in shown.problems] == [2, 3, 5, 6] and shown.changed == 1
    assert dry(FILE, now, outsider).made == () and dry(FILE, now, outsider).differences == ()
    with pytest.raises(actions.NotInCharge):
        table = read_table((HEAD + FILE).encode(), "tep.csv")
        seen = import_plan(table, today=now.date(), by=dung).plan.seen
        actions.apply_table(key=uuid.uuid4(), table=table, seen=seen, reason="x", by=chi, now=now)


def test_places_may_be_swapped(city, dung, now):
    apply("TYT-BC,,,,UBND-TP,,\nP-BC,,,,TYT-BC,,\n", now, dung)
    assert parent("TYT-BC") == "UBND-TP" and parent("P-BC") == "TYT-BC"
    assert_sound(now)


def test_the_tree_may_not_change_between_dry_run_and_deed(city, dung, now):
    table = read_table((HEAD + FILE).encode(), "tep.csv")
    seen = import_plan(table, today=now.date(), by=dung).plan.seen
    Organisation.objects.filter(code="P-BC").update(name="Đã đổi ở nơi khác")
    with pytest.raises(actions.PlanChanged):
        actions.apply_table(key=uuid.uuid4(), table=table, seen=seen, reason="x", by=dung, now=now)


def test_four_thousand_organisations_come_in_within_seconds(city, dung, now, django_assert_max_num_queries):
    lines = [f"W{w},Phường Số {w},,Phường,UBND-TP,," for w in range(168)]
    lines += [f"S{n},Trường Số {n},,Trường,W{n % 168},," for n in range(2000)]
    lines += [f"T{n},Trường Trực Thuộc {n},,Trường,SGDDT,," for n in range(1832)]
    with django_assert_max_num_queries(400):
        operation = apply("\n".join(lines) + "\n", now, dung)
    assert Organisation.objects.count() == 4008 and operation.effect["made"] == 4000
    assert Organisation.find_problems() == ([], [], [], [], [])
    with django_assert_max_num_queries(400):
        actions.undo_operation(operation=operation, by=dung, now=now)
    assert Organisation.objects.count() == 8 and Organisation.find_problems() == ([], [], [], [], [])


def test_the_template_can_be_sent_back(city, dung, now):
    header, rows = queries.import_template()
    assert header == [str(label) for label in COLUMNS.values()]
    table = [header, *[["" if cell is None else str(cell) for cell in row] for row in rows]]
    assert [made.code for _line, made in import_plan(table, today=now.date(), by=dung).made] == ["P-VIDU", "P-VIDU-YT"]


def test_from_the_shell(city, tmp_path, now):
    file, out, err = tmp_path / "danh-muc.csv", io.StringIO(), io.StringIO()
    file.write_text(HEAD + FILE + "X,Sai,,Tàu bay,,,\nGOC,Gốc mới,,Sở,,,\n", encoding="utf-8-sig")
    call_command("import_organisations", file, "--dry-run", stdout=out, stderr=err)
    assert "would be: 3 made, 2 changed, 1 same, 1 lines wrong" in out.getvalue() and "line 7" in err.getvalue()
    assert not Organisation.objects.filter(code="P-SM").exists()
    call_command("import_organisations", file, stdout=out, stderr=err)
    assert unit("GOC").is_root() and OrganisationOperation.objects.get().done_by is None
    with pytest.raises(CommandError):
        call_command("import_organisations", tmp_path / "khong-co.csv")
