"""The owner sets rules after looking; everybody chooses; a link in a letter stops it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from people.actions.merging import merge_people
from reminders import actions
from reminders.judgement import ALWAYS, Rule
from reminders.models import Notice, Reminder, Round, RuleChange, RuleSetting, SendingHours, State, Stop
from tests import world
from tests.reminders.conftest import switch_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client, dung) -> Client:
    client.force_login(dung)
    return client


def rehearse(client, rule="overdue", **numbers) -> str:
    answer = client.post(reverse("reminders:rule", args=[rule]), {"rehearse": "1", **numbers})
    assert answer.status_code == 302, answer.context["form"].errors
    return answer.url


def test_a_rule_is_switched_on_only_after_looking_and_off_at_once(owner, late, dung) -> None:
    assert "Đang tắt" in owner.get(reverse("reminders:rules")).text
    type(late.required).objects.update(due_at=timezone.now() - dt.timedelta(days=1))  # the page goes by today's clock
    url = rehearse(owner, every=5, most=2)
    shown = owner.get(url).text
    assert "3 người nhận thư" in shown  # both of the ward, and its officer
    assert "Một lá thư mẫu" in shown and "Chào An," in shown and "Võ Thị Mai" not in shown
    assert not RuleSetting.objects.exists()
    for _twice in range(2):
        assert owner.post(url).url == reverse("reminders:rules")
    setting = RuleSetting.objects.get()
    assert (setting.rule, setting.every, setting.most) == ("overdue", 5, 2) and setting.on_since
    assert "Quy tắc đang bật đúng như thế này" in owner.get(url).text
    assert RuleChange.objects.get().after == {"on": True, "ahead": 0, "every": 5, "most": 2}
    for _twice in range(2):
        owner.post(reverse("reminders:off", args=["overdue"]))
    assert RuleSetting.objects.get().on_since is None
    said = owner.get(reverse("reminders:changes")).text
    assert RuleChange.objects.count() == 2 and "Tắt." in said and dung.full_name in said


def test_while_it_is_still_counting_it_cannot_be_switched_on(owner, late, monkeypatch) -> None:
    monkeypatch.setattr("reminders.views.FIRST_SLICE", -1)
    url = rehearse(owner, every=7, most=4)
    shown = owner.get(url).text
    assert "Đang xem từng người" in shown and "<button class=\"btn btn-primary\">" not in shown
    assert owner.post(url).url == url and not RuleSetting.objects.exists()
    pk = Round.objects.get().pk
    assert owner.get(reverse("reminders:progress", args=[pk])).json() == {"busy": True, "percent": 0, "done": "0"}
    actions.remind(now=timezone.now(), more=lambda: True)
    assert owner.get(reverse("reminders:progress", args=[pk])).json()["busy"] is False


def test_what_the_law_asks_cannot_be_switched_off(owner) -> None:
    assert owner.get(reverse("reminders:rule", args=["request"])).status_code == 404
    assert owner.post(reverse("reminders:off", args=["request"])).status_code == 404
    assert "Luôn bật" in owner.get(reverse("reminders:rules")).text


@pytest.mark.parametrize("rule", [one.value for one in Rule if one not in ALWAYS])
def test_each_rule_has_its_form(owner, rule) -> None:
    answer = owner.get(reverse("reminders:rule", args=[rule]))
    assert answer.status_code == 200
    numbers = {name: field.initial for name, field in answer.context["form"].fields.items()}
    assert owner.get(rehearse(owner, rule, **numbers)).status_code == 200


def test_numbers_out_of_bounds_are_refused(owner) -> None:
    answer = owner.post(reverse("reminders:rule", args=["overdue"]), {"rehearse": "1", "every": 0, "most": 99})
    assert answer.status_code == 200 and set(answer.context["form"].errors) == {"every", "most"}
    assert owner.get("/reminders/no-such/").status_code == owner.post("/reminders/no-such/off/").status_code == 404


def test_hours(owner) -> None:
    url = reverse("reminders:hours")
    assert owner.post(url, {"opens": "18:00", "closes": "08:00", "a_day": 1}).context["form"].errors.keys() == {"closes"}
    for _twice in range(2):
        assert owner.post(url, {"opens": "08:00", "closes": "18:00", "a_day": 1}).status_code == 302
    assert SendingHours.objects.get().closes == dt.time(18)
    assert RuleChange.objects.get().rule == ""
    assert "Từ 08:00 đến 18:00, nhiều nhất 1 thư một ngày." in owner.get(reverse("reminders:changes")).text


def test_the_last_seven_days_stand_on_the_page(owner, an, late) -> None:
    today = timezone.localdate()
    for place, state in enumerate([State.SENT, State.SENT, State.OWED, State.FAILED], 1):
        Notice.objects.create(person=an, day=today, number=place, state=state, send_after=timezone.now())
    Notice.objects.create(person=an, day=today - dt.timedelta(days=9), number=1, state=State.SENT, send_after=timezone.now())
    actions.remind(now=timezone.now() - dt.timedelta(days=1), more=lambda: True)  # nobody had anything to be told
    (day,) = owner.get(reverse("reminders:rules")).context["week"]
    assert (day.sent, day.waiting, day.lost, day.nowhere) == (2, 1, 1, 0)


@pytest.mark.parametrize("name", ["rules", "hours", "changes"])
def test_nobody_else_sets_rules(client, outsider, chi, an, name) -> None:
    for user in (outsider, chi, an):
        client.force_login(user)
        assert client.get(reverse(f"reminders:{name}")).status_code == 404
        assert client.post(reverse("reminders:rule", args=["overdue"]), {"every": 7, "most": 4}).status_code == 404
        assert client.post(reverse("reminders:off", args=["overdue"])).status_code == 404
    assert not Round.objects.exists()


def test_the_owners_page_costs_the_same_for_thirty_days_of_changes(owner, dung) -> None:
    def cost(name) -> int:
        with CaptureQueriesContext(connection) as caught:
            owner.get(reverse(name))
        return len(caught)

    def change(times) -> None:
        for place in range(times):
            at = timezone.now() - dt.timedelta(days=place)
            RuleChange.objects.create(rule="overdue", before={}, after={"on": False}, by=dung, at=at)

    change(3)
    few = cost("reminders:rules"), cost("reminders:changes")
    change(27)
    assert (cost("reminders:rules"), cost("reminders:changes")) == few


# --- the person ---------------------------------------------------------------------------------------------------------


def test_everybody_chooses_what_she_hears(client, an) -> None:
    client.force_login(an)
    url = reverse("reminders:mine")
    shown = client.get(url)
    assert "Hiện thành phố chưa bật loại thư nhắc nào" in shown.text and "Bản tin đầu tuần" not in shown.text
    client.post(url, {"sent": "1", "wanted": ["overdue", "certificate"]})
    assert set(Stop.objects.filter(person=an).values_list("rule", flat=True)) == {"due_soon", "starts", "expiring"}
    client.post(url, {"sent": "1"})
    assert Stop.objects.filter(person=an).count() == 5
    assert client.post(url, {"sent": "1", "wanted": ["digest"]}).context["form"].errors
    client.post(url, {"sent": "1", "wanted": ["overdue", "due_soon", "starts", "expiring", "certificate"]})
    assert not Stop.objects.exists()


def test_she_reads_what_was_sent_to_her_and_nothing_of_others(client, an, chi) -> None:
    switch_on(Rule.OVERDUE)
    for person in (an, chi):
        notice = Notice.objects.create(
            person=person, day=timezone.localdate(), number=1, state=State.SENT, send_after=timezone.now(), sent_at=timezone.now()
        )
        Reminder.objects.create(notice=notice, person=person, rule="starts", topic="session:1", period="x", day=notice.day)
    client.force_login(an)
    shown = client.get(reverse("reminders:mine"))
    assert len(shown.context["told"]) == 1 and "Buổi học, bài giao sắp bắt đầu" in shown.text
    an.email = ""
    an.save()
    assert "Tài khoản chưa có địa chỉ thư" in client.get(reverse("reminders:mine")).text


def test_the_link_of_a_letter_stops_by_one_click_and_can_be_taken_back(an, now) -> None:
    client = Client(enforce_csrf_checks=True)
    url = reverse("reminders:stop", args=[actions.stop_token(an, [Rule.STARTS, Rule.OVERDUE])])
    assert "Thôi nhận thư nhắc?" in client.get(url).text and not Stop.objects.exists()
    for _twice in range(2):
        assert client.post(url, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert set(Stop.objects.values_list("person", "rule")) == {(an.pk, "overdue"), (an.pk, "starts")}
    shown = client.post(url, {"answer": "stop"}).text
    assert "Đã thôi gửi" in shown and "Tôi bấm nhầm" in shown and an.full_name not in shown and an.email not in shown
    assert "Sẽ gửi lại như cũ" in client.post(url, {"answer": "resume"}).text and not Stop.objects.exists()


@pytest.mark.parametrize("spoil", [lambda token: token[:-2], lambda token: "x", lambda token: token.replace(":", ".", 1)])
def test_a_link_that_was_cut_says_what_to_do(client, an, spoil) -> None:
    url = reverse("reminders:stop", args=[spoil(actions.stop_token(an, [Rule.STARTS]))])
    for answer in (client.get(url), client.post(url)):
        assert answer.status_code == 404 and "Liên kết không đúng" in answer.text
    assert not Stop.objects.exists()


def test_after_two_accounts_became_one_old_links_stop_the_one_that_is_left(client, city, now) -> None:
    kept, closed = (world.make_user(name, "Đỗ Thị Lan", birth_year=1980) for name in ("a", "b"))
    Stop.objects.create(person=closed, rule="starts", since=now)
    Stop.objects.create(person=kept, rule="starts", since=now)
    Stop.objects.create(person=closed, rule="overdue", since=now)
    for person in (kept, closed):
        notice = Notice.objects.create(person=person, day=now.date(), number=1, state=State.SENT, send_after=now)
        Reminder.objects.create(notice=notice, person=person, rule="overdue", topic="a", period="1", day=now.date())
    token = actions.stop_token(closed, [Rule.DUE_SOON])
    merge_people(kept=kept, closed=closed, reason="Chị Lan xác nhận", by=None, now=timezone.now())
    assert set(Stop.objects.filter(person=kept).values_list("rule", flat=True)) == {"starts", "overdue"}
    assert sorted(Notice.objects.filter(person=kept).values_list("number", flat=True)) == [1, 2]
    client.post(reverse("reminders:stop", args=[token]))
    assert Stop.objects.filter(person=kept, rule="due_soon").exists()
