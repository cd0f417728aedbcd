"""The rows that hold something about one person, found as personal_data.yaml declares, and a copy of them for her."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from people.declarations import SPECIAL, Category, Declared, Wording, declared
from people.models import AccountMerge, User


def sha1_of(address: str) -> str:
    """How xAPI may name an address (mbox_sha1sum)."""
    return hashlib.sha1(f"mailto:{address}".encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Ways:
    """What leads to somebody's rows, read once, before any of it is changed."""

    user: User
    # Hers, and those that were merged into it: what stayed on them is still about her.
    accounts: tuple[int, ...]
    actors: tuple[str, ...]

    @classmethod
    def of(cls, user: User) -> Ways:
        merged = AccountMerge.objects.standing().filter(kept=user).values("closed_id")
        persons = [user, *User.objects.filter(pk__in=merged).order_by("pk")]
        proven = {one.email for one in persons if one.email}
        addresses = sorted(proven | set(EmailAddress.objects.filter(user__in=persons).values_list("email", flat=True)))
        # The ledger is never rewritten: who was two goes on being two actors there, and is read as both (decision 0020).
        actors = [f"{settings.XAPI_HOME}|{one.actor_id}" for one in persons]
        for address in addresses:
            actors += [f"mailto:{address}", f"sha1:{sha1_of(address)}"]
        return cls(user=user, accounts=tuple(one.pk for one in persons), actors=tuple(actors))


def rows(one: Declared, ways: Ways, *, about: bool = False) -> QuerySet:
    """The rows of one model that name her; with `about`, only those that are about her (the first way declared)."""
    wanted = Q(pk__in=[])
    for way in one.person[:1] if about else one.person:
        wanted |= _condition(way, ways) if way in SPECIAL else Q(**{f"{way}__in": ways.accounts})
    return one.model._base_manager.filter(wanted).order_by("pk")


def _condition(way: str, ways: Ways) -> Q:
    if way == "actor":
        return Q(actor__in=ways.actors) | Q(activity__in=[f"agent:{actor}" for actor in ways.actors])
    if way == "object":
        return Q(content_type=ContentType.objects.get_for_model(User), object_id__in=[str(pk) for pk in ways.accounts])
    if way == "session":
        return Q(pk__in=[key for pk in ways.accounts for key in sessions_of(pk)])
    return Q(pk__in=ways.accounts)


def sessions_of(account: int) -> list[str]:
    """Whose a session is stands inside it, so each is opened."""
    return [
        session.session_key
        for session in Session.objects.iterator(chunk_size=1000)
        if session.get_decoded().get("_auth_user_id") == str(account)
    ]


# --- the copy for the person --------------------------------------------------------------------------------------------

# A page shows so many rows of a kind and says how many more the file has.
SHOWN = 50


@dataclass(frozen=True)
class Holding:
    """The rows of one kind: each a list of (what it is, value)."""

    title: Wording
    label: str
    rows: tuple[tuple[tuple[Wording, Any], ...], ...]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.rows)


def copy_for(user: User) -> Iterator[tuple[Category, list[Holding]]]:
    """Everything declared, by category, as much of it as a page can show."""
    ways = Ways.of(user)
    found: dict[str, tuple[Category, list[Holding]]] = {}
    for one in _handed_out():
        total = rows(one, ways).count()
        if not total:
            continue
        lines = tuple(
            tuple((kept.what, said[kept.name]) for kept in one.fields if said.get(kept.name) not in (None, "", {}, []))
            for said in _said(one, ways, SHOWN)
        )
        holding = Holding(title=one.title, label=one.label, rows=lines, total=total)
        found.setdefault(one.category.key, (one.category, []))[1].append(holding)
    return iter(found.values())


def everything(user: User) -> dict[str, list[dict[str, Any]]]:
    """Everything declared, by model and field, for a machine."""
    ways = Ways.of(user)
    return {
        one.label: [{name: _plain(value) for name, value in said.items()} for said in _said(one, ways)] for one in _handed_out()
    }


def _handed_out() -> list[Declared]:
    """Without sessions: to find hers, everybody's would be opened, at each look; what is in them is secret anyway."""
    return [one for one in declared() if one.person != ("session",)]


def _said(one: Declared, ways: Ways, limit: int | None = None) -> Iterator[dict[str, Any]]:
    """What is handed out of each row. Whom a row names besides her is not hers to see."""
    shown = [kept.name for kept in one.fields if not kept.secret]
    fields = [one.model._meta.get_field(name) for name in shown]
    named = [field.name for field in fields if _is_named(field)]
    found = rows(one, ways).select_related(*named) if named else rows(one, ways)
    for row in found[:limit]:
        # A reader has no use for the keys of her own rows, a machine has.
        told = fields if limit is None else [field for field in fields if not field.is_relation or _is_named(field)]
        yield {field.name: value for field in told if (value := _value(row, field, ways.user)) is not _HIDDEN}


_HIDDEN = object()


def _is_named(field: Any) -> bool:
    """What is not one person's is named in words; her own rows stand in the copy themselves."""
    own = {one.label for one in declared()} - {"wagtailcore.Page"}
    return field.is_relation and field.related_model is not User and field.related_model._meta.label not in own


def _value(row: Model, field: Any, user: User) -> Any:
    if not field.is_relation:
        return getattr(row, f"get_{field.name}_display")() if field.choices else getattr(row, field.name)
    key = getattr(row, field.attname)
    if field.related_model is User:
        return _HIDDEN
    return str(getattr(row, field.name)) if key is not None and _is_named(field) else key


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).isoformat()
    if value is None or isinstance(value, bool | int | float | dict | list):
        return value
    return format(value, "f") if isinstance(value, Decimal) else str(value)
