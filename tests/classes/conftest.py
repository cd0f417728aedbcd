from __future__ import annotations

import datetime as dt
import uuid
from types import SimpleNamespace
from typing import Any

import pytest

from classes import actions, queries
from classes.models import TrainingClass
from courses.actions import complete_part, enrol, open_part

NAMES = ["Gia Hân", "Minh Khôi", "Ngọc Ánh", "Bảo Long", "Thảo Vy"]


def names(count: int) -> str:
    """`count` lines, no two alike."""
    return "\n".join(f"Lê {NAMES[place % 5]} {chr(65 + place // 26)}{chr(97 + place % 26)}" for place in range(count))


def open_class(teacher: Any, organisation: Any, now: dt.datetime, name: str = "10A1", kind: str = "school") -> TrainingClass:
    return actions.create_class(
        key=uuid.uuid4(), teacher=teacher, name=name, kind=kind, organisation=organisation, starts_on=now.date(), ends_on=None,
        now=now,
    )  # fmt: skip


def add(training_class: TrainingClass, text: str, now: dt.datetime, **more: Any) -> actions.Added:
    """Preview and confirm."""
    plan = queries.roster_plan(training_class=training_class, text=text, keep_namesakes=more.get("keep_namesakes", False))
    return actions.add_learners(training_class=training_class, text=text, start=plan.start, now=now, **more)


def begin(learner: Any, part: Any, course: SimpleNamespace, at: dt.datetime) -> None:
    open_part(enrolment=enrol(learner=learner, course=course.page, now=at), part=part.translation_key, now=at)


def finish(learner: Any, course: SimpleNamespace, at: dt.datetime, parts: list[Any] | None = None) -> Any:
    """Complete the parts (all by default) of the course."""
    enrolment = enrol(learner=learner, course=course.page, now=at)
    for part in parts or [*course.lessons, course.quiz]:
        complete_part(enrolment=enrolment, part=part.translation_key, evidence={}, now=at)
    return enrolment


@pytest.fixture
def class_10a1(binh: Any, city: SimpleNamespace, now: dt.datetime) -> TrainingClass:
    """Bình's class with three pupils: Gia Hân, Minh Khôi, Ngọc Ánh."""
    made = open_class(binh, city.school, now)
    add(made, "Lê Gia Hân\nTrần Minh Khôi\nPhạm Ngọc Ánh", now)
    return made


@pytest.fixture
def week(now: dt.datetime) -> dt.datetime:
    """A week from now."""
    return now + dt.timedelta(days=7)
