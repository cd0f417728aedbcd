"""A list of pupils gives guardians' addresses: who is asked by letter, who is not, and what is kept of the address."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from classes.exports import write_xlsx
from people import roster as lists
from people.actions import guardians, rosters
from people.models import Consent, GuardianQuestion, GuardianState, OpenedAccount, RosterImport, User
from people.queries.rosters import error_rows, template_rows, troubles, wrong_rows
from people.tasks import ask_guardians
from tests import world
from tests.people.test_rosters import applied, causes, go_on, send, statuses, undone

HEAD = "Mã HS;Họ và tên;Ngày sinh;Phụ huynh đồng ý;Thư điện tử của cha mẹ\n"
HAN = "H1;Lê Gia Hân;2014;;Me.Han@Example.com\n"
TODAY = dt.date(2026, 11, 23)


def sent(city: Any, lines: str, by: Any, now: dt.datetime, **more: Any) -> RosterImport:
    return send(city.school, lines, by, now, **{"head": HEAD, "kind": "pupils", **more})


def kept(roster: RosterImport) -> list[str | None]:
    return [row.values.get("guardian_email") for row in roster.rows.order_by("number")]


def asked() -> list[tuple[str, str]]:
    return list(GuardianQuestion.objects.order_by("pk").values_list("child__full_name", "address"))


# --- what a row says ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heading",
    ["Thư điện tử của cha mẹ", "THƯ ĐIỆN TỬ CHA MẸ", "thu dien tu cua cha me", "Email phụ huynh", "E-mail của phụ huynh",
     "Thư cha mẹ", "Email PHHS", "Địa chỉ email người giám hộ", "Mail bố mẹ", "Thư của phụ huynh (nếu có)", "Guardian's e-mail",
     "Parents’ email"],
)  # fmt: skip
def test_headings_for_the_guardians_address(heading: str) -> None:
    assert lists.recognise(["Họ và tên", heading]) == ["full_name", "guardian_email"]


def test_other_addresses_are_not_the_guardians() -> None:
    assert lists.recognise(["Thư điện tử", "Địa chỉ", "Cha mẹ", "Cha mẹ đồng ý"]) == ["email", "-", "", "consent"]


ADDRESSES = st.one_of(st.just(""), st.emails().map(str.upper), st.sampled_from(["me@", "không có", "a b@example.com", "@"]))


@given(
    kind=st.sampled_from(["pupils", "staff", "teachers"]), year=st.one_of(st.none(), st.integers(1950, TODAY.year)),
    consent=st.sampled_from(["", "chưa", "Chưa có", "CHƯA ĐỒNG Ý", "không", "Không đồng ý", "có", "x", "Trần Thị Hoa", "??"]),
    address=ADDRESSES,
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_an_address_counts_only_where_a_guardian_may_be_asked(kind: str, year: int | None, consent: str, address: str) -> None:
    values = {"full_name": "Lê Gia Hân", "birth": str(year or ""), "consent": consent, "guardian_email": address}
    person, wrong = lists.read(values, kind=kind, category="cong_chuc", today=TODAY)
    child = kind == "pupils" and (year is None or TODAY.year - year < 16)
    unanswered = consent in {"", "chưa", "Chưa có", "CHƯA ĐỒNG Ý"}
    assert person.guardian_email == (address.lower() if child and unanswered else "")
    told = {one.cause for one in wrong}
    assert told <= {"consent_missing", "consent_refused", "guardian_email_wrong"}
    assert ("consent_missing" in told) == (child and unanswered and not address)
    assert ("consent_refused" in told) == (child and consent in {"không", "Không đồng ý", "??"})
    assert not (person.guardian_email and lists._is_email(person.guardian_email) and wrong)
    assert child or not wrong


# --- a list -------------------------------------------------------------------------------------------------------------

pytest_db = pytest.mark.django_db


@pytest_db
def test_a_guardian_is_asked_by_letter_when_the_list_is_applied(city: Any, dung: Any, now: Any) -> None:
    roster = sent(city, HAN + "H2;Lê Minh Khôi;2015;chưa;bo.khoi@example.com\nH3;Lê Bảo;2014;Trần Hoa;\n", dung, now)
    assert (statuses(roster), roster.counts["asked"]) == (["new", "new", "new"], 2)
    assert not GuardianQuestion.objects.exists() and not User.objects.filter(full_name="Lê Gia Hân").exists()
    roster = applied(roster, dung, now)
    assert (roster.state, roster.counts["new"], roster.counts["asked"]) == ("applied", 3, 2)
    assert asked() == [("Lê Gia Hân", "me.han@example.com"), ("Lê Minh Khôi", "bo.khoi@example.com")]
    question = GuardianQuestion.objects.get(child__full_name="Lê Gia Hân")
    assert (question.state, question.letter, question.holds_account, question.asked_by) == ("waiting", "ask", False, dung)
    assert question.child.is_active and question.child.opened.basis == "school" and question.child.email == ""
    assert list(Consent.objects.values_list("user__full_name", "channel")) == [("Lê Bảo", "paper")]
    assert kept(roster) == [None, None, None]  # it stands in the question now
    mail.outbox.clear()
    assert ask_guardians() == 2
    assert sorted(letter.to[0] for letter in mail.outbox) == ["bo.khoi@example.com", "me.han@example.com"]
    assert "nhà trường hỏi ý kiến bạn" in mail.outbox[0].body
    guardians.agree(question=GuardianQuestion.objects.get(pk=question.pk), name="Trần Thị Mẹ", now=now)
    assert Consent.objects.get(user=question.child).channel == "letter"


@pytest_db
def test_without_consent_and_address_a_row_is_wrong_and_says_what_helps(city: Any, dung: Any, now: Any) -> None:
    lines = (
        "H1;Lê Một;2014;;\nH2;Lê Hai;2014;chưa;\nH3;Lê Ba;2014;không đồng ý;me@example.com\nH4;Lê Bốn;2014;;me@\n"
        "H5;Lê Năm;;;me@example.com\nH6;Lê Sáu;x;;me@example.com\n"
    )
    roster = sent(city, lines, dung, now)
    assert causes(roster) == {
        2: ["consent_missing"], 3: ["consent_missing"], 4: ["consent_refused"], 5: ["guardian_email_wrong"], 7: ["birth_wrong"],
    }  # fmt: skip
    told = {one.number: one for one in troubles(wrong_rows(roster))}
    assert "thư điện tử của cha mẹ" in told[2].cause and told[2].instead == "guardian_email"
    assert "không đúng dạng" in told[5].cause and (told[5].value, told[5].instead) == ("me@", "")
    assert "thư" not in told[4].cause and kept(roster)[2] is None  # who said no is not written to
    assert roster.counts["asked"] == 1  # of unknown age
    rows = {row.number: row.pk for row in wrong_rows(roster)}
    mended = {rows[2]: {"guardian_email": "mot@example.com"}, rows[5]: {"guardian_email": "bon@example.com"},
              rows[7]: {"birth": "2008"}}  # fmt: skip
    assert rosters.mend(roster=roster, values=mended, answers={}, by=dung, now=now) == 3
    roster.refresh_from_db()
    assert roster.counts["asked"] == 3
    assert kept(roster) == ["mot@example.com", None, None, "bon@example.com", "me@example.com", None]


@pytest_db
def test_an_address_nobody_needs_is_dropped_in_the_dry_run(city: Any, dung: Any, now: Any) -> None:
    roster = sent(city, "H1;Lê Lớn;2010;;a@example.com\nH2;Lê Lớn Nữa;2008;;a@\nH3;Lê Có;2014;có;b@example.com\n", dung, now)
    assert (statuses(roster), kept(roster)) == (["new", "new", "new"], [None, None, None])
    assert "asked" not in roster.counts
    applied(roster, dung, now)
    assert not GuardianQuestion.objects.exists()
    for kind, name in (("staff", "Trần Viên Chức"), ("teachers", "Trần Cô Giáo")):
        head = "Mã số;Họ và tên;Năm sinh;Nhóm;Email phụ huynh\n"
        other = send(city.school, f"{kind};{name};2014;viên chức;c@example.com\n", dung, now, head=head, kind=kind)
        assert (statuses(other), kept(other)) == (["new"], [None])
        applied(other, dung, now)
    assert not GuardianQuestion.objects.exists()


@pytest_db
def test_the_age_her_account_tells_counts_where_the_list_has_none(city: Any, dung: Any, now: Any) -> None:
    applied(sent(city, "H1;Lê Lớn;2008;;\n", dung, now), dung, now)
    roster = sent(city, "H1;Lê Lớn;;;me@example.com\n", dung, now)
    assert (statuses(roster), kept(roster)) == (["same"], [None])
    assert "asked" not in roster.counts


@pytest_db
def test_nobody_is_asked_twice(city: Any, dung: Any, now: Any) -> None:
    lines = HAN + "H2;Lê Minh Khôi;2015;Trần Hoa;\nH3;Lê Bảo Long;2015;;bo@example.com\n"
    applied(sent(city, lines, dung, now), dung, now)
    long = GuardianQuestion.objects.get(address="bo@example.com")
    guardians.refuse(question=long, now=now)
    again = sent(city, HAN + "H2;Lê Minh Khôi;2015;;k@example.com\nH3;Lê Bảo Long;2015;;me.long@example.com\n", dung, now)
    assert statuses(again) == ["same", "same", "same"]
    assert "asked" not in again.counts
    applied(again, dung, now)
    assert GuardianQuestion.objects.count() == 2


@pytest_db
def test_a_child_who_is_here_already_is_asked_for(city: Any, dung: Any, now: Any) -> None:
    """Her paper went astray, or an old question was never answered and its address is gone."""
    child = world.make_user("han", "Lê Gia Hân", birth_year=2014, audience="hs_pt")
    world.join(child, city.school, "hoc_sinh")
    GuardianQuestion.objects.create(child=child, address="", asked_at=now - dt.timedelta(days=60))
    roster = sent(city, ";Lê Gia Hân;2014;;me@example.com\n", dung, now)
    assert statuses(roster) == ["ambiguous"] and "asked" not in roster.counts
    rosters.answer_all_as_known(roster=roster, by=dung, now=now)
    roster.refresh_from_db()
    assert (statuses(roster), roster.counts["asked"]) == (["changed"], 1)
    applied(roster, dung, now)
    assert asked() == [("Lê Gia Hân", ""), ("Lê Gia Hân", "me@example.com")]
    roster = undone(RosterImport.objects.get(pk=roster.pk), dung, now)
    assert asked() == [("Lê Gia Hân", "")] and not roster.rows.exclude(undo_note="").exists()


@pytest_db
def test_who_was_asked_meanwhile_is_not_asked_and_who_was_not_shown_is_not_either(city: Any, dung: Any, now: Any) -> None:
    child = world.make_user("han", "Lê Gia Hân", birth_year=2014, audience="hs_pt")
    world.join(child, city.school, "hoc_sinh")
    line = "H1;Lê Gia Hân;2014;;me@example.com\n"
    roster = sent(city, line, dung, now)
    rosters.answer_all_as_known(roster=roster, by=dung, now=now)
    question = guardians.ask_guardian(child=child, address="lop@example.com", by=dung, now=now)
    assert "asked" not in applied(roster, dung, now).counts
    assert asked() == [("Lê Gia Hân", "lop@example.com")]
    other = sent(city, "H9;Lê Gia Hân;2014;;me@example.com\n", dung, now)
    rosters.answer_all_as_known(roster=other, by=dung, now=now)
    assert statuses(other) == ["changed"]  # the number
    question.delete()
    applied(other, dung, now)
    assert causes(other) == {2: ["moved_on"]} and not GuardianQuestion.objects.exists()


@pytest_db
def test_an_address_known_elsewhere_reads_like_any_other(city: Any, dung: Any, an: Any, now: Any) -> None:
    """The same address is An's, and was asked for a child of another family."""
    chi = world.make_officer("giam.doc", "Đỗ Văn Giám", city.school)
    elsewhere = world.make_user("xa", "Võ Bé Xa", birth_year=2014, audience="hs_pt")
    guardians.ask_guardian(child=elsewhere, address="an@example.com", by=an, now=now)
    lines = "H1;Võ Bé Xa;2014;;an@example.com\nH2;Lê Gia Hân;2014;;khong.ai@example.com\n"
    roster = sent(city, lines, chi, now)
    rows = roster.rows.order_by("number").values_list("status", "problems", "user", "candidates", "asks")
    assert list(rows) == [("new", [], None, [], True)] * 2
    applied(roster, chi, now)
    assert asked()[1:] == [("Võ Bé Xa", "an@example.com"), ("Lê Gia Hân", "khong.ai@example.com")]
    assert GuardianQuestion.objects.filter(child=elsewhere).count() == 1


