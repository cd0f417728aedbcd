from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings

from courses import actions
from courses.models import Enrolment


@pytest.fixture(autouse=True)
def _clean_files() -> Iterator[None]:
    yield
    shutil.rmtree(Path(settings.STORAGES["private"]["OPTIONS"]["location"]), ignore_errors=True)


@pytest.fixture
def finish(course: SimpleNamespace, now: Any) -> Callable[..., Enrolment]:
    """Completes the course for a learner the way learners do: a question, two lessons, a passed quiz."""

    def complete(learner: Any, *, score: str = "8.50") -> Enrolment:
        enrolment = actions.enrol(learner=learner, course=course.page, now=now)
        first, second = course.lessons
        actions.answer_practice(enrolment=enrolment, lesson=first, question="q1", chosen=[1], now=now)
        actions.complete_lesson(enrolment=enrolment, lesson=first, now=now)
        actions.complete_lesson(enrolment=enrolment, lesson=second, now=now)
        actions.complete_part(
            enrolment=enrolment, part=course.quiz.translation_key, evidence={"attempt": "x"}, now=now, score10=Decimal(score)
        )
        return Enrolment.objects.select_related("learner", "course", "outline").get(pk=enrolment.pk)

    return complete
