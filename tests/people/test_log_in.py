"""Logging in and out, lost passwords, second factor, change of address."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core import mail
from django.test import Client

from people.models import User
from tests import world

pytestmark = pytest.mark.django_db
PASSWORD = "mat-khau-thu-1"


def log_in(name: str, password: str = PASSWORD, **more: str) -> tuple[Client, Any]:
    client = Client()
    return client, client.post("/accounts/login/", {"login": name, "password": password, **more})


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("name", ["an", " AN ", "an@example.com", " An@Example.com  ", "AN@EXAMPLE.COM"])
def test_one_field_takes_username_or_address_in_any_case(an: Any, name: str) -> None:
    client, answer = log_in(name)
    assert answer.url == "/learn/"
    assert signed_in(client)


def test_somebody_without_an_address_logs_in_by_username() -> None:
    User.objects.create_user(username="sau58", password=PASSWORD, full_name="Nguyễn Sáu")
    User.objects.create_user(username="bay58", password=PASSWORD, full_name="Nguyễn Bảy")
    assert signed_in(log_in("bay58")[0])


def test_an_unproven_address_of_ones_own_logs_in_too() -> None:
    user = User.objects.create_user(username="sau58", password=PASSWORD, full_name="Nguyễn Sáu")
    EmailAddress.objects.create(user=user, email="sau@example.com", primary=True)
    assert signed_in(log_in("Sau@example.com")[0])


def test_where_one_wanted_to_go_one_goes(an: Any) -> None:
    assert log_in("an", next="/khoa-hoc/")[1].url == "/khoa-hoc/"


@pytest.mark.parametrize("remember", [True, False])
def test_the_session_outlives_the_browser_only_when_asked(an: Any, remember: bool) -> None:
    client, _answer = log_in("an", **({"remember": "on"} if remember else {}))
    assert client.session.get_expire_at_browser_close() is not remember


def test_known_and_unknown_names_get_the_same_answer(db: None) -> None:
    def page(name: str) -> str:
        answer = log_in(name, "sai-mat-khau")[1]
        assert answer.status_code == 200
        return re.sub(r'value="\w{64}"', "", answer.content.decode().replace(name, "NAME"))

    world.make_user("sau-da-biet", "Nguyễn Sáu")
    assert page("sau-da-biet") == page("bay-chua-biet")
    assert page("sau-da-biet@example.com") == page("bay-chua-biet@example.com")


def test_known_and_unknown_names_take_one_hashing_each(an: Any, monkeypatch: Any) -> None:
    from django.contrib.auth import hashers

    calls: list[str] = []
    hasher = type(hashers.get_hasher())
    encode = hasher.encode
    monkeypatch.setattr(hasher, "encode", lambda self, *a, **k: calls.append("hash") or encode(self, *a, **k))
    counts = {}
    for name in ("an", "ai", "an@example.com", "ai@example.com"):
        calls.clear()
        log_in(name, "sai-mat-khau")
        counts[name] = len(calls)
    assert set(counts.values()) == {1}, counts


def test_many_wrong_tries_lock_the_name_not_the_school(an: Any, binh: Any, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "300/m/ip,8/5m/key", "login": "300/m/ip"}
    for _try in range(8):
        log_in("an", "sai-mat-khau")
    client, answer = log_in("an")
    assert not signed_in(client)
    assert "5 phút" in answer.content.decode()
    assert signed_in(log_in("binh")[0])


def test_a_closed_account_stays_out(an: Any) -> None:
    User.objects.update(is_active=False)
    client, answer = log_in("an")
    assert answer.url == "/accounts/inactive/"
    assert client.get(answer.url).status_code == 200
    assert not signed_in(client)


def test_logging_in_changes_the_session_key(an: Any) -> None:
    client = Client()
    client.post("/account/sign-up/", {"birth_year": 1958, "audience": "cong_dan"})
    before = client.session.session_key
    client.post("/accounts/login/", {"login": "an", "password": PASSWORD})
    assert client.session.session_key != before


def test_logging_out_needs_a_post(an: Any, client: Client) -> None:
    client.force_login(an)
    assert client.get("/accounts/logout/").status_code == 200
    assert signed_in(client)
    client.post("/accounts/logout/")
    assert not signed_in(client)


def ask_reset(email: str) -> tuple[Any, str]:
    client = Client()
    answer = client.post("/accounts/password/reset/", {"email": email}, follow=True)
    return answer, mail.outbox[-1].body


def reset_link(body: str) -> str:
    return re.search(r"/accounts/password/reset/key/\S+", body).group()  # type: ignore[union-attr]


def test_a_lost_password_is_set_anew_once_by_letter(an: Any) -> None:
    _answer, body = ask_reset("an@example.com")
    client = Client()
    form = client.get(reset_link(body))
    assert "set-password" in form.url
    answer = client.post(form.url, {"password1": "mot cau moi de nho"}, follow=True)
    assert answer.status_code == 200
    assert signed_in(log_in("an", "mot cau moi de nho")[0])
    again = Client().get(reset_link(body))
    assert again.status_code == 200 and "không dùng được" in again.content.decode()


def test_the_reset_link_dies_when_the_password_or_address_changes(an: Any) -> None:
    for change in ("password", "email"):
        _answer, body = ask_reset(an.email)
        if change == "password":
            an.set_password("mat khau khac")
        else:
            an.email = "moi@example.com"
        an.save()
        assert Client().get(reset_link(body)).status_code == 200


def test_the_link_of_one_person_does_not_open_for_another(an: Any) -> None:
    other = world.make_user("khac", "Nguyễn Khác")
    _answer, body = ask_reset("an@example.com")
    key = reset_link(body).split("-", 1)[1]
    from django.utils.http import int_to_base36

    assert Client().get(f"/accounts/password/reset/key/{int_to_base36(other.pk)}-{key}").status_code == 200


def test_a_reset_ends_the_sessions_on_other_machines(an: Any) -> None:
    elsewhere, _answer = log_in("an")
    _answer, body = ask_reset("an@example.com")
    client = Client()
    client.post(client.get(reset_link(body)).url, {"password1": "mot cau moi de nho"})
    assert elsewhere.get("/account/").status_code == 302


def test_the_reset_page_says_the_same_for_known_and_unknown_addresses(an: Any) -> None:
    known, letter = ask_reset("an@example.com")
    unknown, other = ask_reset("ai@example.com")
    assert known.redirect_chain == unknown.redirect_chain
    strip = lambda page: re.sub(r'value="\w{64}"', "", page.content.decode())  # noqa: E731
    assert strip(known) == strip(unknown)
    assert "/password/reset/key/" in letter
    assert "/password/reset/key/" not in other


def test_a_foreign_host_gets_no_link_into_the_letter(an: Any) -> None:
    answer = Client().post("/accounts/password/reset/", {"email": "an@example.com"}, headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert not mail.outbox


def test_the_reset_page_helps_people_without_an_address(client: Client) -> None:
    assert "thầy cô" in client.get("/accounts/password/reset/").content.decode()


def test_a_changed_password_is_told_by_letter_and_keeps_this_session_only(an: Any) -> None:
    here, _answer = log_in("an")
    elsewhere, _answer = log_in("an")
    answer = here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "mot cau moi de nho"})
    assert answer.url == "/account/"
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert mail.outbox[-1].to == ["an@example.com"]


def test_the_wrong_old_password_changes_nothing(an: Any) -> None:
    here, _answer = log_in("an")
    assert here.post("/accounts/password/change/", {"oldpassword": "sai", "password1": "mot cau moi de nho"}).status_code == 200
    an.refresh_from_db()
    assert an.check_password(PASSWORD)


def test_a_new_address_needs_the_password_and_counts_only_when_proven(an: Any, client: Client) -> None:
    EmailAddress.objects.create(user=an, email=an.email, verified=True, primary=True)
    client.force_login(an)
    asked = client.post("/accounts/email/", {"email": "moi@example.com", "action_add": ""})
    assert asked.url.startswith("/accounts/reauthenticate/")
    client.post(asked.url, {"password": PASSWORD})
    an.refresh_from_db()
    assert an.email == "an@example.com"
    letter = next(message for message in mail.outbox if message.to == ["moi@example.com"])
    client.post(re.search(r"/accounts/confirm-email/\S+", letter.body).group())  # type: ignore[union-attr]
    an.refresh_from_db()
    assert an.email == "moi@example.com"
    assert mail.outbox[-1].to == ["an@example.com"]


def test_another_persons_address_is_not_taken_over(an: Any) -> None:
    thief = world.make_user("trom", "Lý Trộm")
    client, _answer = log_in("trom")
    asked = client.post("/accounts/email/", {"email": "an@example.com", "action_add": ""})
    client.post(asked.url, {"password": PASSWORD})
    assert mail.outbox[-1].to == ["an@example.com"]
    assert "confirm-email" not in mail.outbox[-1].body
    thief.refresh_from_db()
    assert thief.email == "trom@example.com"


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def with_second_factor(user: Any) -> str:
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return str(secret)


def test_with_a_second_factor_the_password_alone_opens_nothing(an: Any) -> None:
    secret = with_second_factor(an)
    client, answer = log_in("an", next="/account/")
    assert answer.url.startswith("/accounts/2fa/authenticate/")
    assert not signed_in(client)
    assert client.get("/account/").status_code == 302
    assert client.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}).url == "/account/"
    assert signed_in(client)


def test_a_recovery_code_opens_once(an: Any) -> None:
    with_second_factor(an)
    code = Authenticator.objects.get(user=an, type="recovery_codes").wrap().get_unused_codes()[0]
    client, _answer = log_in("an")
    assert client.post("/accounts/2fa/authenticate/", {"code": code}).url == "/learn/"
    client, _answer = log_in("an")
    assert client.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 200


def test_turning_the_second_factor_on_asks_for_the_password_and_gives_codes(an: Any) -> None:
    client, _answer = log_in("an")
    page = client.get("/accounts/2fa/totp/activate/")
    if page.status_code == 302:
        client.post(page.url, {"password": PASSWORD})
        page = client.get("/accounts/2fa/totp/activate/")
    secret = re.search(r'<code class="secret">(\w+)</code>', page.content.decode()).group(1)  # type: ignore[union-attr]
    done = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)}, follow=True)
    assert len(re.findall(r"<code>\d+</code>", done.content.decode())) == 10
    download = client.get("/accounts/2fa/recovery-codes/download/")
    assert len(download.content.decode().split()) == 10
    assert client.get("/accounts/2fa/").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "email/",
        "password/change/",
        "2fa/",
        "2fa/totp/activate/",
        "2fa/totp/deactivate/",
        "2fa/recovery-codes/",
        "2fa/recovery-codes/generate/",
        "reauthenticate/",
    ],
)
def test_strangers_are_sent_to_log_in(client: Client, path: str) -> None:
    answer = client.get(f"/accounts/{path}")
    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/login/")
