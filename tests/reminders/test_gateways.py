"""Gateways of text messages, spoken to over the network; and the phone of a person from the code to the last message."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.test import override_settings
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from people.models import Consent, User
from reminders import actions, queries
from reminders.actions import phones, sending
from reminders.channels import Message, Refused
from reminders.gateways import Failing, HttpSms, InTurn, ToFile, ZaloTokens, ZaloZns, masked, phone_number
from reminders.judgement import Rule
from reminders.models import GatewayToken, Notice, Phone, State
from reminders.wording import unaccented
from tests.reminders.conftest import Post, always, earn, switch_on

NUMBER = "+84912345678"
MESSAGE = Message(key="reminder-1", address=NUMBER, subject="", body="Hoc AI: An oi", fields={"name": "An"})


class Gateway:
    """Answers what it is told to: a list of (status, body), the last for ever. `asked` keeps what came."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        self.answers, self.asked = list(answers), []
        outer = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outer.asked.append((self.path, dict(self.headers), body))
                status, said = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                data = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_words: Any) -> None:
                return None

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def answering() -> Iterator[Any]:
    made: list[Gateway] = []

    def make(*answers: tuple[int, Any]) -> Gateway:
        made.append(Gateway(*answers))
        return made[-1]

    yield make
    for one in made:
        one.close()


# --- the gateways -------------------------------------------------------------------------------------------------------


def test_an_operators_gateway_is_posted_to_with_its_key(answering) -> None:
    there = answering((202, {}))
    with HttpSms(f"{there.url}/send", "khoa", "HocAI") as gateway:
        gateway.send(MESSAGE)
    ((path, headers, body),) = there.asked
    assert (path, headers["Authorization"]) == ("/send", "Bearer khoa")
    assert json.loads(body) == {"id": "reminder-1", "from": "HocAI", "to": NUMBER, "text": "Hoc AI: An oi"}


@pytest.mark.parametrize(
    ("status", "error"),
    [*((status, Refused) for status in (302, 400, 404)), *((status, OSError) for status in (401, 403, 429, 500, 503))],
)
def test_what_an_answer_means(answering, status, error) -> None:
    with pytest.raises(error):
        HttpSms(answering((status, {})).url, "khoa", "HocAI").send(MESSAGE)


def test_no_answer_is_tried_again_later(answering) -> None:
    gone = answering((200, {}))
    gone.close()
    with pytest.raises(OSError):
        HttpSms(gone.url, "khoa", "HocAI").send(MESSAGE)


def zalo(site, door=None, access="a0") -> tuple[ZaloZns, list[ZaloTokens]]:
    kept = [ZaloTokens(access, "r0")]

    def keep(_old, new):
        kept.append(new)
        return new

    door_url = (door or site).url
    return ZaloZns("app", "bi-mat", {"reminder": "701"}, lambda: kept[-1], keep, site=site.url, door=door_url), kept


def test_zalo_fills_the_approved_template(answering) -> None:
    site = answering((200, {"error": 0, "data": {"msg_id": "x"}}))
    gateway, _kept = zalo(site)
    gateway.send(MESSAGE)
    ((path, headers, body),) = site.asked
    assert path == "/message/template" and headers["access_token"] == "a0"
    assert json.loads(body) == {
        "phone": "84912345678", "template_id": "701", "template_data": {"name": "An"}, "tracking_id": "reminder-1"
    }  # fmt: skip


@pytest.mark.parametrize("access", ["a0", ""])
def test_a_token_that_ran_out_is_renewed_kept_and_the_message_goes(answering, access) -> None:
    site = answering(*[(200, {"error": -124})] * bool(access), (200, {"error": 0}))
    door = answering((200, {"access_token": "a1", "refresh_token": "r1", "expires_in": "90000"}))
    gateway, kept = zalo(site, door, access)
    gateway.send(MESSAGE)
    assert kept[-1] == ZaloTokens("a1", "r1") and site.asked[-1][1]["access_token"] == "a1"
    path, headers, body = door.asked[0]
    assert path == "/v4/oa/access_token" and headers["secret_key"] == "bi-mat"
    assert parse_qs(body) == {"app_id": ["app"], "refresh_token": ["r0"], "grant_type": ["refresh_token"]}


