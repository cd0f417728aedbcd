"""The city of invented learners: copies are what the actions leave, nothing of a template shows, and a seed is a city."""

from __future__ import annotations

import datetime as dt
import random
import re
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, models, transaction

from certificates.models import Certificate
from classes.models import Assignment, ClassMember, TrainingClass
from classes.statements import was_assigned
from courses.models import CoursePage, Enrolment
from lms.simulation.city import Simulation, Size
from lms.simulation.clone import TABLES, Ids, Learner, Writer, capture, clone, fields_of, ward_of
from lms.simulation.play import PATTERNS, Pattern, play
from lrs import vocabulary
from lrs.models import Statement
from people.models import Audience, Membership, Organisation, User
from quizzes.models import Attempt, Slot
from tests import world

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


# --- a copy is what the actions leave -------------------------------------------------------------------------------


def left_by(learner: User) -> dict[str, list[dict[str, Any]]]:
    """All that learning left of one person, by table and in order, with her and her rows' identities named alike."""
    [enrolment] = Enrolment.objects.filter(learner=learner)
    attempts = list(Attempt.objects.filter(enrolment=enrolment).order_by("number"))
    slots = list(Slot.objects.filter(attempt__in=attempts).order_by("attempt__number", "position"))
    names: dict[Any, str] = {learner.actor_id: "ACTOR", enrolment.pk: "ENROLMENT"}
    names |= {attempt.pk: f"ATTEMPT {attempt.number}" for attempt in attempts}
    numbers = {slot.pk: f"SLOT {place}" for place, slot in enumerate(slots)}
    for certificate in Certificate.objects.filter(enrolment=enrolment):
        names |= {certificate.pk: "CERTIFICATE", certificate.code: "CODE", learner.full_name: "NAME"}
    conditions: dict[str, dict[str, Any]] = {
        "Enrolment": {"pk": enrolment.pk},
        "Slot": {"attempt__in": attempts},
        "AnswerStep": {"slot__in": slots},
        "Statement": {"actor__endswith": str(learner.actor_id)},
    }
    found = {}
    for table in TABLES:
        rows = table._base_manager.filter(**conditions.get(table.__name__, {"enrolment": enrolment}))
        order = "seq" if table is Statement else "number" if table is Attempt else "pk"
        found[table.__name__] = [_named(table, row, names, numbers) for row in rows.order_by(order)]
    return found


def _named(table: type[models.Model], row: models.Model, names: dict[Any, str], numbers: dict[int, str]) -> dict[str, Any]:
    own = {row.statement_id: "STATEMENT"} if isinstance(row, Statement) else {}
    named = {}
    for column in fields_of(table):
        value = getattr(row, column.attname)
        if (table.__name__, column.attname) in {("Slot", "id"), ("AnswerStep", "slot_id")}:
            value = numbers[value]
        named[column.attname] = "LEARNER" if column.attname == "learner_id" else _replaced(value, {**names, **own})
    return named


