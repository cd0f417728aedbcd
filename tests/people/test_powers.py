"""Giving power away takes reach and rank; what is heavy takes two people."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from people.actions.accounts import RoleRefused, SecondPersonNeeded, end_role, grant_role
from people.actions.powers import ask_role, decide_role
from people.models import Role, RoleRequest
from people.queries import role_kinds
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def hieu(city: Any) -> Any:
    """A second owner of the whole city."""
    return world.make_owner("hieu", "Lý Văn Hiếu", city.city)


@pytest.fixture
def asked(an: Any, dung: Any, city: Any, now: Any) -> RoleRequest:
    made = ask_role(user=an, kind="auditor", organisation=city.ward, by=dung, reason=" Quyết định 12 ", now=now)
    assert isinstance(made, RoleRequest)
    return made


def as_user(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(("kind", "place"), [("owner", "ward"), ("auditor", "ward"), ("teacher", "city"), ("editor", "city")])
def test_what_is_heavy_is_not_granted_by_one(dung: Any, an: Any, city: Any, now: Any, kind: str, place: str) -> None:
    with pytest.raises(SecondPersonNeeded):
        grant_role(user=an, kind=kind, organisation=getattr(city, place), by=dung, now=now)
    made = ask_role(user=an, kind=kind, organisation=getattr(city, place), by=dung, reason="x", now=now)
    assert isinstance(made, RoleRequest) and not Role.objects.filter(user=an).exists()


def test_what_is_light_is_given_at_once(chi: Any, an: Any, city: Any, now: Any) -> None:
    made = ask_role(user=an, kind="teacher", organisation=city.clinic, by=chi, reason="x", now=now)
    assert isinstance(made, Role) and role_kinds(an) == {"teacher"}


def test_a_second_owner_agrees_and_both_are_kept(asked: RoleRequest, an: Any, dung: Any, hieu: Any, now: Any) -> None:
    decided = decide_role(request=asked, by=hieu, agreed=True, now=now)
    assert (decided.asked_by, decided.decided_by, decided.agreed, decided.reason) == (dung, hieu, True, "Quyết định 12")
    assert Role.objects.get(user=an).granted_by == dung
    decide_role(request=asked, by=hieu, agreed=False, now=now.replace(hour=12))
    assert RoleRequest.objects.get().agreed and Role.objects.get(user=an).until is None


def test_or_refuses_and_nothing_is_given(asked: RoleRequest, an: Any, hieu: Any, now: Any) -> None:
    assert decide_role(request=asked, by=hieu, agreed=False, now=now).agreed is False
    decide_role(request=asked, by=hieu, agreed=True, now=now)
    assert not Role.objects.filter(user=an).exists()


def test_neither_who_asked_nor_who_gains_nor_who_has_no_reach_agrees(
    asked: RoleRequest, an: Any, dung: Any, chi: Any, binh: Any, outsider: Any, now: Any
) -> None:
    for by in (dung, an, chi, binh, outsider):
        with pytest.raises(RoleRefused):
            decide_role(request=asked, by=by, agreed=True, now=now)
    assert not Role.objects.filter(user=an).exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleRequest.objects.update(decided_by=dung, decided_at=now, agreed=True)


def test_who_has_lost_his_role_since_gives_nothing(asked: RoleRequest, an: Any, dung: Any, hieu: Any, now: Any) -> None:
    end_role(role=dung.roles.get(), by=None, now=now)
    with pytest.raises(RoleRefused):
        decide_role(request=asked, by=hieu, agreed=True, now=now)
    assert not Role.objects.filter(user=an).exists()


def test_asked_twice_waits_once(asked: RoleRequest, an: Any, hieu: Any, dung: Any, city: Any, now: Any) -> None:
    again = ask_role(user=an, kind="auditor", organisation=city.ward, by=hieu, reason="khác", now=now)
    assert again == asked and again.asked_by == dung  # type: ignore[union-attr]


def test_nobody_gives_to_himself_or_beyond_his_reach(chi: Any, dung: Any, an: Any, city: Any, now: Any) -> None:
    for user, kind, place, by in (
        (dung, "auditor", city.city, dung), (chi, "teacher", city.ward, chi),
        (an, "teacher", city.other_ward, chi), (an, "editor", city.ward, chi), (an, "teacher", city.city, chi),
    ):  # fmt: skip
        with pytest.raises(RoleRefused):
            ask_role(user=user, kind=kind, organisation=place, by=by, reason="x", now=now)


def test_by_the_pages(an: Any, dung: Any, hieu: Any, outsider: Any, city: Any) -> None:
    wanted = {"person": "AN@example.com", "kind": "auditor", "place": "P-BC", "reason": "Quyết định 12"}
    assert as_user(dung).post("/account/staff/grant/", wanted).url == "/account/staff/"
    pk = RoleRequest.objects.get().pk
    mine, other = as_user(dung).get("/account/staff/").content.decode(), as_user(hieu).get("/account/staff/").content.decode()
    assert "Quyết định 12" in mine and f"requests/{pk}/" not in mine and f"requests/{pk}/" in other
    assert as_user(outsider).post(f"/account/staff/requests/{pk}/", {"answer": "agree"}).status_code == 404
    assert as_user(dung).post(f"/account/staff/requests/{pk}/", {"answer": "agree"}).status_code == 404
    assert as_user(hieu).post(f"/account/staff/requests/{pk}/", {"answer": "agree"}).url == "/account/staff/"
    role = Role.objects.get(user=an)
    assert as_user(outsider).post(f"/account/staff/roles/{role.pk}/end/").status_code == 404
    assert as_user(dung).post(f"/account/staff/roles/{role.pk}/end/").url == "/account/staff/"
    role.refresh_from_db()
    assert role.until is not None


@pytest.mark.parametrize(
    ("field", "value"), [("person", "ai-do"), ("place", "P-AK"), ("place", "KHONG"), ("kind", "editor"), ("reason", " ")]
)
def test_the_form_says_what_is_wrong(chi: Any, an: Any, city: Any, field: str, value: str) -> None:
    wanted = {"person": "an", "kind": "teacher", "place": "TYT-BC", "reason": "Quyết định", field: value}
    answer = as_user(chi).post("/account/staff/grant/", wanted)
    assert answer.status_code == 200 and "field-error" in answer.content.decode()
    assert not Role.objects.filter(user=an).exists()


def test_the_first_owner_comes_from_the_command_line(an: Any, city: Any) -> None:
    call_command("grant_role", "an@example.com", "owner", "UBND-TP")
    call_command("grant_role", "AN", "owner", "UBND-TP")
    role = Role.objects.get(user=an)
    assert (role.kind, role.organisation, role.granted_by) == ("owner", city.city, None)
    for words in (("ai", "owner", "UBND-TP"), ("an", "owner", "KHONG"), ("an", "vua", "UBND-TP")):
        with pytest.raises(CommandError):
            call_command("grant_role", *words)
