from __future__ import annotations

import datetime as dt
import json
import logging
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Least

from lrs import auth, queries, vocabulary
from lrs.forwarding import Reply
from lrs.models import Credential, Statement
from lrs.statements import voiding
from lrs.validation import Invalid, Posted, as_time, check_statement

log = logging.getLogger(__name__)


class Conflict(Exception):
    """Another statement is kept under the same id."""


class NotAllowed(Exception):
    """A credential may void only what it posted itself."""


@transaction.atomic
def record(statements: Iterable[Statement]) -> None:
    """Keep statements in the caller's transaction. One already kept (same id) is left as it is."""
    Statement.objects.bulk_create(list(statements), ignore_conflicts=True)


@transaction.atomic
def void(*, statement_id: uuid.UUID, actor_id: uuid.UUID, now: dt.datetime) -> None:
    """Void one of our own statements by a voiding statement of `actor_id`. The first voiding stays."""
    statement = voiding(target=statement_id, actor_id=actor_id, at=now)
    record([statement])
    (
        Statement.objects.filter(statement_id=statement_id, voided_by__isnull=True)
        .exclude(verb=vocabulary.VOIDED.iri)
        .update(voided_by=statement.statement_id)
    )


# --- what outside tools post ----------------------------------------------------------------------------------------


def ingest(
    *, statements: list[Any], credential: Credential, version: str, now: dt.datetime, only_id: uuid.UUID | None = None
) -> list[uuid.UUID]:
    """Keep statements posted by an outside tool, all or none, and return their ids in order.

    One kept already with the same content counts as kept (a retry after an unclear time-out must succeed).
    `only_id` is the id a PUT names. Raises Invalid (400), NotAllowed (403), Conflict (409).
    """
    posted = [check_statement(value) for value in statements]
    ids = [_id_of(one, only_id) for one in posted]
    if len(set(ids)) < len(ids):
        raise Invalid("the same id stands twice in one batch")
    batch = dict(zip(ids, posted, strict=True))
    try:
        _ingest(batch, credential, version, now)
    except IntegrityError:  # another request stored one of these ids meanwhile: compare with it
        _ingest(batch, credential, version, now)
    return ids


@transaction.atomic
def _ingest(batch: dict[uuid.UUID, Posted], credential: Credential, version: str, now: dt.datetime) -> None:
    known = queries.known(list(batch))
    for statement_id, document in known.items():
        if not _same(document, batch[statement_id].body):
            raise Conflict(f"{statement_id} is kept with other content; statements are never changed")
    fresh = {statement_id: posted for statement_id, posted in batch.items() if statement_id not in known}
    Statement.objects.bulk_create(
        [_row(statement_id, posted, credential, version, now) for statement_id, posted in fresh.items()]
    )
    _apply_voiding(fresh, credential)


def _id_of(posted: Posted, only_id: uuid.UUID | None) -> uuid.UUID:
    if only_id and posted.statement_id and posted.statement_id != only_id:
        raise Invalid("the id of the statement is not that of the address")
    return only_id or posted.statement_id or uuid.uuid4()


def _row(statement_id: uuid.UUID, posted: Posted, credential: Credential, version: str, now: dt.datetime) -> Statement:
    body = dict(sorted(posted.body.items()))
    body["id"] = str(statement_id)
    body.setdefault("timestamp", queries.written(now))
    # The authority stands first: by it the reader of the ledger tells others' statements from ours.
    document = {
        "authority": queries.authority_of(credential),
        **body,
        "version": posted.version or ("2.0.0" if version.startswith("2.") else "1.0.0"),
    }
    return Statement(
        statement_id=statement_id,
        document=json.dumps(document, ensure_ascii=False, separators=(",", ":")),
        actor=posted.actor,
        verb=posted.verb,
        activity=posted.activity,
        registration=posted.registration,
        timestamp=posted.timestamp or now,
        stored=now,
        deliver_after=now,
    )


