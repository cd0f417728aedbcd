"""Several workers at once, on rows that are really committed: each person is told once."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

from django.db import connections

from classes.actions import require_course
from reminders import actions
from reminders.actions import rounds
from reminders.judgement import Rule
from reminders.models import Notice, Reminder, Round
from tests import world
from tests.people.test_restore import committed  # noqa: F401
from tests.reminders.conftest import MORNING, Post, always, switch_on

WORKERS = 4


def test_four_workers_at_once_tell_and_send_each_once(committed: None, monkeypatch: Any) -> None:  # noqa: F811
    city, course = world.make_city(), world.make_course("CD-T", "Khóa thử")
    chi = world.make_officer("chi", "Lê Thị Chi", city.ward)
    for place in range(12):
        world.join(world.make_user(f"u{place}", f"Người {place}"), city.clinic)
    asked = MORNING - dt.timedelta(days=40)
    require_course(organisation=city.ward, course=course.page, due_at=MORNING - dt.timedelta(hours=9), officer=chi, now=asked)
    switch_on(Rule.OVERDUE)
    monkeypatch.setattr(rounds, "BATCH", 2)
    posts, wrong = [Post() for _ in range(WORKERS)], []

    def work(post: Post) -> None:
        try:
            actions.remind(now=MORNING, more=always)
            actions.deliver(channel=post, now=MORNING, more=always)
        except Exception as error:  # noqa: BLE001  told below
            wrong.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=[post]) for post in posts]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert wrong == []
    last = Post()
    actions.remind(now=MORNING, more=always)
    actions.deliver(channel=last, now=MORNING, more=always)
    one = Round.objects.get()
    assert one.finished_at and one.tally["people"] == one.people == 13
    sent = sorted(letter.address for post in [*posts, last] for letter in post.sent)
    assert sent == sorted(["chi@example.com", *(f"u{place}@example.com" for place in range(12))])
    assert Notice.objects.count() == Reminder.objects.count() == 13
