"""What people ask about their data: the clocks of the law, the queue, the letters, and who sees none of it."""

from __future__ import annotations

import csv
import datetime as dt
import json
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from people import clocks, holdings
from people.actions import requests
from people.actions.privacy import NotHandling
from people.models import Consent, DataRequest, DataRequestStep, Erasure, User
from people.tasks import answer_requests, send
from tests import world
from tests.people import canary

pytestmark = pytest.mark.django_db


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ask(person: User, kind: str, now: dt.datetime) -> DataRequest:
    return requests.file_request(person=person, kind=kind, words="Tên tôi sai dấu", now=now)


@pytest.fixture
def support(city: Any) -> User:
    """Handles the requests of `ward` and what lies under it."""
    user = world.make_user("hotro", "Đỗ Thị Hiền")
    world.grant(user, "support", city.ward)
    return user


# --- clocks -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filed", "expected"),
    [("2026-11-23", "2026-11-25"), ("2026-11-26", "2026-11-30"), ("2026-11-27", "2026-12-01"), ("2026-11-28", "2026-12-01")],
)
def test_two_working_days_leave_out_the_week_end(filed: str, expected: str) -> None:
    at = timezone.make_aware(dt.datetime.fromisoformat(f"{filed}T23:30"))
    assert timezone.localtime(clocks.acknowledge_by(at)).isoformat() == f"{expected}T23:59:59+07:00"


@pytest.mark.parametrize(
    ("filed", "expected"),
    [
        ("2026-12-31", "2027-01-05"),  # New Year's Day is a Friday
        ("2027-02-04", "2027-02-12"),  # over Tết; the 11th is not announced, so it counts
        ("2027-04-15", "2027-04-20"),  # Hùng Kings
        ("2027-04-29", "2027-05-05"),  # two holidays, one of them made up for on Monday
        ("2026-04-25", "2026-04-29"),  # Hùng Kings on a Sunday, made up for on Monday
        ("2026-09-01", "2026-09-04"),
    ],
)
def test_two_working_days_leave_out_public_holidays(filed: str, expected: str) -> None:
    at = timezone.make_aware(dt.datetime.fromisoformat(f"{filed}T23:30"))
    assert timezone.localtime(clocks.acknowledge_by(at)).date().isoformat() == expected


def test_every_holiday_says_from_where_it_is_known() -> None:
    with clocks.HOLIDAYS.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert all(line["source"] and line["name"] and line["sure"] in {"yes", "provisional"} for line in lines)
    assert [line["day"] for line in lines] == sorted({line["day"] for line in lines})
    fixed = {f"{year}-{day}" for year in (2026, 2027) for day in ("01-01", "04-30", "05-01", "09-02")}
    assert fixed <= {line["day"] for line in lines}
    assert clocks.known_until() == 2027


@pytest.mark.parametrize(
    ("kind", "days"),
    [("see", 10), ("correct", 10), ("export", 10), ("restrict", 15), ("withdraw", 15), ("erase", 20)],
)
def test_each_kind_has_its_days(kind: str, days: int, an: User, now: dt.datetime) -> None:
    due = timezone.localtime(ask(an, kind, now).due_at).date()
    assert due == now.date() + dt.timedelta(days=days)
    assert clocks.extended(kind, clocks.due_at(kind, now)).date() == now.date() + dt.timedelta(days=2 * days)


# --- the person ---------------------------------------------------------------------------------------------------------


def test_she_asks_on_her_page_and_once_at_a_time(an: User) -> None:
    client = signed_in(an)
    for _ in range(2):
        assert client.post("/account/requests/", {"kind": "correct", "words": "Sai dấu"}).url == "/account/requests/"
    asked = DataRequest.objects.get()
    assert (asked.person, asked.kind, asked.state, asked.words) == (an, "correct", "filed", "Sai dấu")
    assert [step.what for step in asked.steps.all()] == ["filed"]
    assert "Sửa dữ liệu sai về tôi" in client.get("/account/requests/").content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        DataRequest.objects.create(
            person=an, kind="correct", filed_at=asked.filed_at, acknowledge_by=asked.due_at, due_at=asked.due_at
        )


def test_an_unknown_wish_is_explained(an: User) -> None:
    answer = signed_in(an).post("/account/requests/", {"kind": "everything"})
    assert answer.status_code == 200 and not DataRequest.objects.exists()


def test_she_takes_it_back_until_it_is_answered(an: User, dung: User, now: dt.datetime) -> None:
    asked, client = ask(an, "erase", now), signed_in(an)
    client.post(f"/account/requests/{asked.pk}/cancel/")
    client.post(f"/account/requests/{asked.pk}/cancel/")
    asked.refresh_from_db()
    assert asked.state == "cancelled" and asked.steps.filter(what="cancelled").count() == 1
    again = ask(an, "erase", now)
    requests.fulfil_request(request=again, answer="", by=dung, now=now)
    assert "không rút lại được" in client.post(f"/account/requests/{again.pk}/cancel/", follow=True).content.decode()