def _same(document: str, body: dict[str, Any]) -> bool:
    """Whether a kept document says what `body` says, apart from what the store sets itself."""
    kept = json.loads(document)
    for name in ("authority", "stored", "version", "id"):
        kept.pop(name, None)
    posted = {name: value for name, value in body.items() if name != "id"}
    times = (kept.pop("timestamp", None), posted.pop("timestamp", None))
    if all(times) and as_time(times[0], "timestamp") != as_time(times[1], "timestamp"):
        return False
    return bool(kept == posted)


def _apply_voiding(fresh: dict[uuid.UUID, Posted], credential: Credential) -> None:
    """Void what the new statements void, and void new ones whose voiding came before them."""
    voids = {posted.voids: statement_id for statement_id, posted in fresh.items() if posted.voids}
    for target in Statement.objects.filter(statement_id__in=list(voids)) if voids else []:
        if target.verb == vocabulary.VOIDED.iri:
            raise Invalid("a voiding statement cannot be voided")
        if not _by(target, credential):
            raise NotAllowed(f"{target.statement_id} was not posted with this key")
        Statement.objects.filter(pk=target.pk, voided_by__isnull=True).update(voided_by=voids[target.statement_id])
    for voider in queries.voiders_of(list(fresh)):
        target_id = uuid.UUID(voider.activity.removeprefix("statement:"))
        if _by(voider, credential) and not fresh[target_id].voids:
            Statement.objects.filter(statement_id=target_id, voided_by__isnull=True).update(voided_by=voider.statement_id)


def _by(statement: Statement, credential: Credential) -> bool:
    return bool(json.loads(statement.document).get("authority") == queries.authority_of(credential))


# --- keys -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def create_credential(*, label: str, may_write: bool, now: dt.datetime) -> tuple[Credential, str]:
    """A new key and its secret, which is kept nowhere. Every call makes another one."""
    secret = secrets.token_urlsafe(32)
    credential = Credential.objects.create(
        key=secrets.token_hex(12), secret_sha256=auth.digest(secret), label=label, may_write=may_write, created_at=now
    )
    return credential, secret


@transaction.atomic
def revoke_credential(*, credential: Credential, now: dt.datetime) -> None:
    """End a key; what it posted stays. The first date stays."""
    Credential.objects.filter(pk=credential.pk, revoked_at__isnull=True).update(revoked_at=now)


# --- delivery to an outside LRS -------------------------------------------------------------------------------------

BATCH = 50
_SWEEP = 1_000  # statements a sweep takes: 20 requests of 10 s stay below a task's time limit
_LEASE = dt.timedelta(minutes=5)  # a killed worker's statements are taken up again after this
_FIRST, _LONGEST = 30.0, 900.0  # seconds between tries


