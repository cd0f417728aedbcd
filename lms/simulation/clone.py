"""Copies of what a play left, for many learners, by set-based writes.

A template is the rows one learner's play left, read back from the database. For each new learner the identities in them
(learner, enrolment, attempt, certificate, actor) are replaced, what is frozen from the person is set, and every moment is
moved by the same span. Nothing here knows what an action does: when actions leave other rows, so do the copies.

To copy fast, a template is laid out once: every cell of its rows, and every piece of its texts, is a place in a pool of
values. A copy fills the pool with what is its own and picks each row out of it in one step.
"""

from __future__ import annotations

import datetime as dt
import random
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction

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

Table = type[models.Model]
Pick = Callable[[Sequence[Any]], tuple[Any, ...]]


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


# --- what a play left -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Played:
    """The rows of one play by table, and who is in them."""

    course: CoursePage
    pattern: Pattern
    start: dt.datetime
    actor: uuid.UUID
    enrolment: uuid.UUID
    attempts: tuple[uuid.UUID, ...]
    certificates: tuple[tuple[uuid.UUID, str, str], ...]  # id, code, public address
    rows: dict[Table, list[models.Model]]


def capture(*, course: CoursePage, pattern: Pattern, start: dt.datetime, seed: int, statements: bool = True) -> Template:
    """Let a passer-by play, read what is left, and undo it. Without `statements` copies leave all but those."""
    pin_outline(course=course, now=start)  # stays: copies refer to it
    with transaction.atomic():
        learner = User.objects.create_user(username=f"template-{uuid.uuid4().hex}", full_name="Người Mẫu", birth_year=1980)
        enrolment = play(learner=learner, course=course, pattern=pattern, start=start, seed=seed)
        played = _read(learner, enrolment, pattern, start)
        if not statements:
            played.rows[Statement] = []
        transaction.set_rollback(True)
    return lay_out(played)


def _read(learner: User, enrolment: Enrolment, pattern: Pattern, start: dt.datetime) -> Played:
    attempts = list(Attempt.objects.filter(enrolment=enrolment).order_by("number"))
    certificates = list(Certificate.objects.filter(enrolment=enrolment))
    found: dict[Table, Iterable[models.Model]] = {
        # Read again: what is written is what the database keeps.
        Enrolment: Enrolment.objects.filter(pk=enrolment.pk),
        Visit: Visit.objects.filter(enrolment=enrolment).order_by("pk"),
        PracticeAnswer: PracticeAnswer.objects.filter(enrolment=enrolment).order_by("pk"),
        Completion: Completion.objects.filter(enrolment=enrolment).order_by("pk"),
        Attempt: attempts,
        Slot: Slot.objects.filter(attempt__in=attempts).order_by("pk"),
        AnswerStep: AnswerStep.objects.filter(slot__attempt__in=attempts).order_by("pk"),
        Certificate: certificates,
        Statement: Statement.objects.filter(actor=_actor(learner.actor_id)).order_by("seq"),
    }
    return Played(
        course=enrolment.course, pattern=pattern, start=start, actor=learner.actor_id, enrolment=enrolment.pk,
        attempts=tuple(one.pk for one in attempts),
        certificates=tuple((one.pk, one.code, public_url(one)) for one in certificates),
        rows={table: list(rows) for table, rows in found.items()},
    )  # fmt: skip


# --- laying out -----------------------------------------------------------------------------------------------------

# Frozen from the person, in the order in which `clone` fills them in.
_OWN = ("learner_id", "audience", "organisation_id", "ward_id", "source", "full_name", "minor", "actor")
_FROZEN: dict[Table, tuple[str, ...]] = {
    Enrolment: ("learner_id", "audience", "organisation_id", "ward_id", "source"),
    Certificate: ("full_name", "minor", "audience"),
    Statement: ("actor",),
}
# Texts that name identities and moments of the play.
_TEXTS: dict[Table, tuple[str, ...]] = {Completion: ("evidence",), Statement: ("activity", "document")}


@dataclass(frozen=True, kw_only=True)
class Template:
    """A play laid out for copying. `texts` pick from the pool of words, `rows` from the pool of cells."""

    course: CoursePage
    pattern: Pattern
    start: dt.datetime
    moments: tuple[dt.datetime, ...]
    attempts: int
    certificates: tuple[tuple[str, str], ...]  # code, public address
    slots: int
    statements: tuple[uuid.UUID, ...]
    texts: tuple[Pick, ...]
    pieces: tuple[str, ...]
    rows: tuple[tuple[Table, tuple[Pick, ...]], ...]
    constants: tuple[Any, ...]


class Pool:
    """Places of values, by what they are; what is not known beforehand is a constant and gets a place behind."""

    def __init__(self, own: Iterable[Any]) -> None:
        self.places = {key: place for place, key in enumerate(own)}
        self.first = len(self.places)
        self.constants: list[Any] = []

    def constant(self, value: Any) -> int:
        self.constants.append(value)
        return self.first + len(self.constants) - 1


