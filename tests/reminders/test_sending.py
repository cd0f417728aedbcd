"""The queue before the mail server."""

from __future__ import annotations

import datetime as dt
import socketserver
import threading

import pytest
from django.core import mail
from django.test import override_settings
from django.utils import timezone

from classes import actions as of_classes
from people.actions.requests import file_request
from people.models import Restriction, User
from reminders import actions, tasks
from reminders.actions import sending
from reminders.channels import Email, Message, Refused
from reminders.judgement import Policy, Rule
from reminders.models import Notice, Reminder, Round, State
from tests import world
from tests.classes.conftest import finish
from tests.reminders.conftest import always, earn, switch_on

pytestmark = pytest.mark.django_db
MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)


@pytest.fixture
def owed(late, morning):
    switch_on(Rule.OVERDUE)
    actions.remind(now=morning, more=always)
    return late


def state_of(person) -> str:
    return Notice.objects.get(person=person).state


def deliver(post, now) -> int:
    return actions.deliver(channel=post, now=now, more=always)


def test_a_letter_says_what_is_late_and_goes_once(owed, post, morning) -> None:
    sent = deliver(post, morning)
    assert sent == len(post.sent) == Notice.objects.count()
    assert deliver(post, morning + MINUTE) == 0
    letter = next(one for one in post.sent if one.address == "mai@example.com")
    assert letter.subject == "Học AI: đã quá hạn “Khóa thử”"
    assert letter.body.startswith("Chào Mai,\n\nViệc đã quá hạn:\n- Khóa thử. ")
    assert "yêu cầu, hạn 23:00 Chủ nhật, 22/11/2026." in letter.body
    assert "Việc do cơ quan yêu cầu thì vẫn được nhắc" in letter.body
    assert "List-Unsubscribe" not in letter.headers and "/reminders/stop/" not in letter.body
    assert state_of(owed.mai) == State.SENT and Notice.objects.get(person=owed.mai).sent_at == morning


def test_what_was_done_meanwhile_is_not_told(owed, post, course, morning) -> None:
    finish(owed.mai, course, morning)
    deliver(post, morning)
    assert state_of(owed.mai) == State.DROPPED
    assert "mai@example.com" not in {one.address for one in post.sent}


def test_what_is_switched_off_goes_no_more(owed, dung, post, morning) -> None:
    actions.switch_off(rule=Rule.OVERDUE, by=dung, now=morning)
    assert deliver(post, morning) == 0
    assert set(Notice.objects.values_list("state", flat=True)) == {State.DROPPED}


@pytest.mark.parametrize("how", ["restricted", "left", "no address"])
def test_who_may_not_be_written_to_any_more(owed, post, morning, how) -> None:
    if how == "restricted":
        Restriction.objects.create(person=owed.mai, since=morning)
    elif how == "left":
        User.objects.filter(pk=owed.mai.pk).update(is_active=False)
    else:
        User.objects.filter(pk=owed.mai.pk).update(email="")
    deliver(post, morning)
    assert state_of(owed.mai) == State.DROPPED and state_of(owed.nam) == State.SENT


def test_a_server_that_is_down_loses_nothing_and_is_not_hammered(owed, post, morning) -> None:
    post.down = True
    assert deliver(post, morning) == 0
    states = set(Notice.objects.values_list("state", flat=True))
    assert states == {State.OWED}
    assert Notice.objects.filter(tries=1).count() == 1, "the first try said that it is down"
    post.down = False
    assert deliver(post, morning + 3 * MINUTE) == Notice.objects.count()
    assert set(Notice.objects.values_list("state", flat=True)) == {State.SENT}


def test_after_twelve_tries_it_is_given_up(owed, post, morning) -> None:
    Notice.objects.exclude(person=owed.mai).delete()
    post.down = True
    now = morning
    for _try in range(40):
        deliver(post, now)
        now += dt.timedelta(hours=7)
    notice = Notice.objects.get()
    assert (notice.state, notice.tries, notice.problem) == (State.FAILED, 12, "ConnectionRefusedError")


