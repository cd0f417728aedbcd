"""The statements about giving work, compared with golden files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from classes import actions
from lrs import vocabulary as v
from lrs.models import Statement

GOLDEN = Path(__file__).parent / "golden"


def shape(statement: Statement, known: dict[str, str]) -> dict:
    text = statement.document
    for value, word in known.items():
        text = text.replace(value, word)
    return json.loads(re.sub(r'"id":"[0-9a-f-]{36}"', '"id":"<id>"', text))


@pytest.mark.parametrize("which", ["course", "part"])
def test_giving_work_is_recorded_for_the_teacher_and_each_learner(class_10a1, course, binh, week, now, which):
    lesson = course.lessons[0]
    part = lesson.translation_key if which == "part" else None
    actions.assign(training_class=class_10a1, teacher=binh, course=course.page, part=part, due_at=week, now=now)
    pupil = class_10a1.members.get(number=1).learner
    known = {
        str(binh.actor_id): "<teacher>", str(pupil.actor_id): "<learner>", str(class_10a1.pk): "<class>",
        str(course.page.translation_key): "<course>", str(lesson.translation_key): "<lesson>",
        str(pupil.enrolments.get().pk): "<registration>",
    }  # fmt: skip
    assigned = Statement.objects.get(verb=v.ASSIGNED.iri)
    was_assigned = Statement.objects.get(verb=v.WAS_ASSIGNED.iri, actor__endswith=str(pupil.actor_id))
    assert shape(assigned, known) == json.loads((GOLDEN / f"assigned-{which}.json").read_text(encoding="utf-8"))
    assert shape(was_assigned, known) == json.loads((GOLDEN / f"was-assigned-{which}.json").read_text(encoding="utf-8"))


def test_everybody_in_the_class_has_one_and_joining_late_adds_one(class_10a1, course, an, binh, week, now):
    actions.assign(training_class=class_10a1, teacher=binh, course=course.page, part=None, due_at=week, now=now)
    assert Statement.objects.filter(verb=v.WAS_ASSIGNED.iri).count() == 3
    actions.join(learner=an, code=class_10a1.join_code, now=now)
    actions.join(learner=an, code=class_10a1.join_code, now=now)
    assert Statement.objects.filter(verb=v.WAS_ASSIGNED.iri).count() == 4
    assert Statement.objects.filter(verb=v.ASSIGNED.iri).count() == 1


def test_no_statement_says_what_the_class_or_anybody_is_called(class_10a1, course, binh, week, now):
    class_10a1.name = "Lớp cô Bình"
    class_10a1.save()
    actions.assign(training_class=class_10a1, teacher=binh, course=course.page, part=None, due_at=week, now=now)
    everything = " ".join(Statement.objects.values_list("document", flat=True))
    for secret in ("Bình", "Hân", "example.com", class_10a1.join_code.replace("-", "").lower()):
        assert secret not in everything