def _replaced(value: Any, names: dict[Any, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(one, names) for key, one in value.items()}
    if isinstance(value, str):
        for old, name in names.items():
            value = value.replace(str(old), name)
        return value
    return names.get(value, value) if isinstance(value, uuid.UUID) else value


def copy_for(learner: User, course: CoursePage, pattern: Pattern, start: dt.datetime, seed: int, **fields: Any) -> None:
    """What `play` would leave, through a template played three weeks earlier."""
    template = capture(course=course, pattern=pattern, start=start - dt.timedelta(days=21, minutes=7), seed=seed)
    writer, slots = Writer(), Ids(Slot)
    who = Learner(
        user_id=learner.pk, actor=learner.actor_id, full_name=learner.full_name, audience=learner.audience,
        minor=learner.is_minor(start.date()), **fields,
    )  # fmt: skip
    clone(template=template, learner=who, start=start, writer=writer, slots=slots, rng=random.Random(1))
    writer.flush()
    slots.settle()


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_a_copy_leaves_what_the_actions_leave(pattern: Pattern, course: SimpleNamespace, now: dt.datetime) -> None:
    start = now - dt.timedelta(days=30)
    played = world.make_user("an", "Nguyễn Thị An", birth_year=1956)
    copied = world.make_user("hoa", "Lê Thị Hoa", birth_year=2014)
    play(learner=played, course=course.page, pattern=pattern, start=start, seed=7)
    copy_for(copied, course.page, pattern, start, 7)
    wanted, found = left_by(played), left_by(copied)
    for certificate in [*wanted["Certificate"], *found["Certificate"]]:
        minor = certificate.pop("minor")
        assert minor == (certificate in found["Certificate"])
    assert found == wanted
    assert wanted["Statement"] and wanted["Visit"]


def test_a_copy_is_frozen_to_the_agency_and_its_ward(city: SimpleNamespace, course: SimpleNamespace, now: dt.datetime) -> None:
    start = now - dt.timedelta(days=30)
    played = world.make_user("an", "Nguyễn Thị An", birth_year=1980, audience=Audience.STAFF)
    copied = world.make_user("hoa", "Lê Thị Hoa", birth_year=1981, audience=Audience.STAFF)
    for user in (played, copied):
        world.join(user, city.clinic)
    passes = next(one for one in PATTERNS if one.name == "passes")
    play(learner=played, course=course.page, pattern=passes, start=start, seed=3, organisation=city.clinic, source="class")
    wards = {city.ward.path: city.ward.pk}
    copy_for(copied, course.page, passes, start, 3, organisation=city.clinic.pk, ward=ward_of(city.clinic, wards), source="class")
    found = left_by(copied)
    assert found == left_by(played)
    assert (found["Enrolment"][0]["organisation_id"], found["Enrolment"][0]["ward_id"]) == (city.clinic.pk, city.ward.pk)


def test_playing_a_template_leaves_nothing(course: SimpleNamespace, now: dt.datetime) -> None:
    capture(course=course.page, pattern=PATTERNS[-1], start=now, seed=1)
    assert not User.objects.exists()
    assert not any(table._base_manager.exists() for table in TABLES)


# --- a city ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def courses(city: SimpleNamespace) -> list[CoursePage]:
    """One for each audience that the city has."""
    audiences = {"CD-1": Audience.PUBLIC, "CB-1": Audience.STAFF, "HS-1": Audience.PUPIL}
    return [world.make_course(code, f"Khóa {code}", audience=audience).page for code, audience in audiences.items()]


def test_a_city_holds_together(courses: list[CoursePage]) -> None:
    call_command("simulate", learners=40, classes=4, days=60, seed=5, verbosity=0)
    connection.check_constraints()
    learners = User.objects.filter(username__startswith="sim5-").exclude(username__startswith="sim5-gv")
    assert learners.count() == 40 and TrainingClass.objects.count() == 4
    assert all(learner.name_folded for learner in learners)

    tables: list[type[models.Model]] = [Enrolment, Attempt, Certificate, TrainingClass]
    known = {str(one) for table in tables for one in table._base_manager.values_list("pk", flat=True)}
    known |= {str(one) for one in User.objects.values_list("actor_id", flat=True)}
    known |= {str(one) for one in Statement.objects.values_list("statement_id", flat=True)}
    known |= {str(page.translation_key) for course in courses for page in [course, *course.get_children()]}
    for statement in Statement.objects.all():
        assert set(UUID.findall(statement.document)) <= known
        assert str(statement.statement_id) in statement.document
        assert UUID.findall(statement.actor)[0] in statement.document
        assert statement.timestamp.astimezone(dt.UTC).isoformat() in statement.document
    assert Statement.objects.values("statement_id").distinct().count() == Statement.objects.count()

    members = ClassMember.objects.select_related("learner")
    assert members.exists()
    for member in members:
        enrolment = Enrolment.objects.get(learner=member.learner, source="class")
        assignment = Assignment.objects.get(training_class=member.training_class)
        wanted = was_assigned(assignment, None, enrolment, assignment.assigned_at)
        kept = Statement.objects.get(statement_id=wanted.statement_id)
        names = [one.attname for one in fields_of(Statement)]
        assert [getattr(kept, name) for name in names] == [getattr(wanted, name) for name in names]
        assert enrolment.organisation_id == member.training_class.organisation_id
    assert Statement.objects.filter(verb=vocabulary.WAS_ASSIGNED.iri).count() == members.count()
    # The database goes on counting where the city stopped.
    assert world.make_user("an", "Nguyễn Thị An").pk > learners.order_by("-pk")[0].pk


def city_of(seed: int, now: dt.datetime) -> tuple[Any, ...]:
    """Names, places and counts of a city that is not kept."""
    with transaction.atomic():
        Simulation(size=Size(learners=30, classes=3, days=60, seed=seed), now=now, say=lambda _text: None).run()
        people = list(User.objects.order_by("pk").values_list("username", "full_name", "birth_year", "actor_id"))
        places = list(Membership.objects.order_by("user_id").values_list("user__username", "organisation__code"))
        enrolments = Enrolment.objects.order_by("learner_id", "number", "id")
        studied = list(enrolments.values_list("id", "course__code", "enrolled_at", "score"))
        counts = {table.__name__: table._base_manager.count() for table in (*TABLES, ClassMember, Organisation)}
        transaction.set_rollback(True)
    return people, places, studied, counts


def test_a_seed_is_a_city(courses: list[CoursePage], now: dt.datetime) -> None:
    first, second, other = city_of(3, now), city_of(3, now), city_of(4, now)
    assert first[0] and [row[:2] + row[3:] for row in first[0]] == [row[:2] + row[3:] for row in second[0]]
    assert first[1:] == second[1:]
    assert first[0] != other[0]


def test_the_same_seed_is_made_once(courses: list[CoursePage]) -> None:
    world.make_user("sim8-0", "Lê Văn Nam")
    with pytest.raises(CommandError, match="seed 8"):
        call_command("simulate", learners=3, classes=0, seed=8)
    assert not Enrolment.objects.exists()


def test_no_city_is_made_where_the_demo_is_not_allowed(settings: Any, courses: list[CoursePage]) -> None:
    settings.DEMO_ALLOWED = False
    with pytest.raises(CommandError, match="DEMO_ALLOWED"):
        call_command("simulate", learners=3, classes=0, seed=9)
    with pytest.raises(CommandError, match="DEMO_ALLOWED"):
        call_command("setup_demo", learners=3)
    assert not User.objects.exists()


def test_a_large_city_may_leave_its_statements_out(courses: list[CoursePage]) -> None:
    """Everything else is there as in a city with them, and the organisations that were asked for."""

    def left(**more: Any) -> dict[str, int]:
        with transaction.atomic():
            call_command("simulate", learners=40, classes=4, days=60, seed=5, verbosity=0, **more)
            connection.check_constraints()
            found = {table.__name__: table._base_manager.count() for table in (*TABLES, ClassMember, Membership, Assignment)}
            transaction.set_rollback(True)
        return found

    whole, lean = left(), left(without_statements=True)
    # What gave a class its course is said once a class, by the action itself.
    assert whole.pop("Statement") > 40 and lean.pop("Statement") == 4
    assert lean == whole and lean["Completion"]
    call_command("simulate", learners=40, classes=4, days=60, seed=6, verbosity=0, organisations=90, without_statements=True)
    assert Organisation.objects.count() == 90 and Organisation.find_problems() == ([], [], [], [], [])
    assert Membership.objects.filter(organisation__kind="unit").exists()
