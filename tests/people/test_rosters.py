"""From a list to people and back: who is who, what is written, what is undone, and what an importer never learns."""

from __future__ import annotations

import datetime as dt
import io
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

from classes.exports import write_csv, write_xlsx
from people.actions import rosters
from people.actions.accounts import end_role
from people.models import (
    Consent,
    Membership,
    OpenedAccount,
    Organisation,
    Role,
    RosterHeading,
    RosterImport,
    RosterRow,
    StaffCategory,
    User,
)
from people.queries.rosters import error_rows, missing, questions, troubles, waiting, wrong_rows
from tests import world
from tests.conftest import _template

pytestmark = pytest.mark.django_db

HEAD = "Mã cán bộ;Họ và tên;Năm sinh;Thư điện tử;Tên đăng nhập;Mã đơn vị;Nhóm\n"
LATER = dt.timedelta(days=1)


def send(organisation: Organisation, lines: str, by: Any, now: dt.datetime, *, head: str = HEAD, **more: Any) -> RosterImport:
    """The list as far as it goes by itself: checked, or waiting for its columns."""
    made = rosters.receive(
        organisation=organisation, kind=more.pop("kind", "staff"), file=io.BytesIO((head + lines).encode()), name="ds.csv",
        by=by, now=now, **more,
    )  # fmt: skip
    return go_on(made, now)


def go_on(roster: RosterImport, now: dt.datetime) -> RosterImport:
    return rosters.work(roster_id=roster.pk, now=now, more=lambda: True)


def applied(roster: RosterImport, by: Any, now: dt.datetime) -> RosterImport:
    rosters.apply(roster=roster, by=by, now=now)
    return go_on(roster, now)


def undone(roster: RosterImport, by: Any, now: dt.datetime) -> RosterImport:
    rosters.undo(roster=roster, by=by, now=now)
    return go_on(roster, now)


def statuses(roster: RosterImport) -> list[str]:
    return list(roster.rows.filter(number__isnull=False).order_by("number").values_list("status", flat=True))


def place(name: str) -> Membership:
    return Membership.objects.current().get(user__full_name=name)


def causes(roster: RosterImport) -> dict[int, list[str]]:
    return {row.number: [one[1] for one in row.problems] for row in wrong_rows(roster)}


@pytest.fixture
def lan(city: Any) -> User:
    """A civil servant of the ward with a number and an address she has proven."""
    user = world.make_user("lan", "Ngô Thị Lan", birth_year=1985)
    Membership.objects.filter(pk=world.join(user, city.ward).pk).update(code="CB7")
    return user


# --- the dry run ------------------------------------------------------------------------------------------------------


def test_a_dry_run_counts_and_writes_nothing_about_people(city: Any, chi: Any, lan: User, now: Any) -> None:
    before = (User.objects.count(), Membership.objects.count(), OpenedAccount.objects.count(), EmailAddress.objects.count())
    roster = send(
        city.ward,
        "A1;Nguyễn Văn Một;1980;mot@example.vn;;;công chức\n"
        "A2;Lê Thị Hai;1990;;;TYT-BC;VC\n"
        "CB7;Ngô Thị Lan;1985;;;;công chức\n"
        ";;1980;;;;công chức\n"
        "A5;Trần Năm;x;lan@;;Phòng cũ;CBCC\n"
        "A1;Phạm Trùng;1981;;;;công chức\n",
        chi, now,
    )  # fmt: skip
    assert statuses(roster) == ["new", "new", "same", "wrong", "wrong"]
    assert roster.counts["new"] == 2
    assert causes(roster) == {6: ["birth_wrong", "email_wrong", "category_wrong", "unit_unknown"], 7: ["repeated"]}
    after = (User.objects.count(), Membership.objects.count(), OpenedAccount.objects.count(), EmailAddress.objects.count())
    assert before == after
    told = troubles(wrong_rows(roster))
    assert [(one.number, str(one.column), one.value) for one in told][:2] == [(6, "Năm sinh", "x"), (6, "Thư điện tử", "lan@")]
    assert "Trùng dòng 2" in told[-1].cause