# --- undoing ------------------------------------------------------------------------------------------------------------


@pytest_db
def test_undoing_takes_back_what_nobody_has_answered(city: Any, dung: Any, now: Any) -> None:
    lines = HAN + "H2;Lê Minh Khôi;2015;;k@example.com\nH3;Lê Bảo Long;2015;;l@example.com\n"
    roster = applied(sent(city, lines, dung, now), dung, now)
    guardians.agree(question=GuardianQuestion.objects.get(address="k@example.com"), name="Trần Thị Hoa", now=now)
    User.objects.filter(full_name="Lê Bảo Long").update(last_login=now)
    undone(roster, dung, now + dt.timedelta(days=1))
    assert not User.objects.filter(full_name="Lê Gia Hân").exists()
    assert set(roster.rows.filter(undo_note="begun").values_list("number", flat=True)) == {3, 4}
    assert asked() == [("Lê Minh Khôi", "k@example.com")]
    mail.outbox.clear()
    ask_guardians()
    assert [letter.to for letter in mail.outbox] == [["k@example.com"]]  # what she chose is confirmed


@pytest_db
def test_another_waiting_question_is_no_beginning_and_an_answered_one_is(city: Any, dung: Any, now: Any) -> None:
    roster = applied(sent(city, "H1;Lê Một;2014;có;\nH2;Lê Hai;2014;có;\n", dung, now), dung, now)
    for name in ("Lê Một", "Lê Hai"):
        guardians.ask_guardian(child=User.objects.get(full_name=name), address="me@example.com", by=dung, now=now)
    guardians.refuse(question=GuardianQuestion.objects.get(child__full_name="Lê Hai"), now=now)
    undone(roster, dung, now)
    assert list(User.objects.filter(full_name__in=["Lê Một", "Lê Hai"]).values_list("full_name", flat=True)) == ["Lê Hai"]
    assert GuardianQuestion.objects.get().state == GuardianState.REFUSED


