"""Giving power away: what one person may give, and what takes a second one's word."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from people.actions.accounts import RoleRefused, give_role, require_reach, takes_two
from people.models import Organisation, Role, RoleKind, RoleRequest, User
from people.text import nfc


@transaction.atomic
def ask_role(
    *, user: User, kind: str, organisation: Organisation, by: User, reason: str, now: dt.datetime
) -> Role | RoleRequest:
    """The role at once where one person may give it, else a request that waits for a second one.

    Asked twice, the first request waits on; held already, the role stands. Raises RoleRefused, also for oneself.
    """
    require_reach(by, RoleKind(kind), organisation)
    if by.pk == user.pk:
        raise RoleRefused(kind)
    held = Role.objects.current().filter(user=user, kind=kind, organisation=organisation).first()
    if held is not None:
        return held
    if not takes_two(kind, organisation):
        return give_role(user=user, kind=kind, organisation=organisation, by=by, now=now)
    told = {"reason": nfc(reason)[:200], "asked_by": by, "asked_at": now}
    pending = RoleRequest.objects.pending().select_for_update()
    return pending.get_or_create(user=user, kind=kind, organisation=organisation, defaults=told)[0]


@transaction.atomic
def decide_role(*, request: RoleRequest, by: User, agreed: bool, now: dt.datetime) -> RoleRequest:
    """The second person's word: neither who asked nor whom it is about, and with the same reach.

    The asker must still have hers. Decided twice, the first word stands. Raises RoleRefused.
    """
    if by.pk in {request.asked_by_id, request.user_id}:
        raise RoleRefused(request.kind)
    require_reach(by, request.kind, request.organisation)
    if agreed:
        require_reach(request.asked_by, request.kind, request.organisation)
    decided = {"decided_by": by, "decided_at": now, "agreed": agreed}
    if RoleRequest.objects.pending().filter(pk=request.pk).update(**decided) and agreed:
        give_role(user=request.user, kind=request.kind, organisation=request.organisation, by=request.asked_by, now=now)
    request.refresh_from_db()
    return request