def test_a_unit_outside_the_organisation_is_wrong_whether_it_exists_or_not(city: Any, chi: Any, now: Any) -> None:
    roster = send(city.ward, "A1;Nguyễn Một;1980;;;P-AK;CC\nA2;Nguyễn Hai;1980;;;KHONG-CO;CC\n", chi, now)
    assert causes(roster) == {2: ["unit_unknown"], 3: ["unit_unknown"]}


def test_unknown_columns_are_asked_once_and_remembered(city: Any, chi: Any, now: Any) -> None:
    head = "Danh xưng đầy đủ;Tuổi;Đối tượng\n"
    roster = send(city.ward, "Nguyễn Văn Một;45;CC\n", chi, now, head=head)
    assert (roster.state, roster.fields) == ("columns", ["", "", "category"])
    with pytest.raises(rosters.ColumnsMissing):
        rosters.choose_columns(roster=roster, fields=["", "", "category"], by=chi, now=now)
    rosters.choose_columns(roster=roster, fields=["full_name", "-", "category"], by=chi, now=now)
    assert statuses(go_on(roster, now)) == ["new"]
    again = send(city.ward, "Lê Hai;45;CC\n", chi, now, head=head)
    assert (again.state, statuses(again)) == ("checked", ["new"])
    assert RosterHeading.objects.filter(organisation=city.ward).count() == 3


# --- who is who -------------------------------------------------------------------------------------------------------


def test_the_number_comes_first_then_the_address_then_the_username(city: Any, chi: Any, lan: User, now: Any) -> None:
    hai = world.make_user("hai", "Bùi Văn Hải", birth_year=1970)
    world.join(hai, city.clinic)
    roster = send(
        city.ward,
        "CB7;Ngô Thị Lan;1985;khac@example.vn;;;CC\n;Bùi Văn Hải;1970;hai@example.com;;TYT-BC;CC\n;Lê Thị Chi;;;chi;;CC\n",
        chi, now,
    )  # fmt: skip
    assert [row.user for row in roster.rows.order_by("number")] == [lan, hai, chi]
    assert statuses(roster) == ["same", "same", "same"]


def test_the_same_number_with_another_name_and_year_is_asked(city: Any, chi: Any, lan: User, now: Any) -> None:
    roster = send(city.ward, "CB7;Trần Văn Khác;1999;;;;CC\nCB8;Ngô Thị Lan;1985;;;;CC\n", chi, now)
    assert statuses(roster) == ["ambiguous", "ambiguous"]
    asked = questions(roster)
    assert [[one.name for one in question.candidates] for question in asked] == [["Ngô Thị Lan"], ["Ngô Thị Lan"]]
    first, second = (question.row.pk for question in asked)
    rosters.mend(roster=roster, values={}, answers={first: "new", second: "new"}, by=chi, now=now)
    assert statuses(roster) == ["wrong", "new"]  # nobody else may have Lan's number
    assert causes(roster) == {2: ["code_taken"]}


def test_namesakes_are_never_merged_silently(city: Any, chi: Any, lan: User, now: Any) -> None:
    roster = send(city.ward, ";Ngô Thị Lan;1985;;;;CC\n;Ngô Thị Lan;1999;;;;CC\n", chi, now)
    assert statuses(roster) == ["ambiguous", "new"]
    assert applied(roster, chi, now).counts["ambiguous"] == 1
    assert User.objects.filter(full_name="Ngô Thị Lan").count() == 2


@pytest.mark.parametrize(("answer", "people"), [("same", 1), ("new", 2), ("skip", 1)])
def test_an_answer_is_done_as_given(city: Any, chi: Any, lan: User, now: Any, answer: str, people: int) -> None:
    roster = send(city.ward, ";Ngô Thị Lan;;;;TYT-BC;CC\n", chi, now)
    row = roster.rows.get()
    said = str(row.candidates[0]) if answer == "same" else answer
    rosters.mend(roster=roster, values={}, answers={row.pk: said}, by=chi, now=now)
    applied(roster, chi, now)
    assert User.objects.filter(full_name="Ngô Thị Lan").count() == people
    assert Membership.objects.current().filter(user=lan).get().organisation == (city.clinic if answer == "same" else city.ward)