def test_the_copy_has_every_declared_row_and_nobody_else(an: User, outsider: User, course: Any) -> None:
    yen = canary.make()
    planted = canary.plant(yen)
    User.objects.filter(pk=outsider.pk).update(full_name="Người Ngoài Cuộc")
    world.grant(yen, "teacher", outsider.roles.first().organisation)
    yen.roles.update(granted_by=outsider)
    copy = signed_in(yen).get("/account/data.json")
    everything = json.loads(copy.content)["everything"]
    assert {label for label, rows in everything.items() if rows} == {*planted, "people.Role"} - {"sessions.Session"}
    text = copy.content.decode()
    assert canary.NAME in text and "Người Ngoài Cuộc" not in text and yen.password not in text
    page = signed_in(yen).get("/account/data/").content.decode()
    assert canary.ADDRESS in page and "1931" in page and "Người Ngoài Cuộc" not in page and yen.password not in page
    other = signed_in(an).get("/account/data.json").content.decode()
    assert canary.NAME not in other and canary.ADDRESS not in other


@pytest.mark.parametrize("count", [3, 30])
def test_the_copy_takes_as_many_queries_for_30_rows_as_for_3(
    an: User, city: Any, count: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(count):
        world.grant(an, "teacher", city.school.add_sibling(code=f"T{number}", name=f"Trường {number}", kind="school"))
    list(holdings.copy_for(an))
    with django_assert_max_num_queries(95):
        assert list(holdings.copy_for(an))


# --- the queue ----------------------------------------------------------------------------------------------------------


def test_the_most_urgent_stands_on_top_and_what_is_overdue_is_marked(an: User, binh: User, dung: User) -> None:
    now = timezone.now()
    ask(an, "erase", now)
    late = ask(binh, "see", now - dt.timedelta(days=30))
    page = signed_in(dung).get("/account/requests/queue/").content.decode()
    assert page.index(str(late.pk)) < page.index(str(an.data_requests.get().pk))
    assert page.count("Quá hạn") == 1
    assert "đã quá hạn" in signed_in(dung).get(f"/account/requests/queue/{late.pk}/").content.decode()


def test_support_sees_its_own_scope_and_the_top_sees_all(
    an: User, chi: User, binh: User, dung: User, support: User, now: dt.datetime
) -> None:
    hers, elsewhere, public = ask(chi, "see", now), ask(binh, "see", now), ask(an, "see", now)
    assert set(DataRequest.objects.to_handle(support)) == {hers}
    assert set(DataRequest.objects.to_handle(dung)) == {hers, elsewhere, public}
    assert signed_in(support).get(f"/account/requests/queue/{elsewhere.pk}/").status_code == 404
    with pytest.raises(NotHandling):
        requests.refuse_request(request=public, answer="Không", by=support, now=now)


@pytest.mark.parametrize("who", ["an", "binh", "chi", "outsider"])
def test_nobody_else_opens_the_queue(who: str, dung: User, now: dt.datetime, request: pytest.FixtureRequest) -> None:
    asked = ask(dung, "erase", now)
    client = signed_in(request.getfixturevalue(who))
    assert client.get("/account/requests/queue/").status_code == 404
    assert client.get(f"/account/requests/queue/{asked.pk}/").status_code == 404
    assert client.post(f"/account/requests/queue/{asked.pk}/", {"step": "fulfil", "sure": "on"}).status_code == 404
    assert client.post(f"/account/requests/{asked.pk}/cancel/").status_code == 404
    asked.refresh_from_db()
    assert asked.state == "filed"


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("data/", "get"),
        ("requests/", "get"),
        ("requests/", "post"),
        ("requests/queue/", "get"),
        ("requests/00000000-0000-0000-0000-000000000001/cancel/", "post"),
        ("requests/queue/00000000-0000-0000-0000-000000000001/", "get"),
    ],
)
def test_strangers_are_sent_to_log_in(client: Client, path: str, method: str) -> None:
    assert getattr(client, method)(f"/account/{path}").url.startswith("/accounts/login/?next=/account/")


