from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from certificates.actions import issue
from certificates.models import Certificate
from classes import actions
from courses.models import Enrolment
from reminders.channels import Message, Refused
from reminders.judgement import ALWAYS, DEFAULTS, Policy, Rule
from reminders.models import RuleSetting
from tests import world
from tests.classes.conftest import class_10a1, finish  # noqa: F401

MORNING = dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.timezone(dt.timedelta(hours=7)))  # a Monday


def always() -> bool:
    return True


def switch_on(*rules: Rule, now: dt.datetime = MORNING, **policies: Policy) -> None:
    for rule in [one for one in rules if one not in ALWAYS]:
        policy = policies.get(rule.value, DEFAULTS[rule])
        RuleSetting.objects.update_or_create(
            rule=rule.value, defaults={"on_since": now, "ahead": policy.ahead, "every": policy.every, "most": policy.most}
        )


def earn(learner: Any, course: SimpleNamespace, at: dt.datetime) -> Certificate:
    """The certificate of a course completed at that moment."""
    return issue(enrolment=Enrolment.objects.get(pk=finish(learner, course, at).pk), now=at)


class Post:
    """Takes letters like a mail server: `refuses` addresses for good, is `down` for a while."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.refuses: set[str] = set()
        self.down = False

    def __enter__(self) -> Post:
        return self

    def __exit__(self, *_error: Any) -> None:
        return None

    def send(self, message: Message) -> None:
        if self.down:
            raise ConnectionRefusedError("down")
        if message.address in self.refuses:
            raise Refused("SMTPRecipientsRefused")
        self.sent.append(message)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def morning() -> dt.datetime:
    return MORNING


@pytest.fixture
def late(city: SimpleNamespace, course: Any, chi: Any, now: dt.datetime) -> SimpleNamespace:
    """The ward requires the course; it was due yesterday evening. Two staff: `mai` and `nam`, neither has begun."""
    due = MORNING - dt.timedelta(hours=9)
    required = actions.require_course(
        organisation=city.ward, course=course.page, due_at=due, officer=chi, now=MORNING - dt.timedelta(days=40)
    )
    people = [world.make_user(name, full, audience="cbccvc_nld") for name, full in (("mai", "Võ Thị Mai"), ("nam", "Tô Văn Nam"))]
    for one in people:
        world.join(one, city.clinic)
    return SimpleNamespace(mai=people[0], nam=people[1], required=required, due=due)