def test_all_namesakes_may_be_answered_at_once(city: Any, chi: Any, lan: User, now: Any) -> None:
    roster = send(city.ward, ";Ngô Thị Lan;1985;;;;CC\n;Lê Thị Chi;;;;;CC\n", chi, now)
    assert rosters.answer_all_as_known(roster=roster, by=chi, now=now) == 2
    assert statuses(roster) == ["same", "same"]


def test_two_rows_for_one_person_are_one(city: Any, chi: Any, lan: User, now: Any) -> None:
    roster = send(city.ward, "CB7;Ngô Thị Lan;1985;;;;CC\n;Ngô Thị Lan;1985;lan@example.com;;;CC\n", chi, now)
    assert statuses(roster) == ["same", "wrong"]
    assert causes(roster) == {3: ["same_person"]}


# --- what an importer never learns ------------------------------------------------------------------------------------


def test_a_stranger_elsewhere_looks_exactly_like_somebody_new(city: Any, chi: Any, an: Any, now: Any) -> None:
    """An has a public account; Xa works for another ward. The list of Chi may not tell her either."""
    xa = world.make_user("xa", "Võ Ở Xa", birth_year=1980)
    Membership.objects.filter(pk=world.join(xa, city.other_ward).pk).update(code="CB9")
    lines = [
        "CB9;Võ Ở Xa;1980;xa@example.com;;;CC\n", "CB1;Nguyễn Thị An;1956;an@example.com;;;CC\n",
        "CB2;Trần Không Ai;1970;khong-ai@example.com;;;CC\n",
    ]  # fmt: skip
    roster = send(city.ward, "".join(lines), chi, now)
    rows = list(roster.rows.order_by("number").values_list("status", "problems", "user", "candidates"))
    assert rows == [("new", [], None, [])] * 3
    applied(roster, chi, now)
    opened = list(waiting(city.ward))
    assert [one.user.full_name for one in opened] == ["Nguyễn Thị An", "Trần Không Ai", "Võ Ở Xa"]
    assert {(one.letter_owed, one.user.email, one.user.last_login) for one in opened} == {(True, "", None)}
    assert Membership.objects.current().filter(user=xa).get().organisation == city.other_ward
    assert not Membership.objects.filter(user=an).exists()


def test_a_username_elsewhere_is_as_unknown_as_one_that_is_none(city: Any, chi: Any, outsider: Any, now: Any) -> None:
    roster = send(city.ward, ";Vũ Minh Khánh;1956;;khanh;;CC\n;Nguyễn Thị Bé;1956;;khong.co;;CC\n", chi, now)
    assert causes(roster) == {2: ["username_unknown"], 3: ["username_unknown"]}


def test_who_sees_both_places_moves_a_person(city: Any, dung: Any, lan: User, now: Any) -> None:
    roster = send(city.other_ward, ";Ngô Thị Lan;1985;lan@example.com;;;CC\n", dung, now)
    assert statuses(roster) == ["moved"]
    applied(roster, dung, now)
    old, new = Membership.objects.filter(user=lan).order_by("pk")
    assert (old.until, new.organisation, new.until) == (now.date(), city.other_ward, None)
    assert User.objects.filter(full_name="Ngô Thị Lan").count() == 1
    undone(roster, dung, now)
    assert place("Ngô Thị Lan").organisation == city.ward


# --- who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["an", "binh", "outsider"])
def test_only_officers_and_owners_over_the_organisation_send_lists(who: str, request: Any, city: Any, now: Any) -> None:
    with pytest.raises(rosters.NotYours):
        send(city.ward, "", request.getfixturevalue(who), now)


def test_an_auditor_counts_and_does_not_import(city: Any, now: Any) -> None:
    auditor = world.make_user("kiem", "Lý Kiểm")
    world.grant(auditor, "auditor", city.city)
    with pytest.raises(rosters.NotYours):
        send(city.ward, "", auditor, now)


def test_whose_right_ended_applies_nothing_more(city: Any, chi: Any, dung: Any, now: Any) -> None:
    roster = send(city.ward, "A1;Nguyễn Một;1980;;;;CC\n", chi, now)
    rosters.apply(roster=roster, by=chi, now=now)
    end_role(role=Role.objects.get(user=chi), by=dung, now=now)
    roster = go_on(roster, now)
    assert (roster.state, roster.reason) == ("applied", "no_right")
    assert not User.objects.filter(full_name="Nguyễn Một").exists()