def lay_out(played: Played) -> Template:
    rows = played.rows
    moments = list(dict.fromkeys(
        value for some in rows.values() for row in some for value in vars(row).values() if isinstance(value, dt.datetime)
    ))  # fmt: skip
    keys = [played.enrolment, *played.attempts, *(key for key, _code, _address in played.certificates)]
    codes = [code for _key, code, _address in played.certificates]
    statements = [row.statement_id for row in rows[Statement]]  # type: ignore[attr-defined]
    words = Pool([
        *map(str, keys), str(played.actor), *(address for _key, _code, address in played.certificates),
        *map(str, statements), *map(_utc, moments),
    ])  # fmt: skip
    places = [(table, number, name) for table, names in _TEXTS.items() for number in range(len(rows[table])) for name in names]
    cut = _cutter(words)
    texts = [cut(str(_ready(table, name, getattr(rows[table][number], name)))) for table, number, name in places]
    cells = Pool([
        *(("moment", one) for one in moments), *(("key", one) for one in keys), *(("code", one) for one in codes),
        *(("slot", one.pk) for one in rows[Slot]), *(("statement", one) for one in statements),
        *(("text", *place) for place in places), *(("own", name) for name in _OWN),
    ])  # fmt: skip
    return Template(
        course=played.course, pattern=played.pattern, start=played.start, moments=tuple(moments), attempts=len(played.attempts),
        certificates=tuple((code, address) for _key, code, address in played.certificates), slots=len(rows[Slot]),
        statements=tuple(statements), texts=tuple(texts), pieces=tuple(words.constants),
        rows=tuple((table, tuple(_row(table, at, row, cells) for at, row in enumerate(rows[table]))) for table in TABLES),
        constants=tuple(cells.constants),
    )  # fmt: skip


def _cutter(words: Pool) -> Callable[[str], Pick]:
    """Cuts texts at the pool's words; what is between them becomes constants."""
    # Of two words that begin alike the longer one is meant.
    pattern = re.compile(f"({'|'.join(map(re.escape, sorted(words.places, key=len, reverse=True)))})")

    def cut(text: str) -> Pick:
        parts = [part for part in pattern.split(text) if part]
        places = [words.places[part] if part in words.places else words.constant(part) for part in parts]
        # itemgetter gives a tuple from two places on.
        return itemgetter(*places, *[words.constant("")] * (2 - len(places)))

    return cut


def _row(table: Table, number: int, row: models.Model, cells: Pool) -> Pick:
    return itemgetter(*(_cell(table, number, row, one, cells) for one in fields_of(table)))


def _cell(table: Table, number: int, row: models.Model, column: models.Field[Any, Any], cells: Pool) -> int:
    name, value = column.attname, getattr(row, column.attname)
    if name in _FROZEN.get(table, ()):
        return cells.places["own", name]
    candidates: list[tuple[Any, ...]] = [("text", table, number, name)]
    if isinstance(value, dt.datetime):
        candidates.append(("moment", value))
    elif isinstance(value, uuid.UUID):
        candidates += [("key", value), ("statement", value)]
    elif (table, name) in {(Slot, "id"), (AnswerStep, "slot_id")}:
        candidates.append(("slot", value))
    elif (table, name) == (Certificate, "code"):
        candidates.append(("code", value))
    found = next((cells.places[one] for one in candidates if one in cells.places), None)
    return cells.constant(_ready(table, name, value)) if found is None else found


def _actor(key: uuid.UUID) -> str:
    """As the ledger's column names an actor."""
    return f"{settings.XAPI_HOME}|{key}"


def _utc(moment: dt.datetime) -> str:
    """As statements write it."""
    return moment.astimezone(dt.UTC).isoformat()


# --- copying --------------------------------------------------------------------------------------------------------


def clone(
    *, template: Template, learner: Learner, start: dt.datetime, writer: Writer, slots: Ids, rng: random.Random
) -> uuid.UUID:
    """Add the copies of `template` for `learner`, begun at `start`, to `writer`. Returns the enrolment's id."""
    span = start - template.start
    keys = [_uuid(rng) for _key in range(1 + template.attempts + len(template.certificates))]
    codes = [new_code() for _certificate in template.certificates]
    moments = [moment + span for moment in template.moments]
    # A statement's id follows from the one copied and from who it is for, as from the act itself in a play.
    registration = str(keys[0])
    statements = [uuid.uuid5(one, registration) for one in template.statements]
    words = [
        *map(str, keys), str(learner.actor),
        *(address.replace(old, new) for (old, address), new in zip(template.certificates, codes, strict=True)),
        *map(str, statements), *map(_utc, moments), *template.pieces,
    ]  # fmt: skip
    cells = [
        *map(_moment_ready, moments), *map(_uuid_ready, keys), *codes, *slots.take(template.slots),
        *map(_uuid_ready, statements), *("".join(pick(words)) for pick in template.texts),
        learner.user_id, str(learner.audience), learner.organisation, learner.ward, str(learner.source), learner.full_name,
        learner.minor, _actor(learner.actor), *template.constants,
    ]  # fmt: skip
    for table, picks in template.rows:
        writer.add(table, [pick(cells) for pick in picks])
    return keys[0]


