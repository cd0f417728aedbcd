"""A guardian agrees for a child: by the link of a letter or on paper, provably, and may take it back."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from pathlib import Path
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from people import consents
from people.actions import accounts, guardians
from people.models import Consent, GuardianQuestion, GuardianState, User
from people.tasks import ask_guardians
from tests import world

pytestmark = pytest.mark.django_db

CHILD = {"full_name": "Lê Gia Hân", "email": "", "username": "gia.han", "password1": "mot cau de nho", "consent_account": "on",
         "consent_child": "on", "guardian_email": "Me@Example.com"}  # fmt: skip


def signed_up(**change: str) -> tuple[Client, Any]:
    client = Client()
    client.post("/account/sign-up/", {"birth_year": timezone.localdate().year - 12, "audience": "hs_pt"})
    return client, client.post("/accounts/signup/", {key: value for key, value in {**CHILD, **change}.items() if value})


def link() -> str:
    """The way to the page, out of the letter that goes out now."""
    mail.outbox.clear()
    assert ask_guardians() == 1
    (letter,) = mail.outbox
    return re.search(r"/account/guardian/\S+", letter.body).group()  # type: ignore[union-attr]


# --- the texts ----------------------------------------------------------------------------------------------------------


def test_a_text_somebody_may_have_agreed_to_is_never_changed() -> None:
    """Write the next version beside it instead, and add its line with `sha256sum` to digests.txt."""
    folder = Path(settings.BASE_DIR) / "content" / "consents"
    lines = (folder / "digests.txt").read_text(encoding="utf-8").splitlines()
    frozen = {name: digest for digest, name in (line.split() for line in lines)}
    assert frozen == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.md")}
    for name in frozen:
        text = consents.read(folder / name)
        assert name == f"{text.purpose}.v{text.version}.md"


# --- by letter ----------------------------------------------------------------------------------------------------------


def test_a_childs_own_account_waits_for_her_guardian() -> None:
    client, answer = signed_up()
    assert answer.url == "/accounts/inactive/"
    page = client.get(answer.url).content.decode()
    assert "Chúng tôi đã gửi thư cho cha mẹ em" in page
    child = User.objects.get()
    assert not child.is_active and "_auth_user_id" not in client.session
    assert set(child.consents.values_list("purpose", flat=True)) == {"account", "child"}
    assert not Client().login(username="gia.han", password="mot cau de nho")
    assert GuardianQuestion.objects.get().address == "me@example.com"


def test_the_guardian_reads_and_agrees_once() -> None:
    signed_up()
    where = link()
    assert mail.outbox[0].to == ["me@example.com"] and "Lê Gia Hân" in mail.outbox[0].body
    guardian = Client()
    for _look in range(2):  # a scanner that opens links answers for nobody
        page = guardian.get(where).content.decode()
        assert "Không dùng để quảng cáo" in page
        assert not re.search(r"<input[^>]*checkbox[^>]*checked", page)
        assert not User.objects.get().is_active
    assert guardian.head(where).status_code in {200, 405}
    missing = guardian.post(where, {"answer": "agree"})
    assert {"name", "agreed"} == set(missing.context["form"].errors) and not User.objects.get().is_active

    assert "Cảm ơn bạn" in guardian.post(where, {"answer": "agree", "name": "Trần Thị Hoa", "agreed": "on"}).content.decode()
    consent = Consent.objects.get(purpose="guardian")
    assert (consent.version, consent.channel, consent.given_by) == ("2", "letter", "Trần Thị Hoa")
    assert User.objects.get().is_active
    assert guardian.get(where).status_code == 410
    assert guardian.post(where, {"answer": "refuse"}).status_code == 410
    assert Consent.objects.filter(purpose="guardian", withdrawn_at=None).count() == 1

    client = Client()
    signed_in = client.post("/accounts/login/", {"login": "gia.han", "password": "mot cau de nho"})
    assert signed_in.status_code == 302 and "_auth_user_id" in client.session


def test_she_withdraws_by_the_link_of_the_letter_that_confirms() -> None:
    signed_up()
    Client().post(link(), {"answer": "agree", "name": "Trần Thị Hoa", "agreed": "on"})
    child = User.objects.get()
    inside = Client()
    inside.force_login(child)
    assert inside.get("/account/").status_code == 200
    again = link()
    assert "Rút đồng ý" in Client().get(again).content.decode()
    assert Client().post(again, {"answer": "withdraw"}).status_code == 200
    assert Consent.objects.get(purpose="guardian").withdrawn_at
    assert inside.get("/account/").status_code == 302, "open sessions end with it"
    third = link()
    Client().post(third, {"answer": "agree", "name": "Trần Thị Hoa", "agreed": "on"})
    assert User.objects.get().is_active and Consent.objects.filter(purpose="guardian").count() == 2


def test_a_refusal_leaves_the_account_shut() -> None:
    signed_up()
    page = Client().post(link(), {"answer": "refuse"}).content.decode()
    assert "không đồng ý" in page
    assert not User.objects.get().is_active
    assert not Consent.objects.filter(purpose="guardian").exists()
    assert GuardianQuestion.objects.get().state == GuardianState.REFUSED


@pytest.mark.parametrize("token", ["x", "x:y:z", "W10:1tXyZ:abc", "%00", "a" * 900])
def test_a_made_up_link_says_how_to_get_a_good_one(token: str) -> None:
    answer = Client().get(f"/account/guardian/{token}/")
    assert answer.status_code == 410 and "Gửi liên kết mới" in answer.content.decode()


def test_a_link_is_good_for_a_fortnight(monkeypatch: Any) -> None:
    signed_up()
    token = guardians.token_of(GuardianQuestion.objects.get())
    now = timezone.now()
    assert guardians.find(token=token, now=now)
    monkeypatch.setattr("time.time", lambda: (now + dt.timedelta(days=14, minutes=1)).timestamp())
    with pytest.raises(guardians.LinkOver):
        guardians.find(token=token, now=now)


def test_a_new_link_goes_to_who_was_asked_and_to_nobody_else() -> None:
    signed_up()
    link()
    GuardianQuestion.objects.update(asked_at=timezone.now() - dt.timedelta(hours=1))
    asked = ("me@example.com", "la@example.com")
    said = [Client().post("/account/guardian/", {"address": one}, follow=True).content for one in asked]
    plain = [re.sub(rb'(csrfmiddlewaretoken" value|nonce)="[^"]+"', b"", one) for one in said]
    assert plain[0] == plain[1]
    mail.outbox.clear()
    assert ask_guardians() == 1 and mail.outbox[0].to == ["me@example.com"]


def test_a_dead_mail_server_loses_no_letter(now: Any) -> None:
    signed_up()

    def dead(_outgoing: Any) -> None:
        raise SMTPServerDisconnected

    at = timezone.now()
    assert guardians.send_letters(now=at, send=dead) == 0
    sent: list[str] = []
    assert guardians.send_letters(now=at, send=lambda one: sent.append(one.address)) == 0, "not at once again"
    assert guardians.send_letters(now=at + dt.timedelta(minutes=3), send=lambda one: sent.append(one.address)) == 1
    assert sent == ["me@example.com"]
    assert guardians.send_letters(now=at + dt.timedelta(hours=3), send=lambda one: sent.append(one.address)) == 0


def test_a_child_is_asked_for_no_more_than_learning_needs(now: Any) -> None:
    _client, _answer = signed_up(consent_research="on")
    assert not Consent.objects.filter(purpose="research").exists()
    child = world.make_user("be", "Nguyễn Bé", birth_year=2015, audience="hs_pt")
    with pytest.raises(accounts.ChildConsent):
        accounts.answer_consent(user=child, purpose="research", agreed=True, channel="web", now=now)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"guardian_email": ""}, "guardian_email"), ({"guardian_email": "me"}, "guardian_email"),
        ({"consent_child": ""}, "consent_child"), ({"email": "me@example.com"}, "guardian_email"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(change: dict[str, str], where: str) -> None:
    _client, answer = signed_up(**change)
    assert where in answer.context["form"].errors and not User.objects.exists()


# --- on paper -----------------------------------------------------------------------------------------------------------


def test_a_pile_of_papers_is_recorded_with_who_saw_them(binh: Any, now: Any) -> None:
    children = [world.make_user(f"be{n}", f"Nguyễn Bé {n}", birth_year=2015, audience="hs_pt") for n in range(3)]
    day = now.date() - dt.timedelta(days=3)
    for _time in range(2):
        guardians.record_papers(children=children, names={children[0].pk: "Trần Hoa"}, signed_on=day, by=binh, now=now)
    kept = list(Consent.objects.filter(purpose="guardian").order_by("user_id"))
    assert [(one.channel, one.signed_on, one.seen_by_id, one.given_by) for one in kept] == [
        ("paper", day, binh.pk, "Trần Hoa"), ("paper", day, binh.pk, ""), ("paper", day, binh.pk, ""),
    ]  # fmt: skip
    with pytest.raises(guardians.SignedInFuture):
        guardians.record_papers(children=children, names={}, signed_on=now.date() + dt.timedelta(days=1), by=binh, now=now)
    with pytest.raises(guardians.NotAChild):
        guardians.record_papers(children=[binh], names={}, signed_on=day, by=binh, now=now)
    assert guardians.withdraw_paper(child=children[0], now=now) == 1
    assert guardians.withdraw_paper(child=children[0], now=now) == 0