def test_an_address_that_is_refused_is_not_tried_again(owed, post, morning) -> None:
    post.refuses = {"mai@example.com"}
    deliver(post, morning)
    assert state_of(owed.mai) == State.FAILED and state_of(owed.nam) == State.SENT


def test_a_worker_killed_while_sending_leaves_it_unsure_and_it_is_not_sent_again(owed, post, morning) -> None:
    class Dies(type(post)):
        def send(self, message):
            super().send(message)
            raise KeyboardInterrupt

    dying = Dies()
    with pytest.raises(KeyboardInterrupt):
        deliver(dying, morning)
    first = dying.sent[0].address
    deliver(post, morning + MINUTE)
    deliver(post, morning + 20 * MINUTE)
    assert first not in {one.address for one in post.sent}
    assert Notice.objects.get(person__email=first).state == State.UNSURE


def test_at_night_it_waits(owed, post, morning) -> None:
    night = morning.replace(hour=22)
    assert deliver(post, night) == 0
    waits = set(Notice.objects.values_list("send_after", flat=True))
    assert {one.astimezone(morning.tzinfo).strftime("%d %H:%M") for one in waits} == {"24 07:30"}
    assert deliver(post, morning + DAY) == Notice.objects.count()


def test_a_stop_after_the_decision_counts(class_10a1, course, binh, post, morning) -> None:
    switch_on(Rule.OVERDUE)
    pupil = class_10a1.members.get(number=1).learner
    User.objects.filter(pk=pupil.pk).update(email="han@example.com")
    of_classes.assign(
        training_class=class_10a1, teacher=binh, course=course.page, part=None, due_at=morning - DAY, now=morning - 9 * DAY
    )
    actions.remind(now=morning, more=always)
    actions.stop(person=pupil, rules=[Rule.OVERDUE], now=morning)
    deliver(post, morning)
    assert state_of(pupil) == State.DROPPED


def test_a_free_letter_carries_the_way_to_stop_it(an, course, post, now) -> None:
    switch_on(Rule.CERTIFICATE)
    made = earn(an, course, now)
    actions.tell_certificates(now=now, more=always)
    deliver(post, now)
    (letter,) = post.sent
    assert f"/certificates/{made.code}/" in letter.body
    link = letter.headers["List-Unsubscribe"].strip("<>")
    assert link in letter.body and letter.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    read = actions.read_token(link.rstrip("/").rpartition("/")[2])
    assert (read.person, read.rules) == (an, (Rule.CERTIFICATE,))


def test_an_officer_reads_numbers_and_no_names(late, chi, post, morning) -> None:
    switch_on(Rule.DIGEST)
    of_classes.count_owed_agencies(now=morning)
    actions.remind(now=morning, more=always)
    deliver(post, morning)
    letter = next(one for one in post.sent if one.address == "chi@example.com")
    assert letter.subject.startswith("Học AI: tuần này ở ")
    assert "- 3 người; 0 đã hoàn thành ít nhất một khóa." in letter.body and "3 người có việc quá hạn" in letter.body
    assert "Khóa thử, hạn 22/11/2026: còn 3 người chưa xong." in letter.body
    assert not any(name in letter.body for name in ("Võ Thị Mai", "Tô Văn Nam"))
    khanh = Notice.objects.filter(person__username="khanh")
    assert not khanh.exists() or khanh.get().state == State.SENT


def test_who_answers_requests_reads_what_is_due_and_no_name(an, dung, post, morning) -> None:
    asked = file_request(person=an, kind="see", words="Chuyện riêng", now=morning - 4 * DAY)
    actions.remind(now=morning, more=always)
    assert deliver(post, morning) == 1
    (letter,) = post.sent
    assert letter.address == "dung@example.com" and letter.subject == "Học AI: có yêu cầu về dữ liệu phải trả lời"
    assert "- Cho tôi xem dữ liệu về tôi. Báo đã nhận: đã quá hạn, lẽ ra hết" in letter.body or "Báo đã nhận:" in letter.body
    assert f"/account/requests/queue/{asked.pk}/" in letter.body
    assert an.full_name not in letter.body and "Chuyện riêng" not in letter.body and "/reminders/stop/" not in letter.body