def test_teachers_get_their_role_as_far_as_the_importer_may_give_it(city: Any, dung: Any, now: Any) -> None:
    officer = world.make_officer("hieu", "Đỗ Minh Hiệu", city.school)
    roster = applied(send(city.school, "GV1;Trần Thị Cô;1980;;;;\n", officer, now, kind="teachers"), officer, now)
    teacher = User.objects.get(full_name="Trần Thị Cô")
    role = Role.objects.get(user=teacher)
    assert (role.kind, role.organisation, role.granted_by) == ("teacher", city.school, officer)
    assert (teacher.audience, place("Trần Thị Cô").category) == ("giao_vien", StaffCategory.PUBLIC_EMPLOYEE)
    again = send(city.school, "GV2;Lê Văn Thầy;1980;;;;\n", officer, now, kind="teachers", complete=True)
    assert list(again.rows.filter(status="left").values_list("user__full_name", flat=True)) == ["Trần Thị Cô"]
    applied(again, officer, now)
    assert not Role.objects.current().filter(user=teacher).exists()
    undone(again, officer, now)
    assert Role.objects.current().filter(user=teacher).exists()
    assert roster.counts["new"] == 1


# --- applying ---------------------------------------------------------------------------------------------------------


def test_an_account_is_opened_that_nobody_knows_the_password_of(city: Any, chi: Any, now: Any) -> None:
    applied(send(city.ward, "A1;NGUYỄN VĂN MỘT;05/03/1980;mot@example.vn;;TYT-BC;VC\n", chi, now), chi, now)
    user = User.objects.get(full_name="Nguyễn Văn Một")
    assert not user.has_usable_password()
    assert (user.birth_year, user.audience, user.email) == (1980, "cbccvc_nld", "")
    assert not EmailAddress.objects.get(user=user).verified
    opened = user.opened
    assert (opened.organisation, opened.basis, opened.address, opened.letter_owed) == (city.ward, "duty", "mot@example.vn", True)
    member = place("Nguyễn Văn Một")
    assert (member.organisation, member.category, member.code) == (city.clinic, "vien_chuc", "A1")
    assert not RosterImport.objects.get().file  # read, done with, gone


def test_pupils_under_16_need_the_agreement_of_their_parents_on_paper(city: Any, dung: Any, now: Any) -> None:
    head = "Mã HS;Họ và tên;Ngày sinh;Phụ huynh đồng ý\n"
    lines = (
        "H1;Lê Gia Hân;2012;Trần Thị Hoa\nH2;Lê Minh Khôi;2012;\nH3;Lê Ngọc Ánh;2012;chưa\nH4;Lê Bảo Long;2008;\n"
        "H5;Lê Thảo Vy;;x\n"
    )
    roster = applied(send(city.school, lines, dung, now, head=head, kind="pupils"), dung, now)
    assert causes(roster) == {3: ["consent_missing"], 4: ["consent_missing"]}
    assert list(Consent.objects.order_by("pk").values_list("user__full_name", "purpose", "channel", "given_by")) == [
        ("Lê Gia Hân", "guardian", "paper", "Trần Thị Hoa"), ("Lê Thảo Vy", "guardian", "paper", ""),
    ]  # fmt: skip
    assert set(OpenedAccount.objects.values_list("basis", flat=True)) == {"school"}
    assert set(Membership.objects.filter(organisation=city.school).values_list("category", flat=True)) == {"hoc_sinh"}


def test_the_same_list_again_changes_nothing(city: Any, chi: Any, now: Any) -> None:
    lines = "A1;Nguyễn Một;1980;mot@example.vn;;;CC\nA2;Lê Hai;1990;;;TYT-BC;VC\n"
    applied(send(city.ward, lines, chi, now), chi, now)
    people = User.objects.count()
    again = send(city.ward, lines, chi, now)
    assert again.counts["same"] == 2
    assert applied(again, chi, now).counts["same"] == 2
    assert User.objects.count() == people


