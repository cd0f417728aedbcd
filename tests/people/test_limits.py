"""The limits as they stand in the settings: an attacker is slowed, a school behind one address is not (security V27)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from lms.settings import base
from tests import world
from tests.people.test_log_in import PASSWORD, log_in, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _real_limits(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = base.ACCOUNT_RATE_LIMITS


def test_forty_five_pupils_behind_one_address_all_get_in_within_a_minute() -> None:
    """Each mistypes twice, as pupils do."""
    for number in range(45):
        world.make_user(f"em{number}", f"Em Thứ {chr(65 + number % 26)}", audience="hs_pt")
    for number in range(45):
        for _mistake in range(2):
            assert not signed_in(log_in(f"em{number}", "sai-mat-khau")[0])
        assert signed_in(log_in(f"em{number}")[0]), f"pupil {number} was shut out"


def test_one_attacked_account_is_slowed_and_shuts_out_nobody_else(an: Any, binh: Any) -> None:
    tried = [log_in("an", f"doan-{number}")[1] for number in range(20)]
    told = [("5 phút" in answer.content.decode()) for answer in tried]
    assert told == [False] * 8 + [True] * 12
    assert signed_in(log_in("binh")[0])


def test_whoever_is_attacked_still_gets_in_by_letter(an: Any) -> None:
    for number in range(20):
        log_in("an", f"doan-{number}")
    assert not signed_in(log_in("an")[0])
    client = Client()
    client.post("/accounts/login/code/", {"email": an.email})
    code = re.search(r"^\d{6}$", mail.outbox[-1].body, re.MULTILINE).group()  # type: ignore[union-attr]
    client.post("/accounts/login/code/confirm/", {"code": code})
    assert signed_in(client)


def test_the_address_and_the_name_of_one_account_share_no_second_chance_by_case(an: Any) -> None:
    for name in ("an", "AN", " an ", "An") * 2:
        log_in(name, "sai-mat-khau")
    assert not signed_in(log_in("an")[0])


def test_an_invented_address_in_the_header_buys_no_new_tries(an: Any) -> None:
    for number in range(9):
        client = Client(headers={"X-Forwarded-For": f"10.0.0.{number}"})
        client.post("/accounts/login/", {"login": "an", "password": "sai-mat-khau"})
    client = Client(headers={"X-Forwarded-For": "10.9.9.9"})
    client.post("/accounts/login/", {"login": "an", "password": PASSWORD})
    assert not signed_in(client)


def test_the_code_of_the_second_step_is_guessed_eight_times_at_most(binh: Any) -> None:
    world.give_second_factor(binh)
    said = []
    for number in range(12):
        client, _answer = log_in("binh")
        said.append(client.post("/accounts/2fa/authenticate/", {"code": f"{number:06}"}).content.decode())
    assert ["5 phút" in page for page in said] == [False] * 8 + [True] * 4