@pytest.mark.parametrize(("code", "error"), [(-118, Refused), (-108, Refused), (-115, OSError), (-1, OSError)])
def test_what_zalos_numbers_mean(answering, code, error) -> None:
    gateway, _kept = zalo(answering((200, {"error": code})))
    with pytest.raises(error):
        gateway.send(MESSAGE)


def test_no_new_token_is_an_error_to_wait_for(answering) -> None:
    gateway, kept = zalo(answering((200, {"error": -124})), answering((200, {"error": -14014})))
    with pytest.raises(OSError, match="no token"):
        gateway.send(MESSAGE)
    assert kept == [ZaloTokens("a0", "r0")]


def test_who_has_no_zalo_gets_a_text_message_and_what_is_down_is_not_given_up(answering, tmp_path) -> None:
    none, sms = answering((200, {"error": -118})), answering((200, {}))
    gateway, _kept = zalo(none)
    InTurn([gateway, HttpSms(sms.url, "k", "s")]).send(MESSAGE)
    assert len(sms.asked) == 1
    InTurn([Failing(), ToFile(tmp_path / "m.jsonl")]).send(MESSAGE)
    assert json.loads((tmp_path / "m.jsonl").read_text()) == {"to": NUMBER, "text": "Hoc AI: An oi", "name": "An"}
    with pytest.raises(OSError):
        InTurn([gateway, Failing()]).send(MESSAGE)
    with pytest.raises(Refused):
        InTurn([gateway]).send(MESSAGE)


@pytest.mark.django_db
def test_zalos_tokens_are_kept_sealed_and_the_quicker_worker_wins() -> None:
    with override_settings(ZALO_REFRESH_TOKEN="dau"):
        first = phones.load_tokens()
        assert first == ZaloTokens("", "dau")
        assert phones.keep_tokens(first, ZaloTokens("a1", "r1")) == ZaloTokens("a1", "r1")
        row = GatewayToken.objects.get()
        assert "a1" not in row.access and "r1" not in row.refresh
        assert phones.keep_tokens(first, ZaloTokens("a2", "r2")) == ZaloTokens("a1", "r1")
        assert phones.load_tokens() == ZaloTokens("a1", "r1")
    with override_settings(ZALO_REFRESH_TOKEN="moi"):
        assert phones.load_tokens() == ZaloTokens("", "moi"), "another one in the settings begins anew"


@given(st.text("0123456789 .-+()", max_size=20))
def test_whatever_is_typed_is_a_whole_number_or_refused(typed) -> None:
    try:
        number = phone_number(typed)
    except ValueError:
        return
    assert re.fullmatch(r"\+84[35789]\d{8}", number)
    assert phone_number(number) == number


@pytest.mark.parametrize("typed", ["0912345678", "0912 345 678", "+84 912 345 678", "84912345678", "+84 (0) 912.345.678"])
def test_ways_to_write_one_number(typed) -> None:
    assert phone_number(typed) == NUMBER and masked(NUMBER) == "09•• ••• 678"


@pytest.mark.parametrize("typed", ["", "123", "02838291234", "+1 912 345 678", "0112345678", "09123456789"])
def test_what_is_no_mobile_number(typed) -> None:
    with pytest.raises(ValueError):
        phone_number(typed)


def test_a_text_message_has_letters_every_phone_has() -> None:
    assert unaccented("Đã quá hạn “Ứng dụng”: xem…") == 'Da qua han "Ung dung": xem...'
    assert unaccented("ệ ữ ỳ đ Ơ").isascii()


# --- the phone of a person ------------------------------------------------------------------------------------------------