def test_what_the_list_says_otherwise_is_updated_and_put_back(city: Any, chi: Any, now: Any) -> None:
    applied(send(city.ward, "A1;Nguyễn Mốt;1980;mot@example.vn;;;CC\n", chi, now), chi, now)
    roster = send(city.ward, "A1;Nguyễn Một;1980;mot.nguyen@example.vn;;;VC\n", chi, now)
    assert statuses(roster) == ["changed"]
    applied(roster, chi, now)
    user = User.objects.get(full_name="Nguyễn Một")
    assert (place("Nguyễn Một").category, user.opened.address) == ("vien_chuc", "mot.nguyen@example.vn")
    undone(roster, chi, now)
    user.refresh_from_db()
    assert (user.full_name, place("Nguyễn Mốt").category) == ("Nguyễn Mốt", "cong_chuc")
    assert OpenedAccount.objects.get(user=user).address == "mot@example.vn"


def test_the_name_of_an_account_its_owner_uses_is_hers(city: Any, chi: Any, lan: User, now: Any) -> None:
    roster = applied(send(city.ward, "CB7;Ngô Thị Lành;1985;;;;VC\n", chi, now), chi, now)
    lan.refresh_from_db()
    assert (lan.full_name, place("Ngô Thị Lan").category, roster.counts["changed"]) == ("Ngô Thị Lan", "vien_chuc", 1)


def test_who_is_missing_has_left_only_if_the_list_is_complete(city: Any, chi: Any, lan: User, now: Any) -> None:
    world.join(world.make_user("loc", "Hồ Tấn Lộc"), city.clinic)
    line = "CB1;Lê Thị Chi;;chi@example.com;;;CC\n"
    assert not send(city.ward, line, chi, now).rows.filter(status="left").exists()
    roster = send(city.ward, line, chi, now, complete=True)
    # The clinic is in no row, so nobody there is judged.
    assert list(roster.rows.filter(status="left").values_list("user__full_name", flat=True)) == ["Ngô Thị Lan"]
    applied(roster, chi, now)
    assert not Membership.objects.current().filter(user=lan).exists()
    assert lan in User.objects.all()
    undone(roster, chi, now)
    assert place("Ngô Thị Lan").organisation == city.ward


def test_who_may_be_meant_by_a_wrong_row_has_not_left(city: Any, chi: Any, lan: User, now: Any) -> None:
    roster = send(city.ward, "CB7;Ngô Thị Lan;x;;;;CC\nCB1;Lê Thị Chi;;chi@example.com;;;CC\n", chi, now, complete=True)
    assert statuses(roster) == ["wrong", "changed"]
    assert not missing(roster).exists()


def test_mending_a_row_makes_it_right_and_frees_what_repeated_it(city: Any, chi: Any, now: Any) -> None:
    roster = send(city.ward, "A1;Nguyễn Một;1980;mot@;;;CC\nA1;Lê Hai;1990;;;;CC\n", chi, now)
    assert statuses(roster) == ["wrong", "wrong"]
    first = roster.rows.get(number=2)
    values = {"email": "mot@example.vn", "code": "A0", "status": "new", "cccd": "079"}
    assert rosters.mend(roster=roster, values={first.pk: values}, answers={}, by=chi, now=now) == 1
    assert statuses(roster) == ["new", "new"]
    assert set(roster.rows.get(number=2).values) == {"code", "full_name", "birth", "email", "category"}


def test_rows_of_another_list_cannot_be_mended(city: Any, chi: Any, outsider: Any, now: Any) -> None:
    mine = send(city.ward, "A1;Nguyễn Một;x;;;;CC\n", chi, now)
    theirs = send(city.other_ward, "A1;Lê Hai;x;;;;CC\n", outsider, now)
    row = theirs.rows.get()
    rosters.mend(roster=mine, values={row.pk: {"birth": "1980"}}, answers={}, by=chi, now=now)
    assert theirs.rows.get().status == "wrong"
    with pytest.raises(rosters.NotYours):
        rosters.mend(roster=theirs, values={row.pk: {"birth": "1980"}}, answers={}, by=chi, now=now)


