"""Reading the ledger as the Statement Resource does. Documents are kept JSON text and answered as they are:
building objects of them would cost 24 ms a page of 100."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.db.models import Q

from lrs import vocabulary
from lrs.models import Credential, Statement, StatementQuerySet
from lrs.validation import Invalid, actor_key, as_iri, as_time, as_uuid, check_actor, parse_json

PAGE, MOST = 100, 500
_MORE_DAYS = 1
_SALT = "lrs.more"
# A statement carries the time at which its transaction began, and is seen when it ends: what was stored longer
# ago than a transaction may last is certain to be seen (X-Experience-API-Consistent-Through).
CONSISTENCY_LAG = dt.timedelta(seconds=15)


class NotYours(Exception):
    """The continuation belongs to another credential."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a reader of statements may ask for. `since` is exclusive and `until` inclusive, both of the time stored."""

    agent: str = ""
    verb: str = ""
    activity: str = ""
    registration: uuid.UUID | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    limit: int = PAGE
    ascending: bool = False
    after: int | None = None  # the seq with which the page before ended


@dataclass(frozen=True, kw_only=True)
class Page:
    """`body` is the StatementResult as JSON text; `more` tells where it goes on, "" at the end."""

    body: str
    more: str


_SINGLE = {"statementId", "voidedStatementId"}
_PLAIN = {"attachments", "format"}
_LIST = {
    "agent", "verb", "activity", "registration", "since", "until", "limit", "ascending",
    "related_activities", "related_agents",
}  # fmt: skip


def read_statements(*, parameters: Mapping[str, str], credential: Credential, path: str) -> str | None:
    """The answer to GET /statements as JSON text; None when the one statement asked for is not there.

    One query. Raises Invalid (400) and NotYours (403). `path` is the resource's own, for `more`.
    """
    if "more" in parameters:
        return page(filters=_opened(parameters["more"], credential), credential=credential, path=path).body
    _check_names(parameters)
    if "statementId" in parameters:
        return one(statement_id=as_uuid(parameters["statementId"], "statementId"), voided=False)
    if "voidedStatementId" in parameters:
        return one(statement_id=as_uuid(parameters["voidedStatementId"], "voidedStatementId"), voided=True)
    return page(filters=filters_of(parameters), credential=credential, path=path).body


def one(*, statement_id: uuid.UUID, voided: bool) -> str | None:
    """A voided statement is found only as one."""
    found = Statement.objects.filter(statement_id=statement_id, voided_by__isnull=not voided).first()
    return finished(found) if found else None


def page(*, filters: Filters, credential: Credential, path: str) -> Page:
    """A page by key (`seq`), never by offset: the thousandth costs what the first does. One query."""
    rows = list(matching(filters)[: filters.limit + 1])
    more = ""
    if len(rows) > filters.limit:
        rows.pop()
        more = f"{path}?more={_sealed(filters, rows[-1].seq, credential)}"
    statements = ",".join(finished(row) for row in rows)
    return Page(body=f'{{"statements":[{statements}],"more":{json.dumps(more)}}}', more=more)


def matching(filters: Filters) -> StatementQuerySet:
    """Statements that are not voided, in the order asked for: newest first unless `ascending`."""
    found = Statement.objects.filter(voided_by__isnull=True)
    if filters.agent:
        found = found.filter(Q(actor=filters.agent) | Q(activity=f"agent:{filters.agent}"))
    exact = {"verb": filters.verb, "activity": filters.activity, "registration": filters.registration}
    found = found.filter(**{name: value for name, value in exact.items() if value})
    if filters.since:
        found = found.filter(stored__gt=filters.since)
    if filters.until:
        found = found.filter(stored__lte=filters.until)
    if filters.after is not None:
        found = found.filter(**{"seq__gt" if filters.ascending else "seq__lt": filters.after})
    return found.order_by("seq" if filters.ascending else "-seq")


def filters_of(parameters: Mapping[str, str]) -> Filters:
    """Raises Invalid."""
    agent = parameters.get("agent")
    return Filters(
        agent=_agent(agent) if agent is not None else "",
        verb=as_iri(parameters["verb"], "verb") if "verb" in parameters else "",
        activity=as_iri(parameters["activity"], "activity") if "activity" in parameters else "",
        registration=as_uuid(parameters["registration"], "registration") if "registration" in parameters else None,
        since=_moment(parameters, "since"),
        until=_moment(parameters, "until"),
        limit=_limit(parameters["limit"]) if "limit" in parameters else PAGE,
        ascending=_flag(parameters, "ascending"),
    )