class Sender(Protocol):
    def post(self, documents: list[str]) -> Reply: ...

    def statement(self, statement_id: object) -> dict[str, Any] | None: ...


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What a sweep did. `stopped` says why it ended before all was sent, "" otherwise."""

    delivered: int = 0
    refused: int = 0
    stopped: str = ""


class _Unavailable(Exception):
    """The store takes nothing now; whatever is owed stays owed."""

    def __init__(self, reason: str, wait: float = 0) -> None:
        super().__init__(reason)
        self.wait = wait


def deliver(*, now: dt.datetime, send: Sender) -> Delivery:
    """Send what is owed, oldest first, so that each learner's statements arrive in order.

    While one statement waits after a failure, all wait: the fault is the store's, and order is kept. A statement the
    store will never take is set aside with the reason and holds up nobody. Nothing is locked during a request.
    """
    owed = _claim(now)
    delivered = refused = 0
    for start in range(0, len(owed), BATCH):
        batch = owed[start : start + BATCH]
        try:
            poisoned = _send(batch, send, now)
            if len(poisoned) == len(batch) > 1:
                raise _Unavailable(f"refuses every statement: {poisoned[0][1]}", _LONGEST)
        except _Unavailable as fault:
            _put_off(owed[start:], fault.wait, now)
            log.error("statements are not delivered: %s", fault)
            return Delivery(delivered=delivered, refused=refused, stopped=str(fault))
        for statement, reason in poisoned:
            log.error("statement %s was refused for good: %s", statement.statement_id, reason)
            Statement.objects.filter(pk=statement.pk).update(refused=reason)
        refused += len(poisoned)
        delivered += len(batch) - len(poisoned)
    return Delivery(delivered=delivered, refused=refused)


@transaction.atomic
def _claim(now: dt.datetime) -> list[Statement]:
    """What is due, leased to this sweep; nothing while another sweep holds a lease or the store is being waited for."""
    owed = list(Statement.objects.undelivered(now).select_for_update()[:_SWEEP])
    waiting = Statement.objects.filter(
        delivered_at__isnull=True, refused="", delivery_tries__gt=0, deliver_after__gt=now
    ).exists()
    if not owed or waiting:
        return []
    Statement.objects.filter(pk__in=[statement.pk for statement in owed]).update(
        deliver_after=now + _LEASE, delivery_tries=Least(F("delivery_tries") + 1, Value(1_000))
    )
    return owed


def _send(batch: list[Statement], send: Sender, now: dt.datetime) -> list[tuple[Statement, str]]:
    """Send a batch, halved again and again around what is refused. Returns the refused ones with the reasons."""
    reply = send.post([statement.document for statement in batch])
    if 200 <= reply.status < 300:
        _mark_delivered(batch, now)
        return []
    if reply.status not in {400, 409, 413, 422}:
        # Without an answer, or with "later": as long as asked. Anything else needs a person: try rarely, drop nothing.
        passing = reply.status in {0, 408, 425, 429} or reply.status >= 500
        raise _Unavailable(f"{reply.status} {reply.reason}".strip(), reply.retry_after if passing else _LONGEST)
    if len(batch) > 1:
        half = len(batch) // 2
        return [*_send(batch[:half], send, now), *_send(batch[half:], send, now)]
    if reply.status == 409 and _held(batch[0], send):
        _mark_delivered(batch, now)
        return []
    return [(batch[0], f"{reply.status} {reply.reason}".strip()[:500])]


def _held(statement: Statement, send: Sender) -> bool:
    """Whether the store already has this very statement. Ids come from the act itself, so a store that does not
    let us look is believed."""
    theirs = send.statement(statement.statement_id)
    return theirs is None or _essence(theirs) == _essence(json.loads(statement.document))


def _essence(statement: dict[str, Any]) -> list[Any]:
    actor, verb, target, context = (statement.get(name) or {} for name in ("actor", "verb", "object", "context"))
    return [actor.get("account"), actor.get("mbox"), verb.get("id"), target.get("id"), context.get("registration")]


def _mark_delivered(batch: list[Statement], now: dt.datetime) -> None:
    Statement.objects.filter(pk__in=[statement.pk for statement in batch]).update(delivered_at=now)


def _put_off(rows: list[Statement], wait: float, now: dt.datetime) -> None:
    """Try again after a time that doubles up to 15 minutes, or later if the store asked for more; some chance is
    added, so that many sites do not come back at once."""
    tries = min(max(statement.delivery_tries for statement in rows), 10)
    seconds = max(min(_LONGEST, _FIRST * 2**tries), wait)
    seconds += secrets.randbelow(max(1, int(seconds * 0.2)))
    Statement.objects.filter(
        pk__in=[statement.pk for statement in rows], delivered_at__isnull=True, refused=""
    ).update(deliver_after=now + dt.timedelta(seconds=min(seconds, 86_400)))


@transaction.atomic
def retry_refused(*, now: dt.datetime) -> int:
    """Owe again what an outside LRS refused, after the cause was mended there. Returns how many."""
    return Statement.objects.exclude(refused="").update(refused="", delivery_tries=0, deliver_after=now)