def test_the_file_of_wrong_rows_comes_back_mended(city: Any, chi: Any, now: Any, tmp_path: Path) -> None:
    roster = send(city.ward, "A1;Nguyễn Một;x;;;;CC\nA2;Lê Hai;1990;hai@;;;CC\n", chi, now)
    header, rows = error_rows(roster)
    assert header[-1] == "Lỗi"
    assert rows[0][-1].startswith("Năm sinh: Không hiểu năm sinh")
    (tmp_path / "loi.xlsx").write_bytes(write_xlsx("Lỗi", header, rows))
    book = load_workbook(tmp_path / "loi.xlsx")
    sheet = book.active
    sheet["C2"], sheet["D3"] = "1980", "hai@example.vn"
    book.save(tmp_path / "sua.xlsx")
    with (tmp_path / "sua.xlsx").open("rb") as file:
        again = go_on(rosters.receive(organisation=city.ward, kind="staff", file=file, name="sua.xlsx", by=chi, now=now), now)
    assert statuses(again) == ["new", "new"]


@pytest.mark.parametrize("write", [lambda header, rows: write_xlsx("x", header, rows), write_csv])
def test_a_formula_goes_out_harmless_and_comes_back_as_it_was(city: Any, chi: Any, now: Any, write: Any) -> None:
    roster = send(city.ward, "A1;=cmd|'/c calc'!A1;1980;;;;CC\n", chi, now)
    header, rows = error_rows(roster)
    rows[0][1] = "=Nguyễn Một"
    content = write(header, rows)
    assert b'"=' not in content
    name = "a.csv" if content.startswith(b"\xef\xbb\xbf") else "a.xlsx"
    made = rosters.receive(organisation=city.ward, kind="staff", file=io.BytesIO(content), name=name, by=chi, now=now)
    again = go_on(made, now)
    assert again.rows.get().values["full_name"] == "Nguyễn Một"


# --- twice, at once, in the middle ------------------------------------------------------------------------------------


def test_everything_twice_is_once(city: Any, chi: Any, now: Any) -> None:
    import uuid

    key = uuid.uuid4()
    first = send(city.ward, "A1;Nguyễn Một;1980;;;;CC\n", chi, now, key=key)
    assert send(city.ward, "A1;Nguyễn Một;1980;;;;CC\n", chi, now, key=key).pk == first.pk
    for _turn in range(2):
        applied(first, chi, now)
    assert User.objects.filter(full_name="Nguyễn Một").count() == 1
    for _turn in range(2):
        undone(first, chi, now)
    assert not User.objects.filter(full_name="Nguyễn Một").exists()
    with pytest.raises(rosters.NotNow):
        rosters.drop(roster=first, by=chi, now=now)


def test_two_lists_at_once_make_nobody_twice(city: Any, chi: Any, dung: Any, now: Any) -> None:
    """Both were checked before either was applied: the second passes over what has changed since."""
    lines = "A1;Nguyễn Một;1980;mot@example.vn;;;CC\nA2;Lê Hai;1990;;;;VC\n"
    first, second = send(city.ward, lines, chi, now), send(city.ward, lines, dung, now)
    rosters.apply(roster=first, by=chi, now=now)
    rosters.apply(roster=second, by=dung, now=now)
    rosters.work_owed(now=now, more=lambda: True)
    second.refresh_from_db()
    assert User.objects.filter(full_name__in=["Nguyễn Một", "Lê Hai"]).count() == 2
    assert (second.state, second.counts["wrong"], causes(second)) == ("applied", 2, {2: ["moved_on"], 3: ["moved_on"]})


