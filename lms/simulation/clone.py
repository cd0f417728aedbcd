"""Copies of what a play left, for many learners, by set-based writes.

A template is the rows one learner's play left, read back from the database. For each new learner the identities in them
(learner, enrolment, attempt, certificate, actor) are replaced, what is frozen from the person is set, and every moment is
moved by the same span. Nothing here knows what an action does: when actions leave other rows, so do the copies.
"""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction

from certificates.codes import new_code
from certificates.models import Certificate
from certificates.queries import public_url
from courses.actions import pin_outline
from courses.models import Completion, CoursePage, Enrolment, EnrolmentSource, PracticeAnswer, Visit
from lms.simulation.play import Pattern, play
from lrs.models import Statement
from people.models import Organisation, User
from quizzes.models import AnswerStep, Attempt, Slot

TABLES: tuple[type[models.Model], ...] = (
    Enrolment, Visit, PracticeAnswer, Completion, Attempt, Slot, AnswerStep, Certificate, Statement,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Template:
    """The rows of one play as saved field values, by table, and who is in them."""

    course: CoursePage
    pattern: Pattern
    start: dt.datetime
    actor: uuid.UUID
    enrolment: uuid.UUID
    attempts: tuple[uuid.UUID, ...]
    certificates: tuple[tuple[uuid.UUID, str, str], ...]  # id, code, public address
    rows: dict[type[models.Model], list[dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class Learner:
    """Whom a copy is for. `organisation` and `ward` are ids and are frozen on the enrolment."""

    user_id: int
    actor: uuid.UUID
    full_name: str
    audience: str
    minor: bool = False
    organisation: int | None = None
    ward: int | None = None
    source: str = EnrolmentSource.SELF


def capture(*, course: CoursePage, pattern: Pattern, start: dt.datetime, seed: int) -> Template:
    """Let a passer-by play, read what is left, and undo it."""
    pin_outline(course=course, now=start)  # stays: copies refer to it
    with transaction.atomic():
        learner = User.objects.create_user(username=f"template-{uuid.uuid4().hex}", full_name="Người Mẫu", birth_year=1980)
        enrolment = play(learner=learner, course=course, pattern=pattern, start=start, seed=seed)
        template = _read(learner, enrolment, pattern, start)
        transaction.set_rollback(True)
    return template


def _read(learner: User, enrolment: Enrolment, pattern: Pattern, start: dt.datetime) -> Template:
    attempts = list(Attempt.objects.filter(enrolment=enrolment).order_by("number"))
    certificates = list(Certificate.objects.filter(enrolment=enrolment))
    found: dict[type[models.Model], Iterable[models.Model]] = {
        Enrolment: [enrolment],
        Visit: Visit.objects.filter(enrolment=enrolment).order_by("pk"),
        PracticeAnswer: PracticeAnswer.objects.filter(enrolment=enrolment).order_by("pk"),
        Completion: Completion.objects.filter(enrolment=enrolment).order_by("pk"),
        Attempt: attempts,
        Slot: Slot.objects.filter(attempt__in=attempts).order_by("pk"),
        AnswerStep: AnswerStep.objects.filter(slot__attempt__in=attempts).order_by("pk"),
        Certificate: certificates,
        Statement: Statement.objects.filter(actor__endswith=str(learner.actor_id)).order_by("seq"),
    }
    return Template(
        course=enrolment.course, pattern=pattern, start=start, actor=learner.actor_id, enrolment=enrolment.pk,
        attempts=tuple(one.pk for one in attempts),
        certificates=tuple((one.pk, one.code, public_url(one)) for one in certificates),
        rows={
            table: [{one.attname: getattr(row, one.attname) for one in table._meta.concrete_fields} for row in rows]
            for table, rows in found.items()
        },
    )  # fmt: skip


@dataclass
class Writer:
    """Collects rows by table and writes them in large batches."""

    batch: int = 20_000
    kept: dict[type[models.Model], list[tuple[Any, ...]]] = field(default_factory=dict)
    count: int = 0

    def add(self, table: type[models.Model], values: dict[str, Any]) -> None:
        self.kept.setdefault(table, []).append(tuple(values.values()))
        self.count += 1

    def full(self) -> bool:
        return sum(len(rows) for rows in self.kept.values()) >= self.batch

    def flush(self) -> None:
        """Parents before children; one transaction a batch."""
        order = [User, *TABLES]
        with transaction.atomic():
            for table in sorted(self.kept, key=lambda one: order.index(one) if one in order else -1):
                _write(table, self.kept[table])
        self.kept.clear()


def fields_of(table: type[models.Model]) -> list[models.Field[Any, Any]]:
    """The columns that are written: all, but keys that the database gives and nobody refers to."""
    given = {Visit, PracticeAnswer, Completion, AnswerStep, Statement}
    return [one for one in table._meta.concrete_fields if not (table in given and one.primary_key)]


def _write(table: type[models.Model], rows: Sequence[tuple[Any, ...]]) -> None:
    columns = fields_of(table)
    names = ", ".join(connection.ops.quote_name(str(one.column)) for one in columns)
    target = connection.ops.quote_name(table._meta.db_table)
    prepare: list[Callable[[Any], Any]] = [lambda value, one=one: one.get_db_prep_save(value, connection) for one in columns]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f"COPY {target} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row([_plain(make(value)) for make, value in zip(prepare, row, strict=True)])
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(
                f"INSERT INTO {target} ({names}) VALUES ({marks})",  # noqa: S608  names are our own models'
                [[make(value) for make, value in zip(prepare, row, strict=True)] for row in rows],
            )


def _plain(value: Any) -> Any:
    """COPY takes text for JSON; psycopg's wrapper is for parameters."""
    return value.dumps(value.obj) if hasattr(value, "dumps") and hasattr(value, "obj") else value


class Ids:
    """Numbers for rows that others refer to, beyond what the table holds; `settle` tells the database where we stopped."""

    def __init__(self, table: type[models.Model]) -> None:
        self.table = table
        self.last = table._base_manager.aggregate(last=models.Max("pk"))["last"] or 0

    def next(self) -> int:
        self.last += 1
        return int(self.last)

    def settle(self) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [self.table._meta.db_table, max(self.last, 1)]
                )


def clone(
    *, template: Template, learner: Learner, start: dt.datetime, writer: Writer, slots: Ids, rng: random.Random
) -> uuid.UUID:
    """Add the copies of `template` for `learner`, begun at `start`, to `writer`. Returns the enrolment's id."""
    span = start - template.start
    ids: dict[Any, Any] = {template.enrolment: _uuid(rng), template.actor: learner.actor}
    ids.update({attempt: _uuid(rng) for attempt in template.attempts})
    words = [(str(old), str(new)) for old, new in ids.items()]
    codes: dict[str, str] = {}
    for key, code, address in template.certificates:
        ids[key], codes[code] = _uuid(rng), new_code()
        words += [(str(key), str(ids[key])), (address, address.replace(code, codes[code]))]
    slot_ids = {row["id"]: slots.next() for row in template.rows[Slot]}
    for table in TABLES:
        names = [one.attname for one in fields_of(table)]
        for row in template.rows[table]:
            values = {name: _moved(row[name], span, ids) for name in names}
            _personal(table, values, row, learner, ids, words, codes, slot_ids, span)
            writer.add(table, values)
    return ids[template.enrolment]  # type: ignore[no-any-return]


def _moved(value: Any, span: dt.timedelta, ids: dict[Any, Any]) -> Any:
    if isinstance(value, dt.datetime):
        return value + span
    if isinstance(value, uuid.UUID):
        return ids.get(value, value)
    return value


def _personal(
    table: type[models.Model], values: dict[str, Any], row: dict[str, Any], learner: Learner, ids: dict[Any, Any],
    words: list[tuple[str, str]], codes: dict[str, str], slot_ids: dict[int, int], span: dt.timedelta,
) -> None:  # fmt: skip
    if table is Enrolment:
        values.update(
            learner_id=learner.user_id, audience=learner.audience, organisation_id=learner.organisation,
            ward_id=learner.ward, source=learner.source,
        )  # fmt: skip
    elif table is Completion:
        values["evidence"] = {
            name: str(ids.get(uuid.UUID(value), value)) if name == "attempt" else value for name, value in row["evidence"].items()
        }
    elif table is Slot:
        values["id"] = slot_ids[row["id"]]
    elif table is AnswerStep:
        values["slot_id"] = slot_ids[row["slot_id"]]
    elif table is Certificate:
        values.update(code=codes[row["code"]], full_name=learner.full_name, minor=learner.minor, audience=learner.audience)
    elif table is Statement:
        values["statement_id"] = uuid.uuid5(row["statement_id"], str(values["registration"]))
        values["actor"] = f"{settings.XAPI_HOME}|{learner.actor}"
        values["activity"] = _replaced(row["activity"], words)
        values["document"] = _replaced(
            row["document"],
            [
                *words,
                (str(row["statement_id"]), str(values["statement_id"])),
                (row["timestamp"].astimezone(dt.UTC).isoformat(), (row["timestamp"] + span).astimezone(dt.UTC).isoformat()),
            ],
        )


def _replaced(text: str, words: Iterable[tuple[str, str]]) -> str:
    for old, new in words:
        text = text.replace(old, new)
    return text


def _uuid(rng: random.Random) -> uuid.UUID:
    return uuid.UUID(int=rng.getrandbits(128), version=4)


def ward_of(organisation: Organisation, wards: dict[str, int]) -> int | None:
    """The ward an organisation is or lies under. `wards` maps path to id."""
    step = Organisation.steplen
    for length in range(len(organisation.path), 0, -step):
        if organisation.path[:length] in wards:
            return wards[organisation.path[:length]]
    return None