@pytest_db
def test_an_answer_to_a_row_that_changed_a_child_stays(city: Any, dung: Any, now: Any) -> None:
    child = world.make_user("han", "Lê Gia Hân", birth_year=2014, audience="hs_pt")
    world.join(child, city.school, "hoc_sinh")
    roster = sent(city, "H1;Lê Gia Hân;2014;;me@example.com\n", dung, now)
    rosters.answer_all_as_known(roster=roster, by=dung, now=now)
    applied(roster, dung, now)
    guardians.agree(question=GuardianQuestion.objects.get(), name="Trần Thị Hoa", now=now)
    undone(RosterImport.objects.get(pk=roster.pk), dung, now)
    assert roster.rows.get().undo_note == "changed"
    assert GuardianQuestion.objects.get().state == GuardianState.AGREED


# --- many, files, screens -----------------------------------------------------------------------------------------------


@pytest_db
def test_three_children_cost_as_many_queries_as_thirty(city: Any, dung: Any, now: Any) -> None:
    def cost(first: int, number: int) -> tuple[int, int]:
        names = [f"Lê {chr(65 + n % 26)}a {chr(65 + n // 26)}e" for n in range(first, first + number)]
        lines = "".join(f"H{n};{name};2014;;me{n}@example.com\n" for n, name in enumerate(names, first))
        with CaptureQueriesContext(connection) as checking:
            roster = sent(city, lines, dung, now)
        assert roster.counts["asked"] == number
        with CaptureQueriesContext(connection) as applying:
            applied(roster, dung, now)
        return len(checking), len(applying)

    cost(0, 2)  # what is kept from now on
    assert cost(100, 3) == cost(200, 30)
    assert GuardianQuestion.objects.count() == 35
    assert GuardianQuestion.objects.values("nonce").distinct().count() == 35


