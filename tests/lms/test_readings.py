"""Staff who read personal data leave a note, and the person sees it; nobody else does."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from classes.actions import assign, create_class
from classes.models import ClassMember
from lms.queries import readings_about
from people.actions.readings import forget_readings
from people.models import Membership, Reading
from tests import world
from tests.classes.conftest import add, open_class

pytestmark = pytest.mark.django_db


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def seen(user: Any) -> list[tuple[str, str, int]]:
    return [(one.reader, one.place, one.people) for one in readings_about(user)]


@pytest.fixture
def nurse(city: Any) -> Any:
    user = world.make_user("ta", "Hồ Thị Tá", audience="cbccvc_nld")
    world.join(user, city.clinic)
    return user


def test_an_officer_who_opens_a_unit_leaves_one_note_for_all_on_it(chi: Any, nurse: Any, city: Any, outsider: Any) -> None:
    other = world.make_user("tb", "Hồ Văn Bé")
    world.join(other, city.clinic)
    signed_in(chi).get("/agencies/TYT-BC/")
    assert Reading.objects.count() == 1
    assert seen(nurse) == seen(other) == [("Lê Thị Chi", city.clinic.name, 2)]
    assert seen(outsider) == seen(chi) == []
    page = signed_in(nurse).get("/account/readings/").content.decode()
    assert "Lê Thị Chi" in page and city.clinic.name in page
    assert "Lê Thị Chi" not in signed_in(outsider).get("/account/readings/").content.decode()


def test_a_file_leaves_a_note_as_well(chi: Any, nurse: Any) -> None:
    signed_in(chi).get("/agencies/TYT-BC/people.csv")
    assert [one.what for one in readings_about(nurse)] == ["Tải danh sách người của một đơn vị"]


def test_only_who_was_there_then_is_on_the_list(chi: Any, nurse: Any, city: Any) -> None:
    Membership.objects.filter(user=nurse).update(until=timezone.localdate() - dt.timedelta(days=1))
    other = world.make_user("tb", "Hồ Văn Bé")
    world.join(other, city.clinic)
    signed_in(chi).get("/agencies/TYT-BC/")
    assert seen(nurse) == [] and len(seen(other)) == 1


def test_who_may_not_read_leaves_no_note(outsider: Any, nurse: Any) -> None:
    assert signed_in(outsider).get("/agencies/TYT-BC/").status_code == 404
    assert not Reading.objects.exists()


def test_a_teacher_leaves_notes_in_her_class(binh: Any, an: Any, city: Any, now: Any) -> None:
    made = create_class(
        key=uuid.uuid4(), teacher=binh, name="10A1", kind="school", organisation=city.school, starts_on=now.date(),
        ends_on=None, now=now,
    )  # fmt: skip
    ClassMember.objects.create(training_class=made, learner=an, number=1, shown_as="An", source="list", joined_at=world.LONG_AGO)
    client = signed_in(binh)
    for path in ("", "export.csv", "members/1/"):
        assert client.get(f"/classes/{made.pk}/{path}").status_code == 200
    assert seen(an) == [("Trần Văn Bình", "10A1", 1)] * 3
    assert seen(binh) == []


def test_lists_of_work_and_pins_leave_notes_and_an_empty_list_none(binh: Any, chi: Any, course: Any, city: Any, now: Any) -> None:
    made = open_class(binh, city.school, now)
    add(made, "Lê Gia Hân\nTrần Minh Khôi", now)
    later = timezone.now() + dt.timedelta(days=7)
    given = assign(training_class=made, teacher=binh, course=course.page, part=None, due_at=later, now=now)
    teacher = signed_in(binh)
    assert teacher.get(f"/classes/{made.pk}/assignments/{given.pk}/learners/").status_code == 200
    assert teacher.post(f"/classes/{made.pk}/members/pins/").status_code == 200
    assert signed_in(chi).get("/agencies/P-BC/rosters/waiting/").status_code == 200
    # Nobody waits in the ward: where nobody was shown, no note is left.
    assert list(Reading.objects.order_by("pk").values_list("kind", "people")) == [("class", 2), ("slips", 2)]


def test_old_notes_are_forgotten(chi: Any, nurse: Any, now: Any) -> None:
    signed_in(chi).get("/agencies/TYT-BC/")
    assert forget_readings(now=timezone.now()) == 0
    Reading.objects.update(at=now - dt.timedelta(days=800))
    assert forget_readings(now=now) == 1 and not Reading.objects.exists()


def test_strangers_are_sent_to_log_in(client: Client) -> None:
    assert client.get("/account/readings/").url.startswith("/accounts/login/")


@pytest.mark.parametrize("count", [3, 30])
def test_the_page_takes_as_many_queries_for_30_rows_as_for_3(
    chi: Any, nurse: Any, city: Any, count: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(count):
        Reading.objects.create(reader=chi, at=timezone.now(), kind="unit", organisation=city.clinic, people=1)
    client = signed_in(nurse)
    client.get("/account/readings/")
    with django_assert_max_num_queries(9):
        client.get("/account/readings/")
