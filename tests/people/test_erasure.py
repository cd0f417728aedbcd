"""Who is erased is found nowhere any more, is still counted, and stays erased."""

from __future__ import annotations

import datetime as dt
import json
import unicodedata
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.test import Client
from pypdf import PdfReader

from certificates.actions import render, render_owed
from certificates.models import Certificate
from classes.actions import assign, count_agencies, join, write_to_behind
from classes.models import AgencyCount, ClassMember, Letter
from courses.models import Completion, Enrolment
from lrs.models import Statement
from people.actions import activation, privacy
from people.actions.powers import ask_role
from people.models import Erasure, Membership, OwedRemoval, Role, RosterRow, User
from plans import measures
from tests import world
from tests.classes.conftest import open_class
from tests.people import canary
from tests.people.test_rosters import applied, send, undone
from tests.plans.make import certificate, enrolment

pytestmark = pytest.mark.django_db


@pytest.fixture
def yen(city: SimpleNamespace, course: SimpleNamespace, binh: Any, now: Any) -> User:
    user = canary.make()
    world.join(user, city.clinic)
    world.grant(user, "officer", city.ward)
    return user


def files(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and canary.NAME.encode() in path.read_bytes()]


def test_nothing_of_her_is_found_anywhere(yen: User, tmp_path: Path, now: Any) -> None:
    planted = canary.plant(yen)
    assert {"lrs.Statement", "certificates.Certificate", "mfa.Authenticator", "wagtailcore.Comment"} <= set(planted)
    before = canary.whereabouts()
    assert len(before) > 25 and any("people_user.full_name" in one for one in before)
    assert Session.objects.count() == 1

    erasure = privacy.erase_person(user=yen, reason=f"{canary.NAME} yêu cầu", by=None, now=now)

    assert canary.whereabouts() == []
    assert files(tmp_path) == []
    assert Session.objects.count() == 0 and OwedRemoval.objects.count() == 0
    gone = User.objects.get(pk=yen.pk)
    assert (gone.full_name, gone.email, gone.birth_year, gone.last_login) == (privacy.MARK, "", None, None)
    assert gone.actor_id != yen.actor_id and not gone.has_usable_password()
    assert erasure.reason == f"{privacy.MARK} yêu cầu" and erasure.noted_at == now


def test_the_record_of_duty_stays_without_the_name(yen: User, now: Any) -> None:
    canary.plant(yen)
    kept = {model: model.objects.count() for model in (Enrolment, Certificate, Statement, Role)}
    privacy.erase_person(user=yen, reason="Người học yêu cầu", by=None, now=now)
    assert {model: model.objects.count() for model in kept} == kept
    assert Certificate.objects.get().full_name == privacy.MARK
    assert not Role.objects.current().filter(user=yen).exists()


def test_counts_are_the_same_before_and_after(yen: User, city: Any, course: Any, now: Any) -> None:
    canary.plant(yen)
    Enrolment.objects.update(completed_at=now, enrolled_at=now, organisation=city.clinic, course=course.page, withdrawn_at=None)
    Certificate.objects.update(issued_at=now, revoked_at=None)
    Completion.objects.update(completed_at=now)

    def counts() -> list[Any]:
        AgencyCount.objects.all().delete()
        count_agencies(now=now)
        whole = measures.Window(start=None, end=now + dt.timedelta(days=1))
        plan = [measures.count(name, window=whole, filters={}, as_of=whole.end) for name in
                ("participations", "participants", "completions", "completers", "certificates", "classes_held")]  # fmt: skip
        columns = [field.name for field in AgencyCount._meta.concrete_fields if field.name != "id"]
        return plan + sorted(AgencyCount.objects.values_list(*columns), key=str)

    before = counts()
    assert [figures.total for figures in before[:5]] == [1] * 5
    assert any(row[3] for row in before[6:]) and any(row[5] for row in before[6:])
    privacy.erase_person(user=yen, reason="Người học yêu cầu", by=None, now=now)
    assert counts() == before
    assert Enrolment.objects.values("learner").distinct().count() == 1


