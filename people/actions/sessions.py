"""Where a person is signed in, kept in step with the sessions themselves."""

from __future__ import annotations

import datetime as dt
from importlib import import_module

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction

from people.devices import browser_and_system
from people.models import SignIn, User


@transaction.atomic
def note_sign_in(*, user: User, session_key: str, before: str, user_agent: str, now: dt.datetime) -> None:
    """This session is in use. `before` is the key it had when last noted: logging in and a new password change it."""
    browser, system = browser_and_system(user_agent)
    told = {"browser": browser, "system": system, "seen_at": now}
    if before != session_key and SignIn.objects.filter(user=user, session_key=before).update(session_key=session_key, **told):
        return
    SignIn.objects.update_or_create(
        session_key=session_key, defaults={"user": user, **told}, create_defaults={"user": user, "began_at": now, **told}
    )


def end_sign_ins(*, user: User, keep: str = "", only: int | None = None) -> int:
    """End the sessions of `user`: one of them, or all but the one whose key is `keep`. How many there were."""
    found = SignIn.objects.filter(user=user).exclude(session_key=keep)
    if only is not None:
        found = found.filter(pk=only)
    sessions = import_module(settings.SESSION_ENGINE).SessionStore()
    keys = list(found.values_list("session_key", flat=True))
    for key in keys:
        sessions.delete(key)  # from the cache as well as from the database
    SignIn.objects.filter(session_key__in=keys).delete()
    return len(keys)


def forget_ended(*, now: dt.datetime) -> int:
    """Delete sessions that have run out, and what was noted of sessions that are no more."""
    Session.objects.filter(expire_date__lt=now).delete()
    gone, _by_model = SignIn.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    return gone
