"""Looking as a learner: who may, what is shut, that nothing is written, and that it ends."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from classes.actions import close_class
from classes.models import ClassMember
from courses.models import Enrolment
from lrs.models import Statement
from people.models import Impersonation, Reading, Restriction, Role, User
from tests import world
from tests.classes.conftest import add, open_class

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(binh: Any, city: Any, now: Any) -> ClassMember:
    klass = open_class(binh, city.school, now)
    add(klass, "Lê Gia Hân", now)
    return ClassMember.objects.get(training_class=klass)


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def begin(client: Client, member: ClassMember) -> Any:
    where = f"/classes/{member.training_class_id}/members/{member.number}/view-as/"
    return client.post(where, {"reason": "Em báo không thấy bài"})


@pytest.fixture
def looking(binh: Any, member: ClassMember) -> Client:
    client = as_(binh)
    assert begin(client, member).url == "/learn/"
    return client


def test_she_sees_what_the_pupil_sees_under_a_banner_and_the_pupil_reads_it(looking: Client, member: Any, course: Any) -> None:
    for where in ("/learn/", "/khoa-hoc/", course.page.url, course.lessons[0].url):
        answer = looking.get(where)
        page = answer.content.decode()
        assert answer.status_code == 200, where
        assert "Bạn đang xem như Lê Gia Hân" in page and "Thôi xem" in page
        assert "no-store" in answer.headers["Cache-Control"]
    kept = Reading.objects.get(kind="view_as")
    assert kept.person_id == member.learner_id
    page = as_(member.learner).get("/account/readings/").content.decode()
    assert "Xem trang như bạn thấy" in page and "Trần Văn Bình" in page


def test_nothing_is_written_as_the_pupil(looking: Client, member: Any, course: Any) -> None:
    before = (Statement.objects.count(), Enrolment.objects.count())
    lesson = course.lessons[0]
    forged = [
        (f"/courses/{course.page.pk}/enrol/", {}), (f"/courses/opened/{lesson.pk}/", {}),
        ("/account/name/", {"full_name": "Ai Đó"}),
        ("/account/consents/research/", {"answer": "give"}), ("/account/requests/", {"kind": "erase"}),
        ("/display/", {"size": "xl"}),
        ("/classes/join/", {"code": "x"}), ("/accounts/password/change/", {}), (f"/quizzes/start/{course.quiz.pk}/", {}),
    ]  # fmt: skip
    for where, data in forged:
        for headers in ({}, {"HX-Request": "true"}, {"X-Requested-With": "XMLHttpRequest"}, {"X-HTTP-Method-Override": "GET"}):
            assert looking.post(where, data, headers=headers).status_code in {403, 404}, where
    for method in ("put", "patch", "delete"):
        assert getattr(looking, method)("/learn/").status_code == 403
    for method in ("head", "options"):
        for where in ("/learn/", lesson.url):
            assert getattr(looking, method)(where).status_code in {200, 405}
    with CaptureQueriesContext(connection) as said:
        looking.get(lesson.url)
    told = [one["sql"] for one in said if "session" not in one["sql"]]
    written = [sql for sql in told if sql.split()[0] in {"INSERT", "UPDATE", "DELETE"}]
    assert not written
    assert before == (Statement.objects.count(), Enrolment.objects.count())
    assert User.objects.get(pk=member.learner_id).full_name == "Lê Gia Hân"


def test_a_page_that_writes_when_it_is_opened_is_stopped(looking: Client, member: Any, monkeypatch: Any) -> None:
    from lms import views

    def writes(_learner: Any, *_rest: Any, **_more: Any) -> Any:
        User.objects.filter(pk=member.learner_id).update(full_name="Viết thay")

    monkeypatch.setattr(views, "my_learning", writes)
    answer = looking.get("/learn/")
    assert answer.status_code == 403 and "chỉ chính người học mở được" in answer.content.decode()
    assert User.objects.get(pk=member.learner_id).full_name == "Lê Gia Hân"


@pytest.mark.parametrize(
    "where",
    ["/account/", "/account/data/", "/account/data.json", "/account/requests/", "/account/readings/", "/accounts/email/",
     "/accounts/2fa/", "/accounts/password/change/", "/certificates/", "/classes/", "/agencies/", "/plans/", "/cms/",
     "/account/staff/", "/xapi/statements", "/documents/1/x.pdf"],
)  # fmt: skip
def test_what_is_the_pupils_own_or_staffs_is_shut(looking: Client, where: str) -> None:
    assert looking.get(where).status_code in {403, 404}


def test_guest_work_in_the_viewers_session_is_not_taken_along(binh: Any, member: Any, course: Any) -> None:
    client = as_(binh)
    begin(client, member)
    looked = client.session
    looked["guest_progress_probe"] = {"x": 1}
    looked.save()
    client.get(course.lessons[0].url)
    assert not Enrolment.objects.filter(learner=member.learner).exists()
    assert client.session["guest_progress_probe"] == {"x": 1}


def test_it_ends_by_one_click_and_a_replayed_cookie_opens_nothing(looking: Client, member: Any) -> None:
    replay = looking.session["view_as"]
    assert looking.post("/account/view-as/end/").url == "/learn/"
    assert Impersonation.objects.get().ended_at
    assert "Bạn đang xem như" not in looking.get("/learn/").content.decode()
    looked = looking.session
    looked["view_as"] = replay
    looked.save()
    answer = looking.get("/learn/")
    assert answer.status_code == 403 and "Đã hết lúc xem" in answer.content.decode()
    assert looking.get("/learn/").status_code == 200, "and she is herself again"


def test_it_ends_by_itself_by_logging_out_and_with_the_role(looking: Client, binh: Any, member: Any) -> None:
    Role.objects.filter(user=binh).update(until=timezone.now())
    assert looking.get("/learn/").status_code == 403
    Role.objects.filter(user=binh).update(until=None)
    client = as_(binh)
    begin(client, member)
    Impersonation.objects.filter(ended_at=None).update(until=timezone.now() - dt.timedelta(seconds=1))
    assert client.get("/learn/").status_code == 403
    again = as_(binh)
    begin(again, member)
    assert again.post("/accounts/logout/").status_code == 302
    assert not Impersonation.objects.filter(ended_at=None).exists()
    assert "_auth_user_id" not in again.session


def test_one_at_a_time_and_never_from_within(looking: Client, binh: Any, member: Any, now: Any) -> None:
    assert begin(looking, member).status_code == 403, "not from within"
    other = as_(binh)
    begin(other, member)
    assert Impersonation.objects.filter(ended_at=None).count() == 1
    assert looking.get("/learn/").status_code == 403, "the first tab is over"


def test_another_viewers_key_is_worth_nothing(looking: Client, outsider: Any) -> None:
    thief = as_(outsider)
    stolen = thief.session
    stolen["view_as"] = looking.session["view_as"]
    stolen.save()
    assert thief.get("/learn/").status_code == 403
    for rubbish in ("x", "", None, 7, ["a"]):
        stolen = thief.session
        stolen["view_as"] = rubbish
        stolen.save()
        assert thief.get("/learn/").status_code == 403


def test_whom_nobody_may_look_at(
    binh: Any, dung: Any, chi: Any, an: Any, outsider: Any, city: Any, member: Any, now: Any
) -> None:
    support = world.make_user("hotro", "Đỗ Thị Hiền")
    world.grant(support, "support", city.ward)
    ba = world.make_user("ba", "Nguyễn Văn Ba")
    world.join(ba, city.clinic)

    def opens(who: Any, person: Any) -> bool:
        return as_(who).get(f"/account/staff/view-as/{person.pk}/").status_code == 200

    assert opens(support, ba) and opens(dung, ba) and opens(dung, an)
    assert not opens(support, an), "belongs to no place of hers"
    assert not any(opens(dung, one) for one in (dung, chi, binh, support)), "nobody with powers"
    assert not any(opens(who, ba) for who in (chi, binh, outsider, an)), "neither officer nor teacher elsewhere"
    assert not opens(dung, User(pk=987654))
    Restriction.objects.create(person=ba, since=now)
    assert not opens(dung, ba), "held back"
    for user in (outsider, chi, dung, an):
        assert begin(as_(user), member).status_code in {302, 404}
    assert not Impersonation.objects.exists()


def test_a_reason_and_a_second_factor_are_needed(binh: Any, member: Any) -> None:
    where = f"/classes/{member.training_class_id}/members/{member.number}/view-as/"
    client = as_(binh)
    assert client.post(where, {"reason": "  "}).status_code == 200 and not Impersonation.objects.exists()
    begin(client, member)
    looked = client.session
    looked["account_authentication_methods"] = [
        one for one in looked["account_authentication_methods"] if one.get("method") != "mfa"
    ]
    looked.save()
    assert client.get("/learn/").status_code == 403


def test_a_class_that_is_closed_is_looked_into_no_more(looking: Client, binh: Any, member: Any) -> None:
    close_class(training_class=member.training_class, by=binh, reason="Hết khóa", now=timezone.now())
    assert looking.get("/learn/").status_code == 403
    assert begin(as_(binh), member).status_code == 404