def test_a_worker_stops_when_told_and_another_goes_on(city: Any, chi: Any, now: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(rosters, "READ_AT_ONCE", 3)
    monkeypatch.setattr(rosters, "WRITE_AT_ONCE", 2)
    names = ["Một", "Hai", "Ba", "Bốn", "Năm", "Sáu", "Bảy"]
    lines = "".join(f"A{number};Nguyễn {name};1980;;;;CC\n" for number, name in enumerate(names))
    made = rosters.receive(
        organisation=city.ward, kind="staff", file=io.BytesIO((HEAD + lines).encode()), name="ds.csv", by=chi, now=now
    )
    turns = 0
    while made.is_owed:
        made, turns = rosters.work(roster_id=made.pk, now=now, more=lambda: False), turns + 1
        made.refresh_from_db()
    assert (made.counts["new"], turns) == (7, 5)
    rosters.apply(roster=made, by=chi, now=now)
    rosters.work(roster_id=made.pk, now=now, more=lambda: False)
    made.refresh_from_db()
    assert (made.state, made.done, made.percent) == ("applying", 2, 28)
    assert go_on(made, now).state == "applied"
    assert User.objects.filter(full_name__startswith="Nguyễn ").count() == 7


def test_one_worker_at_a_time_and_the_next_one_when_its_lease_is_over(city: Any, chi: Any, now: Any) -> None:
    first, second = (
        rosters.receive(
            organisation=city.ward, kind="staff", file=io.BytesIO(f"{HEAD}A{n};Nguyễn Một;198{n};;;;CC\n".encode()), name="a.csv",
            by=chi, now=now,
        )
        for n in (1, 2)
    )  # fmt: skip
    RosterImport.objects.filter(pk=first.pk).update(busy_until=now + rosters.LEASE)
    assert rosters.work_owed(now=now, more=lambda: True) == 0
    assert rosters.work_owed(now=now + rosters.LEASE, more=lambda: True) == 2
    assert {one.state for one in RosterImport.objects.all()} == {"checked"}
    assert not RosterImport.objects.filter(busy_until__isnull=False).exists()
    assert second.pk != first.pk


def test_a_row_the_database_refuses_holds_up_no_other(city: Any, chi: Any, now: Any, monkeypatch: Any) -> None:
    roster = send(city.ward, "A1;Nguyễn Một;1980;;;;CC\nA2;Lê Hai;1990;;;;CC\nA3;Trần Ba;1990;;;;CC\n", chi, now)
    whole = rosters._Writer.open

    def fails_for_hai(self: Any, rows: Any) -> None:
        if any(decision.person.full_name == "Lê Hai" for _row, decision in rows):
            raise RuntimeError("refused")
        whole(self, rows)

    monkeypatch.setattr(rosters._Writer, "open", fails_for_hai)
    assert applied(roster, chi, now).counts["wrong"] == 1
    assert causes(roster) == {3: ["moved_on"]}
    assert User.objects.filter(full_name__in=["Nguyễn Một", "Trần Ba"]).count() == 2


# --- undoing ----------------------------------------------------------------------------------------------------------


def test_undoing_takes_back_all_but_what_people_have_begun(city: Any, chi: Any, course: Any, now: Any) -> None:
    from courses.actions import enrol

    lines = "A1;Nguyễn Một;1980;;;;CC\nA2;Lê Hai;1990;;;;VC\nA3;Trần Ba;1990;;;;VC\n"
    roster = applied(send(city.ward, lines, chi, now), chi, now)
    User.objects.filter(full_name="Lê Hai").update(last_login=now)
    enrol(learner=User.objects.get(full_name="Trần Ba"), course=course.page, now=now)
    assert undone(roster, chi, now + LATER).state == "undone"
    left = User.objects.filter(birth_year__in=[1980, 1990]).order_by("pk")
    assert list(left.values_list("full_name", flat=True)) == ["Lê Hai", "Trần Ba"]
    assert not Membership.objects.current().filter(user__full_name__in=["Lê Hai", "Trần Ba"]).exists()
    assert roster.rows.filter(undo_note="begun").count() == 2


def test_seven_days_and_no_longer(city: Any, chi: Any, now: Any) -> None:
    roster = applied(send(city.ward, "A1;Nguyễn Một;1980;;;;CC\n", chi, now), chi, now)
    with pytest.raises(rosters.NotNow):
        rosters.undo(roster=roster, by=chi, now=now + dt.timedelta(days=7))
    assert rosters.forget_old(now=now + dt.timedelta(days=6)) == 0
    assert rosters.forget_old(now=now + dt.timedelta(days=8)) == 1
    roster.refresh_from_db()
    assert not RosterRow.objects.exists()
    assert (roster.counts["new"], roster.forgotten_at) == (1, now + dt.timedelta(days=8))


def test_a_list_nobody_applied_is_forgotten_with_its_file(city: Any, chi: Any, now: Any) -> None:
    roster = send(city.ward, "A1;Nguyễn Một;1980;;;;CC\n", chi, now)
    name, storage = roster.file.name, roster.file.storage
    assert storage.exists(name)
    rosters.forget_old(now=now + dt.timedelta(days=8))
    assert not storage.exists(name)
    assert RosterImport.objects.get().state == "dropped"


# --- the command line -------------------------------------------------------------------------------------------------


def test_the_same_from_the_shell(city: Any, now: Any, tmp_path: Path, capsys: Any) -> None:
    path, errors = tmp_path / "ds.csv", tmp_path / "loi.xlsx"
    path.write_text(HEAD + "A1;Nguyễn Một;1980;;;;CC\nA2;Lê Hai;x;;;;CC\n", encoding="utf-8")
    call_command("import_roster", str(path), "--organisation", "P-BC", "--dry-run", "--errors", str(errors))
    assert "new: 1" in capsys.readouterr().out
    assert load_workbook(errors).active["B2"].value == "Lê Hai"
    assert not User.objects.filter(full_name="Nguyễn Một").exists()
    assert not RosterRow.objects.exists()
    call_command("import_roster", str(path), "--organisation", "P-BC")
    assert "applied: 1 rows" in capsys.readouterr().out
    assert place("Nguyễn Một").organisation == city.ward
    with pytest.raises(CommandError, match="No organisation"):
        call_command("import_roster", str(path), "--organisation", "KHONG-CO")


SET_UP = """
import io, sys
from django.core.management import call_command
from django.utils import timezone
from people.actions import rosters
from people.models import Organisation, RosterImport, User
"""
MAKE = SET_UP + """
call_command("migrate", verbosity=0)
top = Organisation.add_root(code="TP", name="Thành phố", kind="committee")
rows = [f"A{n};Nguyễn Văn {chr(65 + n % 26)}{chr(97 + n // 26)};1980;CC" for n in range(300)]
content = "\\n".join(["Mã cán bộ;Họ và tên;Năm sinh;Nhóm", *rows]).encode()
made = rosters.receive(
    organisation=top, kind="staff", file=io.BytesIO(content), name="a.csv", by=None, now=timezone.now(), by_shell=True
)
print(made.pk)
"""
STATE = SET_UP + """
one = RosterImport.objects.get(pk=sys.argv[1])
print(one.state, one.done, User.objects.count(), one.rows.count())
"""
GO_ON = SET_UP + "rosters.work(roster_id=sys.argv[1], now=timezone.now(), more=lambda: True)"
APPLY = SET_UP + "rosters.apply(roster=RosterImport.objects.get(pk=sys.argv[1]), by=None, now=timezone.now())"
KILLED = """
import os, sys, time
import django
django.setup()
from django.utils import timezone
from people.actions import rosters
rosters.READ_AT_ONCE = rosters.WRITE_AT_ONCE = 20
def more():
    print("step", flush=True)
    time.sleep(0.05)
    return True
rosters.work(roster_id=sys.argv[1], now=timezone.now(), more=more)
print("finished", flush=True)
"""


@pytest.mark.django_db(databases=[])
def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Real processes on a SQLite file of their own, killed while checking and while applying."""
    ours = {"VAR_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "lms.settings.test", "PYTHONPATH": str(settings.BASE_DIR)}
    environment = {**os.environ, **ours}
    environment.pop("DATABASE_URL", None)
    environment.pop("REDIS_URL", None)

    def run(code: str, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", f"import django; django.setup()\n{code}", *words], env=environment, cwd=settings.BASE_DIR,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout.strip()

    def kill_after(steps: int, pk: str) -> None:
        worker = subprocess.Popen(
            [sys.executable, "-c", KILLED, pk], env=environment, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True
        )
        assert worker.stdout
        for _step in range(steps):
            assert worker.stdout.readline().strip() == "step"
        time.sleep(0.06)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait(20)
        assert "finished" not in worker.stdout.read()

    if _template().exists():
        shutil.copy(_template(), tmp_path / "hocai.sqlite3")  # migrated already: migrating takes 15 s
    pk = run(MAKE)
    kill_after(4, pk)
    name, done, _people, rows = run(STATE, pk).split()
    assert name == "reading"
    assert 0 < int(done) < 300
    assert done == rows
    run(GO_ON, pk)
    assert run(STATE, pk) == "checked 300 0 300"
    run(APPLY, pk)
    kill_after(4, pk)
    name, done, people, _rows = run(STATE, pk).split()
    assert name == "applying"
    assert 0 < int(done) < 300
    assert done == people
    run(GO_ON, pk)
    assert run(STATE, pk) == "applied 300 300 300"