def test_an_officer_of_nobody_gets_no_letter(city, post, morning) -> None:
    user = world.make_user("trong", "Bùi Văn Trống", audience="cbccvc_nld")
    world.grant(user, "officer", city.clinic)
    switch_on(Rule.DIGEST)
    actions.remind(now=morning, more=always)
    deliver(post, morning)
    assert Notice.objects.get(person=user).state == State.DROPPED


def test_old_letters_and_rehearsals_are_forgotten(owed, post, morning) -> None:
    deliver(post, morning)
    made = actions.rehearse(rule=Rule.OVERDUE, policy=Policy(), by=None, now=morning)
    sending.forget(now=morning + 8 * DAY)
    assert not Round.objects.filter(pk=made.pk).exists() and Notice.objects.exists()
    sending.forget(now=morning + 731 * DAY)
    assert not Notice.objects.exists() and not Reminder.objects.exists()
    assert Round.objects.filter(rehearses="").exists()


# --- e-mail itself ------------------------------------------------------------------------------------------------------


def test_email_by_the_servers_protocol() -> None:
    """A real conversation over one connection: two letters, one address refused, and the connection opened again after it."""
    server = _Server()
    with server, server.settings(), Email() as channel:
        for address in ("a@example.com", "b@example.com"):
            channel.send(Message(key=f"reminder-{address[0]}", address=address, subject="Chào", body="Việc đã quá hạn"))
        assert server.connections == 1
        with pytest.raises(Refused):
            channel.send(Message(key="reminder-x", address="khong@example.com", subject="Chào", body="x"))
        stop = {"List-Unsubscribe": "<https://x>"}
        channel.send(Message(key="reminder-c", address="c@example.com", subject="Chào", body="x", headers=stop))
    assert server.recipients == ["a@example.com", "b@example.com", "c@example.com"]
    assert "List-Unsubscribe: <https://x>" in server.letters[2] and "Message-ID: <reminder-c@" in server.letters[2]


def test_a_server_that_is_not_there_is_an_error_to_wait_for() -> None:
    free = _Server()
    with free.settings():
        free.server.server_close()
        with Email() as channel, pytest.raises(OSError):
            channel.send(Message(key="reminder-x", address="a@example.com", subject="x", body="x"))


def test_the_task_sends_by_the_settings(owed, morning, monkeypatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: morning)
    assert tasks.send() == len(mail.outbox) > 0


class _Server:
    """So much of SMTP as a client needs to hand over a letter."""

    def __init__(self) -> None:
        self.recipients: list[str] = []
        self.letters: list[str] = []
        self.connections = 0
        outer = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                outer.connections += 1
                self.wfile.write(b"220 test\r\n")
                while line := self.rfile.readline().decode().strip():
                    word = line.upper()
                    if word.startswith("RCPT"):
                        address = line.partition("<")[2].rstrip(">")
                        if address.startswith("khong"):
                            self.wfile.write(b"550 no such person\r\n")
                            continue
                        outer.recipients.append(address)
                    if word == "DATA":
                        self.wfile.write(b"354 go on\r\n")
                        lines = []
                        while (one := self.rfile.readline().decode()) != ".\r\n":
                            lines.append(one)
                        outer.letters.append("".join(lines))
                    if word == "QUIT":
                        self.wfile.write(b"221 bye\r\n")
                        return
                    self.wfile.write(b"250 ok\r\n")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]

    def settings(self) -> override_settings:
        backend = "django.core.mail.backends.smtp.EmailBackend"
        return override_settings(EMAIL_BACKEND=backend, EMAIL_HOST="127.0.0.1", EMAIL_PORT=self.port)

    def __enter__(self) -> _Server:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.server.shutdown()
        self.server.server_close()
