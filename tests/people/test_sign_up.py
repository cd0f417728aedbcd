"""Signing up through the pages: the year first, then the details; what is told and what is not."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from people.models import User

pytestmark = pytest.mark.django_db

DETAILS = {"full_name": "Nguyễn Thị Sáu", "email": "sau@example.com", "password1": "mot cau de nho", "consent_account": "on"}


def begun(year: int = 1958, audience: str = "cong_dan", query: str = "") -> Client:
    client = Client()
    answer = client.post(f"/account/sign-up/{query}", {"birth_year": year, "audience": audience})
    assert answer.status_code == 302, answer.content.decode()
    return client


def test_the_form_asks_the_year_first_and_keeps_where_one_wanted_to_go() -> None:
    answer = Client().get("/accounts/signup/?next=/khoa-hoc/")
    assert answer.url == "/account/sign-up/?next=%2Fkhoa-hoc%2F"
    assert Client().post("/accounts/signup/", DETAILS).url == "/account/sign-up/"
    assert not User.objects.exists()


@pytest.mark.parametrize("year", ["", "abc", "58", "1899", "2027", "19 58"])
def test_a_year_that_cannot_be_is_explained(year: str) -> None:
    answer = Client().post("/account/sign-up/", {"birth_year": year, "audience": "cong_dan"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'href="#id_birth_year"' in page
    assert "id_birth_year_error" in re.search(r'<input[^>]*name="birth_year"[^>]*>', page).group()  # type: ignore[union-attr]


def test_an_unknown_audience_is_refused() -> None:
    assert Client().post("/account/sign-up/", {"birth_year": 1958, "audience": "vua"}).status_code == 200


def test_with_an_address_one_is_in_at_once_and_gets_a_letter() -> None:
    client = begun(query="?next=/khoa-hoc/")
    answer = client.post("/accounts/signup/", {**DETAILS, "consent_research": "on", "next": "/account/"})
    assert answer.url == "/account/"
    user = User.objects.get()
    assert client.session["_auth_user_id"] == str(user.pk)
    assert (user.birth_year, user.audience, user.email) == (1958, "cong_dan", "")
    assert set(user.consents.values_list("purpose", flat=True)) == {"account", "research"}
    assert "sign_up" not in client.session
    assert [letter.to for letter in mail.outbox] == [["sau@example.com"]]


def test_the_link_in_the_letter_proves_the_address() -> None:
    client = begun()
    client.post("/accounts/signup/", DETAILS)
    link = re.search(r"/accounts/confirm-email/\S+", mail.outbox[0].body).group()  # type: ignore[union-attr]
    assert "sau@example.com" in client.get(link).content.decode()
    assert User.objects.get().email == ""
    assert client.post(link).url == "/account/"
    assert User.objects.get().email == "sau@example.com"
    assert EmailAddress.objects.get().verified


def test_with_a_username_alone_one_is_in_and_no_letter_goes() -> None:
    client = begun()
    answer = client.post("/accounts/signup/", {**DETAILS, "email": "", "username": " Sau58 "})
    assert answer.url == "/learn/"
    assert User.objects.get().username == "sau58"
    assert not EmailAddress.objects.exists()
    assert not mail.outbox


def test_two_people_without_an_address_both_fit() -> None:
    for name in ("sau58", "bay58"):
        assert begun().post("/accounts/signup/", {**DETAILS, "email": "", "username": name}).status_code == 302
    assert User.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"full_name": "An 2"}, "full_name"),
        ({"full_name": ""}, "full_name"),
        ({"email": "", "username": ""}, "email"),
        ({"email": "khong-phai"}, "email"),
        ({"username": "có dấu"}, "username"),
        ({"password1": "12345678"}, "password1"),
        ({"password1": "ngan"}, "password1"),
        ({"consent_account": ""}, "consent_account"),
    ],
)
def test_each_mistake_is_named_linked_and_tied_to_its_field(change: dict[str, str], where: str) -> None:
    answer = begun().post("/accounts/signup/", {key: value for key, value in {**DETAILS, **change}.items() if value})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'href="#id_{where}"' in page
    field = re.search(rf'<input[^>]*name="{where}"[^>]*>', page).group()  # type: ignore[union-attr]
    assert f"id_{where}_error" in field and 'aria-invalid="true"' in field
    assert "mot cau de nho" not in page
    assert not User.objects.exists()


def test_consents_start_unticked() -> None:
    page = begun(2014, "hs_pt").get("/accounts/signup/").content.decode()
    boxes = re.findall(r'<input[^>]*type="checkbox"[^>]*>', page)
    assert len(boxes) == 2
    assert not any("checked" in box for box in boxes)


def test_grown_ups_are_not_asked_for_a_guardian() -> None:
    assert "guardian" not in begun().get("/accounts/signup/").content.decode()


def test_a_guardian_field_sent_by_a_grown_up_is_ignored() -> None:
    begun().post("/accounts/signup/", {**DETAILS, "guardian_email": "cha@example.com", "consent_guardian": "on"})
    user = User.objects.get()
    assert user.is_active and not user.guardian_questions.exists()


def test_a_taken_username_is_said_so() -> None:
    User.objects.create_user(username="sau58", password="x", full_name="Người Khác")
    answer = begun().post("/accounts/signup/", {**DETAILS, "username": "SAU58"})
    assert "username" in answer.context["form"].errors


def answers(email: str) -> list[Any]:
    """What a browser sees of a sign-up with `email`: status, target, messages, the account page without its own names."""
    client = begun()
    first = client.post("/accounts/signup/", {**DETAILS, "email": email, "next": "/account/"})
    page = client.get("/account/").content.decode().replace(email, "E-MAIL")
    user = User.objects.get(pk=client.session["_auth_user_id"])
    address = client.get("/accounts/email/").content.decode().replace(email, "E-MAIL")
    bare = [
        re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text.replace(user.username, "USERNAME")) for text in (page, address)
    ]
    return [first.status_code, first.url, sorted(first.headers), *bare]


@pytest.mark.parametrize("proven", [True, False])
def test_the_pages_do_not_tell_a_known_address_from_a_new_one(an: Any, proven: bool) -> None:
    if proven:
        EmailAddress.objects.create(user=an, email=an.email, verified=True, primary=True)
    known, new = answers("an@example.com"), answers("xx@example.com")
    assert known == new
    an.refresh_from_db()
    assert an.email == "an@example.com"


def test_the_owner_of_a_known_address_is_told_by_letter_and_no_link_is_given(an: Any) -> None:
    begun().post("/accounts/signup/", {**DETAILS, "email": "an@example.com"})
    letter = mail.outbox[0]
    assert letter.to == ["an@example.com"]
    assert "/accounts/password/reset/" in letter.body
    assert "confirm-email" not in letter.body


def test_a_known_address_cannot_be_confirmed_into_a_second_account(an: Any, rf: Any) -> None:
    from allauth.account.models import EmailConfirmationHMAC

    client = begun()
    client.post("/accounts/signup/", {**DETAILS, "email": "an@example.com"})
    address = EmailAddress.objects.get(email="an@example.com")
    client.post(f"/accounts/confirm-email/{EmailConfirmationHMAC(address).key}/")
    address.refresh_from_db()
    assert not address.verified
    assert User.objects.exclude(pk=an.pk).get().email == ""


def test_extra_fields_give_no_power() -> None:
    begun().post(
        "/accounts/signup/",
        {
            **DETAILS, "is_staff": "1", "is_superuser": "1", "id": "999", "groups": "1", "is_active": "0",
            "audience": "giao_vien", "birth_year": "2020", "role": "owner",
        },
    )  # fmt: skip
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.is_active, user.audience, user.birth_year) == (
        False,
        False,
        True,
        "cong_dan",
        1958,
    )
    assert not user.groups.exists() and not user.roles.exists()


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https:evil.example",
        "https://evil.example/",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\\evil.example",
        "%0d%0aX: y",
    ],
)
def test_no_way_leads_off_the_site(target: str, an: Any) -> None:
    client = Client()
    begin = client.post("/account/sign-up/", {"birth_year": 1958, "audience": "cong_dan", "next": target})
    done = client.post("/accounts/signup/", {**DETAILS, "next": target})
    login = Client().post("/accounts/login/", {"login": "an", "password": "mat-khau-thu-1", "next": target})
    for answer in (begin, done, login):
        assert answer.status_code == 302
        assert urlsplit(urljoin("http://testserver/", answer.url))[:2] == ("http", "testserver")
        assert not set(answer.url) & set("\r\n\\")


def test_a_dead_mail_server_takes_no_account_with_it(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    client = begun()
    answer = client.post("/accounts/signup/", {**DETAILS, "next": "/account/"}, follow=True)
    said = [str(message) for message in answer.context["messages"]]
    assert User.objects.count() == 1
    assert any("Máy chủ thư" in text for text in said)
    assert not any("Đã gửi thư" in text for text in said)


def test_who_is_signed_in_is_not_asked_again(an: Any, client: Client) -> None:
    client.force_login(an)
    assert client.get("/account/sign-up/").url == "/account/"
    assert client.get("/accounts/signup/").url == "/learn/"


def test_signing_up_gives_a_new_session_key() -> None:
    client = begun()
    before = client.session.session_key
    client.post("/accounts/signup/", DETAILS)
    assert client.session.session_key != before
