"""Logging in with a code sent by e-mail."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from lms.settings import base
from tests import world
from tests.people.test_log_in import signed_in

pytestmark = pytest.mark.django_db


def ask(email: str, client: Client | None = None, **more: str) -> tuple[Client, Any]:
    client = client or Client()
    return client, client.post("/accounts/login/code/", {"email": email, **more}, follow=True)


def last_code() -> str:
    return re.search(r"^\d{6}$", mail.outbox[-1].body, re.MULTILINE).group()  # type: ignore[union-attr]


def confirm(client: Client, code: str, **more: str) -> Any:
    return client.post("/accounts/login/code/confirm/", {"code": code, **more})


def test_the_code_in_the_letter_opens_once(an: Any) -> None:
    client, page = ask("An@example.com")
    assert "an@example.com" in page.content.decode().lower() and mail.outbox[-1].to == ["an@example.com"]
    code = last_code()
    assert confirm(client, code, next="/khoa-hoc/").url == "/khoa-hoc/"
    assert signed_in(client)
    other = Client()
    confirm(other, code)
    assert not signed_in(other)


def test_it_works_only_where_it_was_asked_for_and_three_times(an: Any) -> None:
    client, _page = ask(an.email)
    code = last_code()
    wrong = "000000" if code != "000000" else "111111"
    assert "chưa đúng" in confirm(client, wrong).content.decode()
    for _time in range(2):
        confirm(client, wrong)
    confirm(client, code)
    assert not signed_in(client)


def test_known_and_unknown_addresses_look_alike(an: Any) -> None:
    def page(email: str) -> str:
        shown = ask(email)[1].content.decode().replace(email, "ADDRESS")
        return re.sub(r'value="\w{64}"', "", shown)

    assert page("an@example.com") == page("ai@example.com")
    assert mail.outbox[-1].to == ["ai@example.com"] and not re.search(r"^\d{6}$", mail.outbox[-1].body, re.MULTILINE)


def test_a_second_factor_is_still_asked_for(binh: Any) -> None:
    world.give_second_factor(binh)
    client, _page = ask(binh.email)
    assert confirm(client, last_code()).url.startswith("/accounts/2fa/authenticate/")
    assert not signed_in(client)


def test_a_closed_account_gets_no_code(an: Any) -> None:
    type(an).objects.update(is_active=False)
    ask(an.email)
    assert not re.search(r"^\d{6}$", mail.outbox[-1].body, re.MULTILINE)


def test_the_letter_is_in_the_language_of_the_page(an: Any) -> None:
    client = Client()
    ask(an.email, client)
    assert "Mã đăng nhập của bạn" in mail.outbox[-1].body
    client = Client()
    client.post("/display/", {"language": "en"})
    ask(an.email, client)
    assert "Your log-in code" in mail.outbox[-1].body


def test_letters_to_one_address_are_few_and_a_school_is_not_stopped(an: Any, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = base.ACCOUNT_RATE_LIMITS
    for _time in range(6):
        ask(an.email)
    assert len(mail.outbox) == 3
    for number in range(45):
        world.make_user(f"em{number}", f"Em Thứ {chr(65 + number % 26)}")
        ask(f"em{number}@example.com")
    assert len(mail.outbox) == 48
