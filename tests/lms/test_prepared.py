"""A read whose SQL is kept gives what the plain read gives, for every one of them."""

from __future__ import annotations

import datetime as dt
import importlib
import pkgutil
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models import Q

import certificates
import classes
import courses
import lms
import people
import plans
import quizzes
import reminders
from certificates.actions import issue
from classes import actions
from classes.actions.lists import keep_view
from courses.actions import answer_practice, complete_part, enrol, open_part
from courses.models import Enrolment
from people.models import StaffCategory, User
from people.prepared import Prepared
from plans.models import Plan, PlanStatus
from tests import world


def all_prepared() -> dict[str, Prepared]:
    found: dict[int, tuple[str, Prepared]] = {}
    for app in (people, courses, quizzes, classes, certificates, reminders, plans, lms):
        for module in pkgutil.walk_packages(app.__path__, f"{app.__name__}."):
            if ".migrations" in module.name or ".management" in module.name or ".settings" in module.name:
                continue
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, Prepared):
                    found.setdefault(id(value), (f"{module.name}.{name}", value))
    return dict(found.values())


@pytest.fixture
def busy(city: SimpleNamespace, course: SimpleNamespace, binh: User, chi: User, now: dt.datetime) -> dict[str, Any]:
    """Somebody who has something of everything: what the arguments of the prepared reads mean for her."""
    an = world.make_user("hai", "Nguyễn Thị Hải", birth_year=1980)
    world.join(an, city.ward, StaffCategory.CIVIL_SERVANT)
    world.grant(an, "editor", city.ward)
    world.grant(an, "auditor", city.ward)
    week = now + dt.timedelta(days=7)
    school = actions.create_class(
        key=uuid.uuid4(), teacher=binh, name="Lớp tối", kind="school", organisation=city.school, starts_on=now.date(),
        ends_on=None, now=now,
    )  # fmt: skip
    member = actions.join(learner=an, code=school.join_code, now=now)
    other = world.make_course("CD-9", "Khóa còn dở")
    for page in (course.page, other.page):
        given = actions.assign(training_class=school, teacher=binh, course=page, part=None, due_at=week, now=now)
    actions.extend(assignment=given, member=member, due_at=week + dt.timedelta(days=1), reason="Ốm", by=binh, now=now)
    actions.write_to_behind(
        key=uuid.uuid4(), assignment=given, members={member.number}, subject="Nhắc", text="Cố lên.", by=binh, now=now
    )
    actions.count_agencies(now=now)
    actions.require_course(organisation=city.ward, course=course.page, due_at=week, officer=chi, now=now)
    actions.record_outside(
        organisation=city.ward, learner=an, course=other.page, kind="elsewhere", completed_on=now.date(), issuer="Học viện",
        by=chi, now=now,
    )  # fmt: skip
    keep_view(owner=chi, name="Quá hạn", query="sort=overdue", now=now)
    plan = Plan.objects.create(code="KH", title="Kế hoạch", issued_on=now.date(), status=PlanStatus.ACTIVE)
    plan.periods.create(
        code="Q4", name="Quý IV", starts_on=now.date(), ends_on=week.date(), cutoff_at=week, due_at=week,
    )  # fmt: skip
    done = enrol(learner=an, course=course.page, now=now)
    lesson = course.lessons[0]
    open_part(enrolment=done, part=lesson.translation_key, now=now)
    answer_practice(enrolment=done, lesson=lesson, question="q1", chosen=[1], now=now)
    for part in (*course.lessons, course.quiz):
        complete_part(enrolment=done, part=part.translation_key, evidence={}, now=now)
    issue(enrolment=Enrolment.objects.get(pk=done.pk), now=now)
    return {
        "pk": an.pk, "user": an.pk, "learner": an.pk, "course": course.page.pk, "enrolment": done.pk,
        "part": lesson.translation_key, "since": now - dt.timedelta(days=30), "owner": chi.pk, "today": now.date(),
    }  # fmt: skip


def plainly(rows: Any) -> list[Any]:
    """Rows to compare: of an object every loaded field, its own and its neighbours'."""

    def open_up(row: Any) -> Any:
        if not hasattr(row, "_meta"):
            return row
        own = {name: value for name, value in vars(row).items() if name != "_state"}
        return type(row), own, {name: open_up(one) for name, one in row._state.fields_cache.items()}

    return [open_up(row) for row in rows]


def test_each_gives_what_the_plain_read_gives(busy: dict[str, Any]) -> None:
    known = all_prepared()
    assert len(known) > 10
    nobody = {"pk": 0, "user": 0, "learner": 0, "course": 0, "enrolment": uuid.uuid4(), "part": uuid.uuid4(),
              "since": busy["since"] + dt.timedelta(days=60), "owner": 0, "today": dt.date(1999, 1, 1)}  # fmt: skip
    for name, read in known.items():
        mine = {key: busy[key] for key in read.kinds}
        expected = plainly(read.read(**mine))
        assert expected, f"{name} finds nothing here: give the busy person something"
        for _again in range(2):
            assert plainly(read(**mine)) == expected, name
        theirs = {key: nobody[key] for key in read.kinds}
        assert plainly(read(**theirs)) == plainly(read.read(**theirs)), name
        assert plainly(read(**mine)) == expected, name


@pytest.mark.django_db
def test_a_loaded_object_is_whole(an: User) -> None:
    """What was left out comes by a query of its own, and saving says an update."""
    [found] = Prepared(lambda pk: User.objects.filter(pk=pk).only("username"), pk=int)(pk=an.pk)
    assert found.full_name == an.full_name and not found._state.adding
    assert found == an


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("read", "kinds"),
    [
        (lambda name: User.objects.filter(username__startswith=name), {"name": str}),  # "a" becomes "a%"
        (lambda pk: User.objects.all(), {"pk": int}),  # asked for and not used
        (lambda pk: User.objects.filter(Q(pk=pk) if pk == 1 else Q(pk__gt=pk)), {"pk": int}),
    ],
)
def test_what_cannot_be_kept_is_refused(read: Any, kinds: dict[str, type]) -> None:
    with pytest.raises(ValueError, match="into its parameters"):
        Prepared(read, **kinds)(**{name: kind() for name, kind in kinds.items()})


@pytest.mark.django_db
def test_constants_like_the_samples_stay(an: User) -> None:
    """1 and 2 are how the places are found; a 1 that is written into the read is not one of them."""
    read = Prepared(lambda pk: User.objects.filter(Q(pk=pk) | Q(pk=1) | Q(pk=2)).order_by("pk"), pk=int)
    assert read(pk=an.pk)[-1] == an and read(pk=0) == list(User.objects.filter(pk__in=[1, 2]))
