"""What is owed, read for many at once, is what each reads on her own page; and it costs as much for few as for many."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from classes import actions, queries
from people.models import User
from tests import world
from tests.classes.conftest import add, begin, finish, names

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def everybody(class_10a1, binh, chi, city, course, now, week):
    """Work for the class, for a group, for one by name, one exempt, one with more time; two duties, one that lapses."""
    given = {"training_class": class_10a1, "teacher": binh, "course": course.page, "now": now}
    members = list(class_10a1.members.order_by("number"))
    whole = actions.assign(part=course.lessons[0].translation_key, due_at=week, **given)
    actions.exempt(assignment=whole, member=members[0], exempt=True, reason="Đã học", by=binh, now=now)
    actions.extend(assignment=whole, member=members[1], due_at=week + 9 * DAY, reason="Ốm", by=binh, now=now)
    group = actions.set_group(training_class=class_10a1, group=None, name="Tổ 1", members=members[:2], now=now)
    actions.assign(part=course.lessons[1].translation_key, due_at=week, starts_at=now + DAY, group=group, **given)
    actions.assign(part=None, due_at=week + DAY, members=members[2:], **given)
    other = world.make_course("CD-U", "Khóa hai")
    asked = {"organisation": city.ward, "officer": chi, "now": now}
    actions.require_course(course=course.page, due_at=week, groups=["vien_chuc", "giao_vien"], **asked)
    actions.require_course(course=other.page, due_at=None, days=10, months=12, **asked)
    people = [member.learner for member in members]
    for name, category, audience in (("mot", "cong_chuc", "cbccvc_nld"), ("hai", "vien_chuc", "cbccvc_nld"),
                                     ("ba", "cong_chuc", "giao_vien"), ("tu", "cong_chuc", "cbccvc_nld")):  # fmt: skip
        user = world.make_user(name, f"Người {name}", audience=audience)
        world.join(user, city.clinic, category)
        people.append(user)
    world.join(people[3], city.other_ward)
    begin(people[0], course.lessons[0], course, now)
    finish(people[2], course, now, [course.lessons[0]])
    finish(people[4], course, now)
    finish(people[3], other, now - 350 * DAY)
    actions.record_outside(
        organisation=city.ward, learner=people[5], course=other.page, kind="elsewhere", completed_on=now.date(),
        issuer="Học viện", by=chi, now=now,
    )  # fmt: skip
    return [*people, world.make_user("xa", "Người Xa")]


@pytest.mark.parametrize("days", [0, 2, 8, 12, 30, 400])
def test_many_are_told_what_each_reads(everybody, now, days) -> None:
    at = now + days * DAY
    many = queries.dues_of([user.pk for user in everybody], at)
    key = lambda item: (item.due_at, item.topic)  # noqa: E731
    found = 0
    for user in everybody:
        alone = sorted(queries.due_for(User.objects.get(pk=user.pk), at), key=key)
        assert sorted(many.get(user.pk, []), key=key) == alone
        found += len(alone)
    assert found > 4
    assert all(item.topic.partition(":")[0] in {"assignment", "requirement"} for items in many.values() for item in items)


def test_ten_times_the_people_cost_no_query_more(everybody, class_10a1, now) -> None:
    def cost() -> int:
        ids = list(User.objects.values_list("pk", flat=True))
        queries.dues_of(ids, now)  # the outlines are kept from now on
        with CaptureQueriesContext(connection) as caught:
            queries.dues_of(ids, now)
        return len(caught)

    few = cost()
    add(class_10a1, names(30), now)
    assert cost() == few <= 9