def test_asking_many_refuses_who_is_no_child(db: Any, now: Any) -> None:
    grown = world.make_user("lon", "Lê Lớn", birth_year=2000)
    with pytest.raises(guardians.NotAChild):
        guardians.ask_many(asked=[(grown, "me@example.com")], by=None, now=now)


@pytest_db
def test_the_template_and_the_file_of_wrong_rows_have_the_column(city: Any, dung: Any, now: Any, tmp_path: Path) -> None:
    header, rows = template_rows("pupils")
    assert header[-1] == "Thư điện tử của cha mẹ" and rows[1][-2:] == ["chưa", "cha.me@example.vn"]
    assert "Thư điện tử của cha mẹ" not in template_rows("staff")[0]
    roster = sent(city, "H1;Lê Một;2014;;me@\nH2;Lê Hai;2014;chưa;\n", dung, now)
    header, rows = error_rows(roster)
    assert rows[0][-3] == "me@" and rows[0][-1].startswith("Thư điện tử của cha mẹ: Địa chỉ thư")
    (tmp_path / "loi.xlsx").write_bytes(write_xlsx("Lỗi", header, rows))
    book = load_workbook(tmp_path / "loi.xlsx")
    column = header.index("Thư điện tử của cha mẹ") + 1
    for line in (2, 3):
        book.active.cell(line, column).value = f"me{line}@example.com"
    book.save(tmp_path / "sua.xlsx")
    with (tmp_path / "sua.xlsx").open("rb") as file:
        made = rosters.receive(organisation=city.school, kind="pupils", file=file, name="sua.xlsx", by=dung, now=now)
    again = go_on(made, now)
    assert (statuses(again), again.counts["asked"]) == (["new", "new"], 2)


