"""Reads that are asked at every request: Django writes their SQL once, not each time.

Putting an ORM query into words costs ten times what SQLite needs to answer it, and the words are always the same
(docs/decisions/0019). What is read is still said by a plain queryset; a test compares the two on both databases.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connections, router
from django.db.models import QuerySet

# Two values of each type: where the parameters of the two differ, the value of the call goes.
_SAMPLES: dict[type, tuple[Any, Any]] = {
    int: (1, 2),
    str: ("a", "b"),
    uuid.UUID: (uuid.UUID(int=1), uuid.UUID(int=2)),
    dt.date: (dt.date(2000, 1, 1), dt.date(2000, 1, 2)),
    dt.datetime: (dt.datetime(2000, 1, 1, tzinfo=dt.UTC), dt.datetime(2000, 1, 2, tzinfo=dt.UTC)),
}


@dataclass(frozen=True)
class _Written:
    """The words of one read for one database. `places` says which parameters are whose; the rest never change."""

    rows: Any
    compiler: Any
    sql: str
    params: tuple[Any, ...]
    places: tuple[tuple[int, str], ...]
    # How the database's values become ours, for each connection.
    converters: WeakKeyDictionary[Any, Any] = field(default_factory=WeakKeyDictionary)


class Prepared:
    """`read` with its SQL kept for each database. `kinds` are the types of its arguments: int, str, UUID, date or datetime.

    `read` must say the same question whatever it is given: no branch on a value, no list of changing length, no None,
    no prefetch. ValueError when an argument leaves no trace in the SQL or changes it.
    """

    def __init__(self, read: Callable[..., QuerySet[Any]], **kinds: type) -> None:
        self.read, self.kinds = read, kinds
        self._model: Any = None
        self._written: dict[str, _Written] = {}

    def __call__(self, **values: Any) -> list[Any]:
        """The rows as `read` would give them: objects, or tuples where it ends in values_list()."""
        alias = router.db_for_read(self._model) if self._model else ""
        written = self._written.get(alias) or self._write()
        connection = connections[written.rows.db]
        params = list(written.params)
        for place, name in written.places:
            params[place] = _adapted(values[name], connection)

        def converters(expressions: Any) -> Any:
            if connection not in written.converters:
                written.converters[connection] = type(compiler).get_converters(compiler, expressions)
            return written.converters[connection]

        compiler = _twin(written.compiler)
        compiler.connection, compiler.get_converters = connection, converters
        compiler.as_sql = lambda *_args, **_more: (written.sql, tuple(params))
        query = _twin(written.rows.query)
        query.get_compiler = lambda *_args, **_more: compiler
        rows: Any = written.rows.__class__(model=written.rows.model, query=query, using=written.rows.db)
        rows._fields = written.rows._fields
        return list(written.rows._iterable_class(rows))

    def _write(self) -> _Written:
        plain = {name: _SAMPLES[kind][0] for name, kind in self.kinds.items()}
        rows = self.read(**plain)
        compiler = rows.query.get_compiler(using=rows.db)
        sql, params = compiler.as_sql()
        places: list[tuple[int, str]] = []
        for name, kind in self.kinds.items():
            other_sql, other = self._said({**plain, name: _SAMPLES[kind][1]}, rows.db)
            changed = [place for place, pair in enumerate(zip(params, other, strict=True)) if pair[0] != pair[1]]
            first = _adapted(plain[name], connections[rows.db])
            if other_sql != sql or not changed or any(params[place] != first for place in changed):
                raise ValueError(f"a prepared read must put {name} into its parameters as it is, and nowhere else")
            places += [(place, name) for place in changed]
        written = _Written(rows, compiler, sql, tuple(params), tuple(places))
        self._model, self._written[rows.db] = rows.model, written
        return written

    def _said(self, values: dict[str, Any], alias: str) -> tuple[str, tuple[Any, ...]]:
        sql, params = self.read(**values).query.get_compiler(using=alias).as_sql()
        return sql, tuple(params)


def prepared(**kinds: type) -> Callable[[Callable[..., QuerySet[Any]]], Prepared]:
    """The decorator for a read that is too long for one expression."""
    return lambda read: Prepared(read, **kinds)


def _twin(one: Any) -> Any:
    """What copy.copy makes of a plain object, for a third of it."""
    other = object.__new__(type(one))
    other.__dict__.update(one.__dict__)
    return other


def _adapted(value: Any, connection: Any) -> Any:
    if isinstance(value, dt.datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, dt.date):
        return connection.ops.adapt_datefield_value(value)
    if isinstance(value, uuid.UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    return value