def consistent_through(now: dt.datetime) -> str:
    return written(now - CONSISTENCY_LAG)


def written(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def finished(row: Statement) -> str:
    """The kept text and what the store adds to it. Statements of others begin with their authority, ours have none."""
    added = f',"stored":"{written(row.stored)}"'
    if not row.document.startswith('{"authority":'):
        added += f',"authority":{_own_authority()}'
    return f"{row.document[:-1]}{added}}}"


def authority_of(credential: Credential) -> dict[str, Any]:
    """Who vouches for what a credential posts: the credential, never what the statement claims."""
    return {"objectType": "Agent", "account": {"homePage": settings.XAPI_HOME, "name": f"credential:{credential.key}"}}


def _own_authority() -> str:
    return json.dumps({"objectType": "Agent", "account": {"homePage": settings.XAPI_HOME, "name": "platform"}})


def known(ids: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The documents already kept under these ids. One query."""
    return dict(Statement.objects.filter(statement_id__in=ids).values_list("statement_id", "document"))


def voiders_of(ids: list[uuid.UUID]) -> list[Statement]:
    """Voiding statements that came before what they void. One query."""
    return list(Statement.objects.filter(verb=vocabulary.VOIDED.iri, activity__in=[f"statement:{one}" for one in ids]))


# --- parameters and continuations -----------------------------------------------------------------------------------


def _check_names(parameters: Mapping[str, str]) -> None:
    strange = sorted(set(parameters) - _SINGLE - _PLAIN - _LIST)
    if strange:
        raise Invalid(f"unknown parameter {strange[0][:80]!r}")
    if _SINGLE & set(parameters) and len(set(parameters) - _PLAIN) > 1:
        raise Invalid("statementId and voidedStatementId stand alone")
    for name in ("attachments", "related_activities", "related_agents"):
        if name in parameters and _flag(parameters, name):
            raise Invalid(f"{name}=true is not supported")
    if parameters.get("format", "exact") != "exact":
        raise Invalid("only format=exact is supported")


def _agent(text: str) -> str:
    key = actor_key(check_actor(parse_json(text), "agent"))
    if not key:
        raise Invalid("agent must be identified")
    return key


def _moment(parameters: Mapping[str, str], name: str) -> dt.datetime | None:
    # A "+" that was not escaped arrives as a space.
    return as_time(parameters[name].replace(" ", "+"), name) if name in parameters else None


def _limit(text: str) -> int:
    """0 stands for as many as the store gives."""
    if not text.isascii() or not text.isdigit():
        raise Invalid("limit must be a whole number from 0")
    return min(int(text[:9]) or MOST, MOST)


def _flag(parameters: Mapping[str, str], name: str) -> bool:
    text = parameters.get(name, "false")
    if text not in {"true", "false"}:
        raise Invalid(f"{name} must be true or false")
    return text == "true"


def _sealed(filters: Filters, after: int, credential: Credential) -> str:
    """A signed continuation: it cannot be made up, and no other credential can use it."""
    kept = {
        "credential": credential.pk,
        "after": after,
        "agent": filters.agent,
        "verb": filters.verb,
        "activity": filters.activity,
        "registration": str(filters.registration or ""),
        "since": filters.since.isoformat() if filters.since else "",
        "until": filters.until.isoformat() if filters.until else "",
        "limit": filters.limit,
        "ascending": filters.ascending,
    }
    return signing.dumps(kept, salt=_SALT, compress=True)


def _opened(token: str, credential: Credential) -> Filters:
    try:
        kept = signing.loads(token, salt=_SALT, max_age=dt.timedelta(days=_MORE_DAYS))
    except signing.BadSignature as error:
        raise Invalid("this continuation is not ours or older than a day") from error
    if kept.pop("credential") != credential.pk:
        raise NotYours
    return Filters(
        **{
            **kept,
            "registration": uuid.UUID(kept["registration"]) if kept["registration"] else None,
            "since": dt.datetime.fromisoformat(kept["since"]) if kept["since"] else None,
            "until": dt.datetime.fromisoformat(kept["until"]) if kept["until"] else None,
        }
    )