@pytest_db
def test_a_cell_that_is_too_long_is_wrong_only_where_it_is_read(city: Any, dung: Any, now: Any) -> None:
    far = "a" * 3000
    roster = sent(city, f"H1;Lê Một;2014;;{far}\nH2;Lê Hai;2008;;{far}\n", dung, now)
    assert causes(roster) == {2: ["long"]} and kept(roster)[1] is None


@pytest_db
def test_the_shell_asks_guardians_too(city: Any, tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "hs.csv"
    path.write_text(HEAD + HAN + "H2;Lê Bảo;2014;;\n", encoding="utf-8")
    order = ("import_roster", str(path), "--organisation", "THPT-HX", "--kind", "pupils")
    call_command(*order, "--dry-run")
    assert "asked: 1" in capsys.readouterr().out and not GuardianQuestion.objects.exists()
    call_command(*order)
    assert "guardians asked by letter: 1" in capsys.readouterr().out
    question = GuardianQuestion.objects.get()
    assert (question.address, question.asked_by) == ("me.han@example.com", None)


@pytest_db
def test_the_pages_say_how_many_are_asked(city: Any, dung: Any, client: Client, now: Any) -> None:
    client.force_login(dung)
    roster = sent(city, HAN + "H2;Lê Bảo;2014;;\n", dung, now)
    address = reverse("agencies:roster", args=["THPT-HX", roster.pk])
    shown = client.get(address).content.decode()
    row = roster.rows.get(number=3)
    assert "Cha mẹ của 1 em sẽ được hỏi ý kiến bằng thư" in shown and f'name="fix-{row.pk}-guardian_email"' in shown
    client.post(f"{address}mend/", {f"fix-{row.pk}-guardian_email": "me.bao@example.com"})
    assert "Cha mẹ của 2 em sẽ được hỏi" in client.get(address).content.decode()
    rosters.apply(roster=roster, by=dung, now=now)
    assert "Cha mẹ của 2 em sẽ được hỏi" in client.get(address).content.decode()  # while it is at it
    go_on(roster, now)
    shown = client.get(address).content.decode()
    assert "Cha mẹ của 2 em được hỏi ý kiến bằng thư" in shown and "me.bao@example.com" not in shown
    rosters.undo(roster=roster, by=dung, now=now)
    go_on(roster, now)
    assert "hỏi ý kiến bằng thư" not in client.get(address).content.decode()
    plain = sent(city, "H7;Lê Lớn;2008;;\n", dung, now)
    assert "hỏi ý kiến bằng thư" not in client.get(reverse("agencies:roster", args=["THPT-HX", plain.pk])).content.decode()
    assert OpenedAccount.objects.count() == 0
