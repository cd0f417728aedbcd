"""The use of somebody's data is held back: counted but not named, not reminded, not handed on; her own learning goes on."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from classes import actions, queries
from classes.models import Assignment, ClassMember, Letter
from classes.tasks import mail as send_mail
from courses.actions import enrol
from lrs.models import Statement
from people.actions import accounts, requests, restrictions
from people.models import Consent, Restriction
from tests import world
from tests.classes.conftest import open_class

pytestmark = pytest.mark.django_db


@pytest.fixture
def ba(city: Any, now: Any) -> Any:
    user = world.make_user("ba", "Nguyễn Văn Ba")
    world.join(user, city.ward)
    Consent.objects.create(user=user, purpose="research", version="1", given_at=now, channel="web")
    return user


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_it_begins_with_a_request_and_ends_by_herself(ba: Any, dung: Any, now: Any) -> None:
    asked = requests.file_request(person=ba, kind="restrict", words="", now=now)
    requests.fulfil_request(request=asked, answer="", by=dung, now=now)
    held = Restriction.objects.get()
    assert (held.person_id, held.request_id, held.until) == (ba.pk, asked.pk, None)
    assert restrictions.restrict(person=ba, request=None, now=now).pk == held.pk
    assert not Consent.objects.filter(user=ba, purpose="research", withdrawn_at=None).exists()
    with pytest.raises(accounts.DataHeldBack):
        accounts.answer_consent(user=ba, purpose="research", agreed=True, channel="web", now=now)
    client = as_(ba)
    assert "Bạn đang hạn chế dùng dữ liệu của mình" in client.get("/account/").content.decode()
    assert client.post("/account/restriction/lift/").status_code == 302
    held.refresh_from_db()
    assert held.until and "hạn chế dùng dữ liệu của mình, từ" not in client.get("/account/").content.decode()
    assert restrictions.lift_restriction(person=ba, now=now) is False


def test_an_officer_sees_a_number_and_no_name(ba: Any, chi: Any, city: Any, now: Any) -> None:
    client, where = as_(chi), f"/agencies/{city.ward.code}/"
    assert "Nguyễn Văn Ba" in client.get(where).content.decode()
    before = queries.people(city.ward, now=now).page.paginator.count
    restrictions.restrict(person=ba, request=None, now=now)
    page = client.get(where).content.decode()
    assert "Nguyễn Văn Ba" not in page and "Không kể 1 người đã yêu cầu hạn chế" in page
    assert queries.people(city.ward, now=now).page.paginator.count == before - 1
    _header, rows = queries.people_rows(city.ward, now=now)
    assert all("Nguyễn Văn Ba" not in row for row in rows)
    restrictions.lift_restriction(person=ba, now=now)
    assert "Nguyễn Văn Ba" in client.get(where).content.decode()


def test_nobody_reminds_her_but_she_learns_on(ba: Any, an: Any, binh: Any, city: Any, course: Any, now: Any) -> None:
    klass = open_class(binh, city.school, now, kind="training")
    for number, learner in enumerate((ba, an), 1):
        ClassMember.objects.create(
            training_class=klass, learner=learner, number=number, shown_as=learner.full_name, source="list", joined_at=now
        )
    due = now + dt.timedelta(days=2)
    actions.assign(training_class=klass, teacher=binh, course=course.page, part=None, due_at=due, now=now)
    given = Assignment.objects.get()
    restrictions.restrict(person=ba, request=None, now=now)
    write = {"assignment": given, "members": {1, 2}, "subject": "Nhắc", "text": "Em nhớ học.", "by": binh, "now": now}
    actions.write_to_behind(key=uuid.uuid4(), **write)
    assert [letter.member.learner_id for letter in Letter.objects.select_related("member")] == [an.pk]
    restrictions.lift_restriction(person=ba, now=now)
    actions.write_to_behind(key=uuid.uuid4(), **write)
    restrictions.restrict(person=ba, request=None, now=now)
    Letter.objects.update(send_after=timezone.now())
    send_mail()
    assert {letter.to[0] for letter in mail.outbox} == {an.email}, "written before, not sent after"
    client = as_(ba)
    assert client.get("/learn/").status_code == 200 and client.get(course.lessons[0].url).status_code == 200


def test_her_statements_are_kept_here_and_wait(ba: Any, an: Any, course: Any, now: Any) -> None:
    for learner in (ba, an):
        enrol(learner=learner, course=course.page, now=now)
    later = timezone.now() + dt.timedelta(days=400)
    everything = Statement.objects.undelivered(later).count()
    hers = Statement.objects.filter(actor__endswith=str(ba.actor_id)).count()
    assert hers and everything > hers
    restrictions.restrict(person=ba, request=None, now=now)
    assert Statement.objects.undelivered(later).count() == everything - hers
    assert Statement.objects.filter(actor__endswith=str(ba.actor_id)).count() == hers
    restrictions.lift_restriction(person=ba, now=now)
    assert Statement.objects.undelivered(later).count() == everything