@pytest.fixture
def file(settings, tmp_path) -> Any:
    settings.REMINDER_GATEWAYS, settings.VAR_DIR = ["file"], tmp_path
    path = tmp_path / "messages.jsonl"
    return lambda: [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def given_phone(person, now, file, number="0912345678") -> None:
    actions.send_code(person=person, number=phone_number(number), agreed=True, now=now)
    actions.confirm_code(person=person, code=file()[-1]["code"], now=now)


@pytest.mark.django_db
def test_a_number_is_proved_by_the_code_sent_to_it(client, an, file) -> None:
    client.force_login(an)
    assert "Nhận tin nhắn thay cho thư" in client.get(reverse("reminders:mine")).text
    url = reverse("reminders:phone")
    assert "Bạn cho phép chúng tôi giữ số điện thoại này." in client.get(url).text
    assert set(client.post(url, {"number": "0912345678"}).context["form"].errors) == {"agreed"}
    assert set(client.post(url, {"number": "0283", "agreed": "on"}).context["form"].errors) == {"number"}
    assert not file() and not Phone.objects.exists()
    assert client.post(url, {"number": "0912 345 678", "agreed": "on"}).url == reverse("reminders:phone_code")
    (message,) = file()
    assert message["to"] == NUMBER and message["code"] in message["text"] and message["text"].isascii()
    assert message["code"] not in Phone.objects.get().code
    assert queries.phones_of([an.pk]) == {}, "not yet proved"
    code = reverse("reminders:phone_code")
    assert "09•• ••• 678" in client.get(code).text
    wrong = f"{(int(message['code']) + 1) % 1_000_000:06d}"
    assert "Còn 4 lần thử" in client.post(code, {"code": wrong}).text
    assert client.post(code, {"code": f" {message['code'][:3]} {message['code'][3:]}"}).url == reverse("reminders:mine")
    assert queries.phones_of([an.pk]) == {an.pk: NUMBER}
    shown = client.get(reverse("reminders:mine")).text
    assert "09•• ••• 678" in shown and "0912345678" not in shown
    assert "Nhắn tin nhắc việc qua điện thoại" in client.get(reverse("account")).text
    for _twice in range(2):
        client.post(reverse("reminders:phone_remove"))
    assert Phone.objects.get().number == "" and queries.phones_of([an.pk]) == {}
    consent = Consent.objects.get(user=an, purpose="phone")
    assert consent.given_at and consent.withdrawn_at


@pytest.mark.django_db
def test_a_code_is_tried_five_times_for_ten_minutes(an, now, file) -> None:
    actions.send_code(person=an, number=NUMBER, agreed=True, now=now)
    code = file()[0]["code"]
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(phones.WrongCode) as caught:
            actions.confirm_code(person=an, code=wrong, now=now)
        assert caught.value.args == (left,)
    with pytest.raises(phones.WrongCode):
        actions.confirm_code(person=an, code=code, now=now)
    actions.send_code(person=an, number=NUMBER, agreed=True, now=now)
    with pytest.raises(phones.WrongCode):
        actions.confirm_code(person=an, code=file()[-1]["code"], now=now + phones.GOOD_FOR)


@pytest.mark.django_db
def test_nobody_makes_the_city_pester_a_stranger(an, chi, now, file) -> None:
    for _time in range(3):
        actions.send_code(person=an, number=NUMBER, agreed=True, now=now)
    actions.remove_phone(person=an, now=now)
    for person, number in ((an, "+84987654321"), (chi, NUMBER)):
        with pytest.raises(phones.EnoughCodes):
            actions.send_code(person=person, number=number, agreed=True, now=now)
    assert len(file()) == 3
    assert not Consent.objects.filter(user=chi, purpose="phone").exists()


@pytest.mark.django_db
def test_children_are_not_asked_and_without_a_gateway_nobody_is(client, an, file, settings, now) -> None:
    from tests import world

    child = world.make_user("be", "Lê Bé", birth_year=2015, audience="hoc_sinh")
    client.force_login(child)
    assert client.get(reverse("reminders:phone")).status_code == client.get(reverse("reminders:phone_code")).status_code == 404
    assert "Nhận tin nhắn" not in client.get(reverse("reminders:mine")).text
    with pytest.raises(phones.NotForChildren):
        actions.send_code(person=child, number=NUMBER, agreed=True, now=now)
    settings.REMINDER_GATEWAYS = []
    client.force_login(an)
    assert client.get(reverse("reminders:phone")).status_code == 404


@pytest.mark.django_db
def test_a_gateway_that_is_down_says_so(client, an, settings) -> None:
    settings.REMINDER_GATEWAYS = ["failing"]
    client.force_login(an)
    answer = client.post(reverse("reminders:phone"), {"number": "0912345678", "agreed": "on"})
    assert "Máy gửi tin đang bận" in answer.text


@pytest.fixture
def earned(an, course, now, file) -> Any:
    """An gave her number and is owed word of a certificate."""
    switch_on(Rule.CERTIFICATE)
    given_phone(an, now, file)
    made = earn(an, course, now)
    actions.tell_certificates(now=now, more=always)
    return made


@pytest.mark.django_db
def test_word_goes_to_the_phone_instead_of_the_letter(an, earned, file, post, now) -> None:
    assert actions.deliver(channel=post, phone=actions.gateway(), now=now, more=always) == 1
    assert post.sent == []
    message = file()[-1]
    assert message["to"] == NUMBER and message["name"] == "An" and message["what"] == "giấy xác nhận “Khóa thử” đã có"
    assert message["text"] == 'Hoc AI: An oi, giay xac nhan "Khoa thu" da co. Xem: http://127.0.0.1:8000/learn/'
    notice = Notice.objects.get()
    assert (notice.state, notice.by_phone) == (State.SENT, True)


@pytest.mark.django_db
def test_without_an_address_a_phone_is_enough(an, earned, file, post, now, course) -> None:
    User.objects.filter(pk=an.pk).update(email="")
    assert actions.deliver(channel=post, phone=actions.gateway(), now=now, more=always) == 1
    Notice.objects.all().delete()
    assert actions.tell_certificates(now=now, more=always) == 1


class _Refuses(Post):
    def send(self, message: Message) -> None:
        raise Refused("zalo -118")


@pytest.mark.django_db
def test_a_number_that_refuses_gets_the_letter_by_mail(an, earned, post, now) -> None:
    assert actions.deliver(channel=post, phone=_Refuses(), now=now, more=always) == 1
    assert [one.address for one in post.sent] == ["an@example.com"] and not Notice.objects.get().by_phone


@pytest.mark.django_db
def test_a_gateway_that_is_down_holds_up_nobody_elses_letters(an, chi, earned, post, now, course) -> None:
    other = earn(chi, course, now)
    actions.tell_certificates(now=now, more=always)
    assert actions.deliver(channel=post, phone=Failing(), now=now, more=always) == 1
    assert f"/certificates/{other.code}/" in post.sent[0].body
    notice = Notice.objects.get(person=an)
    assert (notice.state, notice.tries) == (State.OWED, 1) and notice.send_after > now


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["consent", "restricted"])
def test_consent_taken_back_elsewhere_counts_at_once_and_the_number_goes(client, an, earned, file, post, now, how) -> None:
    client.force_login(an)
    if how == "consent":
        client.post(reverse("account_consent", args=["phone"]), {"answer": "withdraw"})
    else:
        Consent.objects.filter(user=an, purpose="phone").update(withdrawn_at=now)
    before = len(file())
    actions.deliver(channel=post, phone=actions.gateway(), now=now, more=always)
    assert len(file()) == before and [one.address for one in post.sent] == ["an@example.com"]
    sending.forget(now=now)
    assert Phone.objects.get().number == ""
    sending.forget(now=now + phones.GOOD_FOR * 200)
    assert not Phone.objects.exists()