class Handout:
    """A statement that many receive: only its id, the actor and the registration differ."""

    def __init__(self, statement: Statement, actor: uuid.UUID) -> None:
        words = Pool([str(statement.statement_id), str(actor), str(statement.registration)])
        self.text = _cutter(words)(statement.document)
        self.pieces = words.constants
        self.row = ready(statement)
        names = [one.attname for one in fields_of(Statement)]
        self.places = [names.index(name) for name in ("statement_id", "document", "actor", "registration")]

    def to(self, *, identity: uuid.UUID, actor: uuid.UUID, registration: uuid.UUID) -> tuple[Any, ...]:
        words = [str(identity), str(actor), str(registration), *self.pieces]
        own = [_uuid_ready(identity), "".join(self.text(words)), _actor(actor), _uuid_ready(registration)]
        row = list(self.row)
        for place, value in zip(self.places, own, strict=True):
            row[place] = value
        return tuple(row)


def _uuid(rng: random.Random) -> uuid.UUID:
    return uuid.UUID(int=rng.getrandbits(128), version=4)


def ward_of(organisation: Organisation, wards: dict[str, int]) -> int | None:
    """The ward an organisation is or lies under. `wards` maps path to id."""
    step = Organisation.steplen
    for length in range(len(organisation.path), 0, -step):
        if organisation.path[:length] in wards:
            return wards[organisation.path[:length]]
    return None


# --- writing --------------------------------------------------------------------------------------------------------


@dataclass
class Writer:
    """Collects rows by table, ready for the database, and writes them in large batches."""

    batch: int = 50_000
    kept: dict[Table, list[tuple[Any, ...]]] = field(default_factory=dict)
    waiting: int = 0
    count: int = 0

    def add(self, table: Table, rows: list[tuple[Any, ...]]) -> None:
        self.kept.setdefault(table, []).extend(rows)
        self.waiting += len(rows)
        self.count += len(rows)

    def full(self) -> bool:
        return self.waiting >= self.batch

    def flush(self) -> None:
        """Parents before children; one transaction a batch."""
        order = [User, *TABLES]
        with transaction.atomic():
            for table in sorted(self.kept, key=lambda one: order.index(one) if one in order else -1):
                _write(table, self.kept[table])
        self.kept.clear()
        self.waiting = 0


def fields_of(table: Table) -> list[models.Field[Any, Any]]:
    """The columns that are written: all, but keys that the database gives and nobody refers to."""
    given = {Visit, PracticeAnswer, Completion, AnswerStep, Statement}
    return [one for one in table._meta.concrete_fields if not (table in given and one.primary_key)]


def ready(row: models.Model) -> tuple[Any, ...]:
    """The row of an unsaved object for Writer.add."""
    table = type(row)
    return tuple(_ready(table, one.attname, getattr(row, one.attname)) for one in fields_of(table))


def _ready(table: Table, name: str, value: Any) -> Any:
    return _plain(table._meta.get_field(name).get_db_prep_save(value, connection))  # type: ignore[union-attr]


_MOMENT, _UUID = models.DateTimeField(), models.UUIDField()


def _moment_ready(value: dt.datetime) -> Any:
    return _MOMENT.get_db_prep_save(value, connections[DEFAULT_DB_ALIAS])


def _uuid_ready(value: uuid.UUID) -> Any:
    return _UUID.get_db_prep_save(value, connections[DEFAULT_DB_ALIAS])


def _plain(value: Any) -> Any:
    """COPY takes text for JSON; psycopg's wrapper is for parameters."""
    return value.dumps(value.obj) if hasattr(value, "dumps") and hasattr(value, "obj") else value


def _write(table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    columns = fields_of(table)
    names = ", ".join(connection.ops.quote_name(str(one.column)) for one in columns)
    target = connection.ops.quote_name(table._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f"COPY {target} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {target} ({names}) VALUES ({marks})", rows)  # noqa: S608  names are our own models'


class Ids:
    """Numbers for rows that others refer to, beyond what the table holds; `settle` tells the database where we stopped."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.last = table._base_manager.aggregate(last=models.Max("pk"))["last"] or 0

    def take(self, count: int) -> range:
        first = self.last + 1
        self.last += count
        return range(first, first + count)

    def next(self) -> int:
        return self.take(1)[0]

    def settle(self) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [self.table._meta.db_table, max(self.last, 1)]
                )
