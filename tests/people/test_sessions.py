"""Where somebody is signed in, and ending it from elsewhere."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from people.actions.identity import reset_second_factor
from people.actions.sessions import forget_ended
from people.devices import browser_and_system
from people.models import SignIn
from tests import world
from tests.people.test_log_in import PASSWORD

pytestmark = pytest.mark.django_db

PHONE = "Mozilla/5.0 (Linux; Android 14; SM-A055F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
OFFICE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0"


def signed_in_with(agent: str, name: str = "an") -> Client:
    client = Client(headers={"User-Agent": agent})
    client.post("/accounts/login/", {"login": name, "password": PASSWORD})
    assert client.get("/learn/").status_code == 200
    return client


def is_in(client: Client) -> bool:
    return bool(client.get("/learn/").status_code == 200)


def test_both_devices_are_listed_in_words(an: Any) -> None:
    phone = signed_in_with(PHONE)
    signed_in_with(OFFICE)
    page = phone.get("/account/").content.decode()
    assert "Chrome trên Android" in page and "Edge trên Windows" in page
    assert page.index("Chrome trên Android") < page.index("Máy này") < page.index("Edge trên Windows")


def test_one_is_ended_and_only_that_one(an: Any) -> None:
    phone, office, home = signed_in_with(PHONE), signed_in_with(OFFICE), signed_in_with("")
    device = SignIn.objects.get(system="Windows").pk
    assert phone.post("/account/sessions/end/", {"device": device}).url == "/account/#cac-may"
    assert (is_in(phone), is_in(office), is_in(home)) == (True, False, True)
    phone.post("/account/sessions/end/", {"device": device})
    assert SignIn.objects.count() == 2


def test_all_others_are_ended(an: Any) -> None:
    phone, office, home = signed_in_with(PHONE), signed_in_with(OFFICE), signed_in_with("")
    phone.post("/account/sessions/end/")
    assert (is_in(phone), is_in(office), is_in(home)) == (True, False, False)


def test_another_persons_session_is_out_of_reach(an: Any, outsider: Any) -> None:
    hers = signed_in_with(PHONE)
    his = signed_in_with(OFFICE, "khanh")
    for sent in ({"device": SignIn.objects.get(user=an).pk}, {"device": "x"}, {}):
        his.post("/account/sessions/end/", sent)
    assert is_in(hers)
    assert "Android" not in his.get("/account/").content.decode()


def test_nothing_is_ended_by_a_get(an: Any) -> None:
    phone, office = signed_in_with(PHONE), signed_in_with(OFFICE)
    assert phone.get("/account/sessions/end/").status_code == 405
    assert is_in(office)


def test_a_new_password_leaves_one_device_in_the_list(an: Any) -> None:
    phone = signed_in_with(PHONE)
    signed_in_with(OFFICE)
    phone.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "mot cau moi de nho"})
    page = phone.get("/account/").content.decode()
    assert "Chrome trên Android" in page and "Máy này" in page and "Windows" not in page
    assert SignIn.objects.filter(system="Android").count() == 1


def test_ordinary_pages_cost_no_query_more_and_once_an_hour_it_is_noted(
    an: Any, settings: Any, django_assert_num_queries: Any
) -> None:
    client = signed_in_with(PHONE)
    with CaptureQueriesContext(connection) as with_it:
        client.get("/learn/")
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if one != "lms.middleware.SignInNoted"]
    client.handler.load_middleware()
    with django_assert_num_queries(len(with_it)):
        client.get("/learn/")


def test_the_last_use_moves_on(an: Any) -> None:
    client = signed_in_with(PHONE)
    long_ago = timezone.now() - dt.timedelta(hours=2)
    SignIn.objects.update(seen_at=long_ago)
    session = client.session
    session["sign_in"] = [session.session_key, int(long_ago.timestamp())]
    session.save()
    client.get("/learn/")
    assert SignIn.objects.get().seen_at > long_ago


def test_who_lost_her_factor_is_out_everywhere(binh: Any, dung: Any, now: Any) -> None:
    client = signed_in_with(PHONE, "binh")
    world.give_second_factor(binh)
    reset_second_factor(user=binh, by=dung, reason="Mất điện thoại", now=now)
    assert not is_in(client)


def test_what_has_run_out_is_forgotten(an: Any) -> None:
    for agent in (PHONE, OFFICE):
        signed_in_with(agent)
    gone = SignIn.objects.get(system="Android").session_key
    Session.objects.filter(session_key=gone).update(expire_date=timezone.now() - dt.timedelta(days=1))
    assert forget_ended(now=timezone.now()) == 1 and forget_ended(now=timezone.now()) == 0
    assert SignIn.objects.get().system == "Windows" and Session.objects.filter(session_key=gone).count() == 0


def test_the_file_of_my_data_names_them(an: Any) -> None:
    kept = signed_in_with(PHONE).get("/account/data.json").json()["signed_in"]
    assert [(one["browser"], one["system"]) for one in kept] == [("Chrome", "Android")]


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (PHONE, ("Chrome", "Android")),
        (OFFICE, ("Edge", "Windows")),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1", ("Safari", "iPhone")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", ("Firefox", "Linux")),
        ("<script>alert(1)</script>", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_browser_in_words(agent: str, words: tuple[str, str]) -> None:
    assert browser_and_system(agent) == words
