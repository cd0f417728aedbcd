"""The rows that hold something about one person, found as personal_data.yaml declares, and a copy of them for her."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet

from people.declarations import SPECIAL, Declared
from people.models import User


def sha1_of(address: str) -> str:
    """How xAPI may name an address (mbox_sha1sum)."""
    return hashlib.sha1(f"mailto:{address}".encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Ways:
    """What leads to somebody's rows, read once, before any of it is changed."""

    user: User
    actors: tuple[str, ...]

    @classmethod
    def of(cls, user: User) -> Ways:
        proven = {user.email} if user.email else set()
        addresses = sorted(proven | set(EmailAddress.objects.filter(user=user).values_list("email", flat=True)))
        actors = [f"{settings.XAPI_HOME}|{user.actor_id}"]
        for address in addresses:
            actors += [f"mailto:{address}", f"sha1:{sha1_of(address)}"]
        return cls(user=user, actors=tuple(actors))


def rows(one: Declared, ways: Ways, *, about: bool = False) -> QuerySet:
    """The rows of one model that name her; with `about`, only those that are about her (the first way declared)."""
    wanted = Q(pk__in=[])
    for way in one.person[:1] if about else one.person:
        wanted |= _condition(way, ways) if way in SPECIAL else Q(**{way: ways.user})
    return one.model._base_manager.filter(wanted).order_by("pk")


def _condition(way: str, ways: Ways) -> Q:
    if way == "actor":
        return Q(actor__in=ways.actors) | Q(activity__in=[f"agent:{actor}" for actor in ways.actors])
    if way == "object":
        return Q(content_type=ContentType.objects.get_for_model(User), object_id=str(ways.user.pk))
    if way == "session":
        return Q(pk__in=sessions_of(ways.user.pk))
    return Q(pk=ways.user.pk)


def sessions_of(account: int) -> list[str]:
    """Whose a session is stands inside it, so each is opened."""
    return [
        session.session_key
        for session in Session.objects.iterator(chunk_size=1000)
        if session.get_decoded().get("_auth_user_id") == str(account)
    ]
