"""What the law gives people over their data: erasure, as personal_data.yaml declares it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import os
import re
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import FileField, Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from people import holdings
from people.declarations import Declared, declared
from people.models import AccountMerge, Erasure, OwedRemoval, Role, RoleRequest, User, people_handled_by
from people.text import nfc

log = logging.getLogger(__name__)

MARK = "(đã xóa)"
_NO_ADDRESS = "da-xoa@example.invalid"


class NotHandling(PermissionError):
    """Only the owner and support, each in his scope, handle what people ask about their data."""


class ReasonMissing(ValueError):
    """An erasure without a reason cannot be answered for."""


def require_handler(by: User | None, person: User) -> None:
    """`by` None is the command line or the sweep."""
    if by is not None and not people_handled_by(by).filter(pk=person.pk).exists():
        raise NotHandling(by.pk)


# --- erasure ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Identity:
    """By what somebody is known in texts, and what stands there afterwards."""

    addresses: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, user: User) -> Identity:
        proven = [user.email] if user.email else []
        addresses = {*proven, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)}
        # "an" is a syllable of half the sentences: only what can be nobody else's is looked for.
        names = {name for name in (user.full_name, user.username) if len(name.split()) > 1 or re.search(r"[\d._-]", name)}
        return cls(addresses=tuple(sorted(addresses)), names=tuple(sorted(names - {MARK}, key=len, reverse=True)))

    def out_of(self, value: Any, *, named: bool) -> Any:
        """`value` without the addresses and, where `named`, without the names. JSON keeps its shape."""
        if isinstance(value, dict):
            return {self.out_of(key, named=named): self.out_of(one, named=named) for key, one in value.items()}
        if isinstance(value, list):
            return [self.out_of(one, named=named) for one in value]
        if not isinstance(value, str):
            return value
        for address in self.addresses:
            value = re.sub(re.escape(address), _NO_ADDRESS, value, flags=re.IGNORECASE)
            value = value.replace(holdings.sha1_of(address), "0" * 40)
        for name in self.names if named else ():
            for spelt in {name, json.dumps(name)[1:-1]}:
                value = re.sub(rf"(?<!\w){re.escape(spelt)}(?!\w)", MARK, value)
        return value


def erase_person(*, user: User, reason: str, by: User | None, now: dt.datetime) -> Erasure:
    """Make `user` nobody, everywhere, with the accounts merged into hers. What is counted stays, on an account without a name
    that nobody can open.

    Rows change in one transaction; files, sessions and the ledger outside the database are owed from then on and done
    at once if they can be. Erased twice, the first one stands. Raises NotHandling, ReasonMissing.
    """
    require_handler(by, user)
    if not nfc(reason):
        raise ReasonMissing
    merged = User.objects.filter(pk__in=AccountMerge.objects.standing().filter(kept=user).values("closed_id"))
    accounts, why = [*merged.order_by("pk"), user], nfc(reason)
    for one in accounts:
        why = Identity.of(one).out_of(why, named=True)
    return [_erase(one, why, by, now) for one in accounts][-1]


def _erase(user: User, reason: str, by: User | None, now: dt.datetime) -> Erasure:
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=user.pk)
        erasure = Erasure.objects.filter(account=person.pk).first()
        if erasure is None:
            identity = Identity.of(person)
            erasure = Erasure.objects.create(
                account=person.pk, proof=proof_of(person), erased_at=now, by=by,
                reason=reason,
            )  # fmt: skip
            _empty(person, identity, now)
    finish_erasure(erasure=erasure, now=now)
    return erasure


def proof_of(user: User) -> str:
    return hashlib.sha256(f"erasure:{user.actor_id}".encode()).hexdigest()


def _empty(person: User, identity: Identity, now: dt.datetime) -> None:
    """Every declared field, the account last: until then it leads to the rows."""
    ways = holdings.Ways.of(person)
    for one in declared():
        if one.person not in {("self",), ("session",)}:
            _treat(one, ways, identity)
    # An account that stays counted among the staff of its agency, but holds no power and cannot be opened.
    Role.objects.current().filter(user=person).update(until=now)
    RoleRequest.objects.pending().filter(user=person).update(decided_at=now, agreed=False)
    User.objects.filter(pk=person.pk).update(
        username=f"da-xoa-{secrets.token_hex(6)}", full_name=MARK, name_folded="", actor_id=uuid.uuid4(),
        password=make_password(None), email="", birth_year=None, last_login=None, is_superuser=False, is_staff=False,
    )  # fmt: skip


def _treat(one: Declared, ways: holdings.Ways, identity: Identity) -> None:
    hers = holdings.rows(one, ways)
    if one.goes:
        about = holdings.rows(one, ways, about=True)
        for row in _with_files(one.model, about):
            _owe(row, [field.name for field in _file_fields(one.model)])
        about.delete()
    if any(one.treated(how) for how in ("blank", "pseudonymise", "scrub", "file")):
        subject = set(holdings.rows(one, ways, about=True).values_list("pk", flat=True))
        # Whoever draws a document for such a row meanwhile waits, and then sees that it is nobody's.
        held = hers.select_for_update(of=("self",)) if one.treated("file") else hers
        for row in held.iterator(chunk_size=500):
            _rewrite(row, one, identity, about=row.pk in subject)
    if one.treated("scrub") and one.person != ("actor",):
        for row in _mentioning(one, identity).iterator(chunk_size=500):
            _scrub(row, one.treated("scrub"), identity, named=False)


def _rewrite(row: Model, one: Declared, identity: Identity, *, about: bool) -> None:
    """In a row about her every field is treated; in one in which she only acted, the texts are."""
    changed = {}
    if about:
        for name in one.treated("blank"):
            changed[name] = None if row._meta.get_field(name).null else ""
        for name in one.treated("pseudonymise"):
            changed[name] = MARK if getattr(row, name) else ""
        _owe(row, one.treated("file"))
    if changed:
        type(row)._base_manager.filter(pk=row.pk).update(**changed)
    _scrub(row, one.treated("scrub"), identity, named=True)


def _scrub(row: Model, names: Iterable[str], identity: Identity, *, named: bool) -> None:
    changed = {}
    for name in names:
        before = getattr(row, name)
        after = identity.out_of(before, named=named)
        if after != before:
            changed[name] = after
    if changed:
        type(row)._base_manager.filter(pk=row.pk).update(**changed)


def _mentioning(one: Declared, identity: Identity) -> QuerySet:
    """Rows of others with one of her addresses in their texts. Her name alone could be somebody else's."""
    texts = {f"text_{name}": Cast(name, TextField()) for name in one.treated("scrub")}
    found = Q(pk__in=[])
    for name in texts:
        for address in identity.addresses:
            found |= Q(**{f"{name}__icontains": address})
    return one.model._base_manager.alias(**texts).filter(found)