@pytest.mark.parametrize("count", [3, 30])
def test_the_queue_takes_as_many_queries_for_30_rows_as_for_3(
    dung: User, now: dt.datetime, count: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(count):
        ask(world.make_user(f"hv{number}", f"Học Viên {number}"), "see", now)
    client = signed_in(dung)
    client.get("/account/requests/queue/")
    with django_assert_max_num_queries(12):
        client.get("/account/requests/queue/")


# --- the steps ----------------------------------------------------------------------------------------------------------


def test_it_is_acknowledged_extended_once_and_done(an: User, dung: User, now: dt.datetime) -> None:
    asked, client = ask(an, "correct", now), signed_in(dung)
    page = f"/account/requests/queue/{asked.pk}/"
    client.post(page, {"step": "acknowledge"})
    client.post(page, {"step": "acknowledge"})
    assert client.post(page, {"step": "extend"}).status_code == 200  # no reason, nothing done
    client.post(page, {"step": "extend", "answer": "Cần hỏi trường"})
    assert "gia hạn một lần" in client.post(page, {"step": "extend", "answer": "Nữa"}, follow=True).content.decode()
    client.post(page, {"step": "fulfil", "answer": "Đã sửa", "full_name": "Nguyễn Thị Ân", "birth_year": "1957"})
    asked.refresh_from_db()
    an.refresh_from_db()
    assert (asked.state, asked.answer, asked.handled_by) == ("done", "Đã sửa", dung)
    assert timezone.localtime(asked.due_at).date() == now.date() + dt.timedelta(days=20)
    assert (an.full_name, an.name_folded, an.birth_year) == ("Nguyễn Thị Ân", "nguyen thi an", 1957)
    assert list(asked.steps.order_by("pk").values_list("what", flat=True)) == ["filed", "acknowledged", "extended", "done"]
    assert "Đã sửa" in signed_in(an).get("/account/requests/").content.decode()


def test_a_refusal_says_why_and_stands(an: User, dung: User, now: dt.datetime) -> None:
    asked, client = ask(an, "restrict", now), signed_in(dung)
    page = f"/account/requests/queue/{asked.pk}/"
    assert client.post(page, {"step": "refuse"}).status_code == 200
    client.post(page, {"step": "refuse", "answer": "Hồ sơ bồi dưỡng phải giữ"})
    client.post(page, {"step": "fulfil"})
    asked.refresh_from_db()
    assert (asked.state, asked.answer) == ("refused", "Hồ sơ bồi dưỡng phải giữ")


def test_withdrawing_ends_what_is_optional(an: User, dung: User, now: dt.datetime) -> None:
    for purpose in ("account", "research"):
        Consent.objects.create(user=an, purpose=purpose, version="1", given_at=now, channel="web")
    requests.fulfil_request(request=ask(an, "withdraw", now), answer="", by=dung, now=now)
    assert dict(an.consents.values_list("purpose", "withdrawn_at")) == {"account": None, "research": now}


# --- letters and erasures that are owed -----------------------------------------------------------------------------------


def test_every_step_is_told_in_both_languages(an: User, dung: User, now: dt.datetime) -> None:
    asked = ask(an, "see", now)
    requests.refuse_request(request=asked, answer="Không rõ là ai hỏi", by=dung, now=now)
    assert requests.send_owed_letters(now=now, send=send) == 2
    assert requests.send_owed_letters(now=now, send=send) == 0
    first, last = mail.outbox
    assert first.to == [an.email] and first.subject == "Học AI: Yêu cầu về dữ liệu của bạn / Your request about your data"
    assert "03/12/2026" in first.body and "Hello," in first.body and "/account/requests/" in first.body
    assert "Không rõ là ai hỏi" in last.body and an.full_name not in last.body


def test_a_letter_that_fails_is_tried_again_later(an: User, now: dt.datetime) -> None:
    def broken(*_: str) -> None:
        raise OSError("no route")

    ask(an, "see", now)
    assert requests.send_owed_letters(now=now, send=broken) == 0
    assert requests.send_owed_letters(now=now, send=send) == 0  # not yet
    assert requests.send_owed_letters(now=now + dt.timedelta(minutes=2), send=send) == 1


def test_an_erasure_is_told_first_then_done(an: User, dung: User) -> None:
    now = timezone.now()
    asked, client = ask(an, "erase", now), signed_in(dung)
    page = f"/account/requests/queue/{asked.pk}/"
    assert client.post(page, {"step": "fulfil"}).status_code == 200  # not sure, nothing done
    client.post(page, {"step": "fulfil", "sure": "on"})
    asked.refresh_from_db()
    assert asked.state == "accepted" and not Erasure.objects.exists()
    assert requests.erase_accepted(now=now) == 0  # its letter is owed
    answer_requests()
    asked.refresh_from_db()
    assert asked.state == "done" and asked.words == ""
    assert "xóa tài khoản của bạn ngay sau thư này" in mail.outbox[-1].body
    assert User.objects.get(pk=an.pk).email == "" and Erasure.objects.get().account == an.pk
    assert requests.erase_accepted(now=now) == 0
    assert not DataRequestStep.objects.filter(told_at=None, try_after__isnull=False).exists()


def test_an_erasure_does_not_wait_for_ever_for_a_letter(an: User, dung: User, now: dt.datetime) -> None:
    requests.fulfil_request(request=ask(an, "erase", now), answer="", by=dung, now=now)
    DataRequestStep.objects.update(tries=9)
    assert requests.erase_accepted(now=now) == 1


def test_who_has_no_address_is_erased_without_a_letter(an: User, dung: User, now: dt.datetime) -> None:
    User.objects.filter(pk=an.pk).update(email="")
    an.refresh_from_db()
    requests.fulfil_request(request=ask(an, "erase", now), answer="", by=dung, now=now)
    assert requests.erase_accepted(now=now) == 1 and not mail.outbox