def test_her_certificate_is_drawn_again_without_her_name(yen: User, course: Any, now: Any) -> None:
    row = certificate(enrolment(yen, course.page, now, done_at=now), now)
    Certificate.objects.filter(pk=row.pk).update(full_name=canary.NAME)
    first = render(certificate=Certificate.objects.get(pk=row.pk))
    assert canary.NAME in words(first)
    privacy.erase_person(user=yen, reason="Người học yêu cầu", by=None, now=now)
    assert not storages["private"].exists(first.pdf.name)
    assert render_owed() == 1
    again = Certificate.objects.get(pk=row.pk)
    assert canary.NAME not in words(again) and privacy.MARK in words(again) and again.code == row.code


def words(certificate: Certificate) -> str:
    with certificate.pdf.open() as file:
        return unicodedata.normalize("NFC", " ".join(page.extract_text() for page in PdfReader(file).pages))


def test_others_are_left_as_they_are(yen: User, an: Any, now: Any) -> None:
    namesake = world.make_user("yen2", canary.NAME, birth_year=1980)
    canary.plant(yen)
    privacy.erase_person(user=yen, reason="Người học yêu cầu", by=None, now=now)
    an.refresh_from_db()
    namesake.refresh_from_db()
    assert (an.full_name, an.email) == ("Nguyễn Thị An", "an@example.com")
    assert (namesake.full_name, namesake.birth_year) == (canary.NAME, 1980)


def test_letters_to_her_go_and_letters_she_wrote_lose_her_name(yen: User, binh: Any, city: Any, course: Any, now: Any) -> None:
    klass = open_class(binh, city.school, now)
    member = join(learner=yen, code=klass.join_code, now=now)
    due = now + dt.timedelta(days=7)
    given = assign(training_class=klass, teacher=binh, course=course.page, part=None, due_at=due, now=now)
    text = f"Em học tiếp nhé. {binh.full_name}, {binh.email}"
    write_to_behind(key=uuid.uuid4(), assignment=given, members={member.number}, subject="Còn bài", text=text, by=binh, now=now)
    assert binh.email and binh.full_name in Letter.objects.get().body
    privacy.erase_person(user=binh, reason="Người học yêu cầu", by=None, now=now)
    assert f"{privacy.MARK}, da-xoa@example.invalid" in Letter.objects.get().body
    privacy.erase_person(user=yen, reason="Người học yêu cầu", by=None, now=now)
    assert not Letter.objects.exists() and ClassMember.objects.filter(pk=member.pk, shown_as=privacy.MARK).exists()


def test_neither_a_list_nor_its_letter_brings_her_back(city: Any, chi: Any, now: Any) -> None:
    lines = f"B7;{canary.NAME};{canary.BIRTH_YEAR};{canary.ADDRESS};;;công chức\n"
    roster, tokens = applied(send(city.ward, lines, chi, now), chi, now), []
    person = RosterRow.objects.get().user
    assert person is not None
    activation.send_letters(now=now, send=lambda _opened, token: tokens.append(token))
    privacy.erase_person(user=person, reason="Người học yêu cầu", by=None, now=now)
    with pytest.raises(activation.WrongCode):
        activation.find(code=tokens[0], now=now)
    undone(roster, chi, now)
    assert canary.whereabouts() == []
    assert User.objects.get(pk=person.pk).full_name == privacy.MARK
    assert Membership.objects.current().get(user=person).code == ""


def test_a_role_somebody_asked_for_her_is_not_given_any_more(yen: User, dung: Any, city: Any, now: Any) -> None:
    asked = ask_role(user=yen, kind="auditor", organisation=city.ward, by=dung, reason=f"{canary.NAME} kiểm tra", now=now)
    privacy.erase_person(user=yen, reason="Người học yêu cầu", by=None, now=now)
    asked.refresh_from_db()
    assert (asked.agreed, asked.decided_at, asked.reason) == (False, now, f"{privacy.MARK} kiểm tra")


def test_texts_keep_what_is_not_her(yen: User) -> None:
    identity = privacy.Identity.of(yen)
    assert identity.out_of(f"Bạn {canary.NAME}, {canary.ADDRESS.upper()}!", named=True) == "Bạn (đã xóa), da-xoa@example.invalid!"
    assert identity.out_of({"a": [canary.USERNAME, 7]}, named=True) == {"a": ["(đã xóa)", 7]}
    assert identity.out_of(canary.NAME, named=False) == canary.NAME
    short = world.make_user("an", "An")
    assert privacy.Identity.of(short).out_of("an toàn, An ninh", named=True) == "an toàn, An ninh"


