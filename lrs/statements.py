"""Building statements with tincan, and the frozen rows they become.

Who is meant is always an opaque account; no name, e-mail or number ever enters a statement (Luật 91/2025/QH15:
tracking of behaviour is sensitive data).
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import tincan
from django.conf import settings

from lrs import vocabulary
from lrs.models import Statement

_VERSION = "1"
# Ids are derived from what happened, so that the same act recorded twice is one statement (quiz-engine Q34).
_NAMESPACE = uuid.UUID("5b1f6f0e-6f0b-5f0a-9a55-2d1f7b2f2c11")


@dataclass(frozen=True, kw_only=True)
class Activity:
    """An xAPI activity. `iri` is permanent; `extra` holds interaction fields of its definition."""

    iri: str
    type: str
    name: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def as_tincan(self) -> tincan.Activity:
        definition: dict[str, Any] = {"type": self.type, **self.extra}
        if self.name:
            definition["name"] = {"vi": self.name}
        return tincan.Activity(id=self.iri, definition=tincan.ActivityDefinition(definition))


def activity_iri(kind: str, key: uuid.UUID | str) -> str:
    """The permanent IRI of a course, lesson, quiz, question, class or certificate."""
    return f"{settings.XAPI_HOME}/xapi/activities/{kind}/{key}"


def score(*, score10: Decimal) -> dict[str, Any]:
    """A mark on the scale of 10 as an xAPI score (scaled 0..1)."""
    return {"scaled": float(round(score10 / 10, 4)), "raw": float(score10), "min": 0, "max": 10}


def statement_id(*parts: object) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, "\n".join(str(part) for part in parts))


def build(
    *,
    actor_id: uuid.UUID,
    verb: vocabulary.Term,
    activity: Activity,
    at: dt.datetime,
    registration: uuid.UUID | None = None,
    parent: Activity | None = None,
    grouping: Activity | None = None,
    category: str = "",
    result: dict[str, Any] | None = None,
    extensions: dict[str, Any] | None = None,
    instructor_id: uuid.UUID | None = None,
    discriminator: object = "",
) -> Statement:
    """An unsaved ledger row holding the finished statement.

    `discriminator` tells apart acts that share actor, verb, activity and registration (the sequence number of an
    answer, the number of an attempt). `at` must be aware; it is written in UTC.
    """
    identity = statement_id(actor_id, verb.iri, activity.iri, registration or "", discriminator)
    around: dict[str, Any] = {}
    if parent:
        around["parent"] = [parent.as_tincan()]
    if grouping:
        around["grouping"] = [grouping.as_tincan()]
    if category:
        around["category"] = [tincan.Activity(id=category)]
    context = tincan.Context(
        registration=str(registration) if registration else None,
        instructor=_agent(instructor_id) if instructor_id else None,
        platform="Học AI",
        language="vi",
        context_activities=tincan.ContextActivities(around) if around else None,
        extensions=tincan.Extensions({vocabulary.BUILDER: _VERSION, **(extensions or {})}),
    )
    statement = tincan.Statement(
        id=str(identity),
        actor=_agent(actor_id),
        verb=tincan.Verb(id=verb.iri, display=tincan.LanguageMap({"vi": verb.vi, "en": verb.en})),
        object=activity.as_tincan(),
        result=tincan.Result(result) if result else None,
        context=context,
        timestamp=at.astimezone(dt.UTC).isoformat(),
    )
    return row(identity=identity, document=document(statement), actor_id=actor_id, verb=verb.iri,
               activity=activity.iri, registration=registration, at=at)  # fmt: skip


def voiding(*, target: uuid.UUID, actor_id: uuid.UUID, at: dt.datetime) -> Statement:
    """The statement that voids another one; `actor_id` is who decided it."""
    identity = statement_id(vocabulary.VOIDED.iri, target)
    statement = tincan.Statement(
        id=str(identity),
        actor=_agent(actor_id),
        verb=tincan.Verb(
            id=vocabulary.VOIDED.iri, display=tincan.LanguageMap({"vi": vocabulary.VOIDED.vi, "en": vocabulary.VOIDED.en})
        ),
        object=tincan.StatementRef(id=str(target)),
        timestamp=at.astimezone(dt.UTC).isoformat(),
    )
    return row(identity=identity, document=document(statement), actor_id=actor_id, verb=vocabulary.VOIDED.iri,
               activity=f"statement:{target}", registration=None, at=at)  # fmt: skip


def document(statement: tincan.Statement) -> str:
    """tincan's form of the statement as compact JSON in one order of keys, accents kept."""
    value = json.loads(statement.to_json("1.0.3"))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def row(
    *,
    identity: uuid.UUID,
    document: str,
    actor_id: uuid.UUID | str,
    verb: str,
    activity: str,
    registration: uuid.UUID | None,
    at: dt.datetime,
) -> Statement:
    return Statement(
        statement_id=identity,
        document=document,
        actor=f"{settings.XAPI_HOME}|{actor_id}",
        verb=verb,
        activity=activity,
        registration=registration,
        timestamp=at,
        stored=at,
        deliver_after=at,
    )


def _agent(actor_id: uuid.UUID) -> tincan.Agent:
    return tincan.Agent(account=tincan.AgentAccount(home_page=settings.XAPI_HOME, name=str(actor_id)))
