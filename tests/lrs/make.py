"""Statements for the tests: as outside tools post them, and rows of the ledger."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from lrs import vocabulary as v
from lrs.models import Statement
from lrs.statements import Activity, activity_iri, build


def uid(number: int) -> uuid.UUID:
    """The same number, the same id; of a kind tincan takes."""
    return uuid.uuid5(uuid.NAMESPACE_URL, str(number))


def posted(**changes: Any) -> dict[str, Any]:
    """A statement as an outside tool posts it."""
    return {
        "actor": {"account": {"homePage": "https://tool.example", "name": "nguoi-hoc-1"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed", "display": {"vi": "đã hoàn thành"}},
        "object": {"id": "https://tool.example/lab/1", "definition": {"name": {"vi": "Thực hành"}}},
        "timestamp": "2026-11-23T09:00:00.123456+07:00",
        **changes,
    }


def ours(number: int, at: dt.datetime) -> Statement:
    """A ledger row not yet saved, one of ours."""
    return build(
        actor_id=uid(number % 7 + 1),
        verb=v.COMPLETED,
        activity=Activity(iri=activity_iri("lesson", uid(number + 1)), type=v.LESSON, name=f"Bài {number}"),
        at=at,
        registration=uid(number % 3 + 1),
    )