def test_erased_twice_the_first_one_stands(yen: User, now: Any) -> None:
    first = privacy.erase_person(user=yen, reason="Lần một", by=None, now=now)
    name = User.objects.get(pk=yen.pk).username
    second = privacy.erase_person(user=yen, reason="Lần hai", by=None, now=now)
    assert first.pk == second.pk and second.reason == "Lần một"
    assert User.objects.get(pk=yen.pk).username == name
    assert len(settings.ERASURE_LEDGER.read_text().splitlines()) == 1


def test_she_cannot_come_in_any_more(yen: User, now: Any) -> None:
    client = Client()
    client.force_login(yen)
    assert client.get("/account/").status_code == 200
    privacy.erase_person(user=yen, reason="Người học yêu cầu", by=None, now=now)
    assert client.get("/account/").status_code == 302
    client.post("/accounts/login/", {"login": canary.USERNAME, "password": "mat-khau-thu-1"})
    assert client.get("/account/").status_code == 302


def test_a_file_that_cannot_be_removed_stays_owed(yen: User, now: Any, monkeypatch: Any) -> None:
    canary.plant(yen)
    storage = type(storages["private"])
    real = storage.delete
    monkeypatch.setattr(storage, "delete", lambda *_: (_ for _ in ()).throw(OSError("full")))
    privacy.erase_person(user=yen, reason="Người học yêu cầu", by=None, now=now)
    assert OwedRemoval.objects.count() >= 1
    monkeypatch.setattr(storage, "delete", real)
    privacy.finish_owed(now=now)
    assert OwedRemoval.objects.count() == 0 and not storages["private"].exists(Certificate.objects.get().pdf.name or "none")


def test_a_ledger_that_cannot_be_written_stays_owed(yen: User, now: Any, settings: Any, tmp_path: Path) -> None:
    settings.ERASURE_LEDGER = tmp_path
    erasure = privacy.erase_person(user=yen, reason="Người học yêu cầu", by=None, now=now)
    assert erasure.noted_at is None
    settings.ERASURE_LEDGER = tmp_path / "ledger.jsonl"
    assert privacy.finish_owed(now=now) == 1
    line = json.loads(settings.ERASURE_LEDGER.read_text())
    assert line["account"] == yen.pk and not set(canary.CANARIES) & set(map(str, line.values()))


def test_after_a_restore_the_ledger_erases_again(yen: User, now: Any, capsys: Any) -> None:
    before = User.objects.filter(pk=yen.pk).values().get()
    privacy.erase_person(user=yen, reason="Người học yêu cầu", by=None, now=now)
    # As a backup of yesterday would have it.
    Erasure.objects.all().delete()
    User.objects.filter(pk=yen.pk).update(**before)
    call_command("erase_person", again=True)
    assert "erased again: 1 of 1" in capsys.readouterr().out
    assert canary.whereabouts() == []
    call_command("erase_person", again=True)
    assert "erased again: 0 of 1" in capsys.readouterr().out


def test_after_a_restore_a_stranger_with_the_same_number_is_left_alone(yen: User, now: Any) -> None:
    privacy.erase_person(user=yen, reason="Người học yêu cầu", by=None, now=now)
    Erasure.objects.all().delete()
    User.objects.filter(pk=yen.pk).update(full_name="Lý Văn Khác", username="khac")
    assert privacy.erase_again(now=now).strangers == (yen.pk,)
    assert User.objects.get(pk=yen.pk).full_name == "Lý Văn Khác"


@pytest.mark.parametrize("who", ["an", "binh", "chi", "outsider"])
def test_only_the_owner_and_support_erase(who: str, yen: User, now: Any, request: pytest.FixtureRequest) -> None:
    with pytest.raises(privacy.NotHandling):
        privacy.erase_person(user=yen, reason="Thử", by=request.getfixturevalue(who), now=now)
    assert User.objects.get(pk=yen.pk).full_name == canary.NAME


def test_the_command_asks_why(yen: User) -> None:
    with pytest.raises(CommandError, match="--reason"):
        call_command("erase_person", str(yen.pk))
    with pytest.raises(CommandError, match="No account"):
        call_command("erase_person", "999999", reason="x")
    call_command("erase_person", str(yen.pk), reason="Đơn 12/2026")
    assert Erasure.objects.get().account == yen.pk