def _file_fields(model: type[Model]) -> list[FileField]:
    return [field for field in model._meta.local_concrete_fields if isinstance(field, FileField)]


def _with_files(model: type[Model], rows: QuerySet) -> Iterable[Model]:
    return rows if _file_fields(model) else ()


def _owe(row: Model, fields: Iterable[str]) -> None:
    for name in fields:
        kept = getattr(row, name)
        if kept:
            OwedRemoval.objects.get_or_create(model=row._meta.label, row=str(row.pk), field=name, defaults={"name": kept.name})


# --- what is owed after the rows ----------------------------------------------------------------------------------------


def finish_erasure(*, erasure: Erasure, now: dt.datetime) -> None:
    """Sessions ended, files removed, the line written; what fails stays owed and is tried again by the sweep."""
    try:
        remove_files()
        if erasure.noted_at is None:
            _end_sessions(erasure.account)
            _note(erasure)
            Erasure.objects.filter(pk=erasure.pk).update(noted_at=now)
            erasure.noted_at = now
    except OSError:
        log.exception("erasure %s is not finished", erasure.pk)


def finish_owed(*, now: dt.datetime) -> int:
    """Everything that erasures still owe. Returns how many were finished."""
    owed = list(Erasure.objects.filter(noted_at__isnull=True).order_by("erased_at"))
    for erasure in owed:
        finish_erasure(erasure=erasure, now=now)
    remove_files()
    return sum(erasure.noted_at is not None for erasure in owed)


def remove_files() -> int:
    """Remove the files that are owed, then empty the fields that named them: killed in between, it is done again."""
    removed = 0
    for owed in OwedRemoval.objects.order_by("pk"):
        model = apps.get_model(owed.model)
        field = model._meta.get_field(owed.field)
        try:
            field.storage.delete(owed.name)  # type: ignore[union-attr]
        except OSError:
            log.exception("the file of %s %s could not be removed", owed.model, owed.row)
            continue
        with transaction.atomic():
            model._base_manager.filter(pk=owed.row, **{owed.field: owed.name}).update(**{owed.field: ""})
            owed.delete()
        removed += 1
    return removed


def _end_sessions(account: int) -> None:
    """Their hash died with the password; here the rows and their copies in the cache go as well."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for key in holdings.sessions_of(account):
        store(key).delete()


def _note(erasure: Erasure) -> None:
    """A line in a file that is not part of the database, so that a restored database can be told whom to forget."""
    line = {
        "account": erasure.account, "proof": erasure.proof, "reason": erasure.reason,
        "erased_at": erasure.erased_at.isoformat(),
    }  # fmt: skip
    path = Path(settings.ERASURE_LEDGER)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as ledger:
        ledger.write(json.dumps(line, ensure_ascii=False) + "\n")
        ledger.flush()
        os.fsync(ledger.fileno())


@dataclass(frozen=True)
class Replayed:
    """`strangers` are numbers that belong to somebody else since the restore: nobody was touched there."""

    erased: int
    known: int
    strangers: tuple[int, ...]


def erase_again(*, now: dt.datetime) -> Replayed:
    """After a restore: erase everybody the ledger knows and the database has back. Run twice, nothing more happens."""
    erased, strangers = 0, []
    lines = _ledger()
    for line in lines.values():
        erasure = Erasure.objects.filter(account=line["account"]).first()
        person = User.objects.filter(pk=line["account"]).first()
        if erasure is not None or person is None:
            continue
        if proof_of(person) != line["proof"]:
            strangers.append(person.pk)
            continue
        with transaction.atomic():
            _empty(person, Identity.of(person), now)
            erasure = Erasure.objects.create(
                account=person.pk, proof=line["proof"], reason=line["reason"], noted_at=now,
                erased_at=dt.datetime.fromisoformat(line["erased_at"]),
            )  # fmt: skip
        _end_sessions(person.pk)
        remove_files()
        erased += 1
    finish_owed(now=now)
    return Replayed(erased=erased, known=len(lines), strangers=tuple(strangers))


def _ledger() -> dict[tuple[int, str], dict[str, Any]]:
    """The last line of each account: after a restore a number may have been given again, and erased again."""
    path = Path(settings.ERASURE_LEDGER)
    if not path.exists():
        return {}
    # A line cut off by a full disk is of an erasure that is still owed its line.
    found = {}
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            log.warning("a broken line in the ledger of erasures")
            continue
        found[(line["account"], line["proof"])] = line
    return found
