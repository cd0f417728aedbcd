"""Accounts that are likely one person's, and what merging two of them would do. Nothing here writes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from people.declarations import Declared, Wording, declared
from people.models import (
    OWED,
    AccountMerge,
    DataRequest,
    Erasure,
    Membership,
    OpenedAccount,
    Organisation,
    PersonalIdKey,
    RequestKind,
    Role,
    RoleKind,
    RosterRow,
    User,
    managed_roots,
    people_handled_by,
)
from people.models.privacy import OPEN_STATES

SHOWN = 50
MERGING = {RoleKind.OFFICER, RoleKind.OWNER, RoleKind.SUPPORT}
UNDONE_WITHIN = dt.timedelta(days=30)


def mergeable_by(user: User) -> QuerySet[User]:
    """Open accounts of people whom `user` manages as officer or owner, or whose requests he answers. Never his own."""
    members = Membership.objects.current().filter(organisation__in=Organisation.objects.below(managed_roots(user)))
    reached = Q(pk__in=members.values("user_id")) | Q(pk__in=people_handled_by(user).values("pk"))
    return User.objects.filter(reached, is_active=True, is_superuser=False).exclude(pk=user.pk).exclude(name_folded="")


def merges_of(user: User) -> QuerySet[AccountMerge]:
    """Standing ones of people he reaches, which can be undone still."""
    standing = AccountMerge.objects.standing().filter(final_at__isnull=True, kept__in=mergeable_by(user).values("pk"))
    return standing.select_related("kept", "closed", "by").order_by("-at")


@dataclass(frozen=True)
class Likely:
    """Accounts that are likely one person's: by the digest of her number, or by name and year of birth."""

    by_number: bool
    people: tuple[User, ...]


def likely(user: User) -> list[Likely]:
    """The first SHOWN groups, those by number first. The same number of queries however many there are."""
    reach = mergeable_by(user)
    keys = PersonalIdKey.objects.filter(user__in=reach.values("pk"))
    shared = keys.values("digest").annotate(n=Count("user", distinct=True)).filter(n__gt=1).order_by("digest")
    by_digest: dict[str, list[int]] = {}
    for digest, pk in keys.filter(digest__in=[one["digest"] for one in shared[:SHOWN]]).values_list("digest", "user_id"):
        by_digest.setdefault(digest, []).append(pk)
    same = reach.exclude(birth_year=None).values("full_name", "birth_year")
    names = list(same.annotate(n=Count("pk", distinct=True)).filter(n__gt=1).order_by("full_name", "birth_year")[:SHOWN])
    wanted = Q(pk__in=[pk for group in by_digest.values() for pk in group])
    for one in names:
        wanted |= Q(full_name=one["full_name"], birth_year=one["birth_year"])
    places = Membership.objects.current().select_related("organisation").order_by("since", "pk")
    found = list(reach.filter(wanted).prefetch_related(Prefetch("memberships", places, to_attr="places")).order_by("pk"))
    known = {one.pk: one for one in found}
    groups = [Likely(True, tuple(known[pk] for pk in sorted(group))) for group in by_digest.values()]
    seen = {frozenset(one.pk for one in group.people) for group in groups}
    for one in names:
        people = tuple(each for each in found if (each.full_name, each.birth_year) == (one["full_name"], one["birth_year"]))
        if frozenset(each.pk for each in people) not in seen:
            groups.append(Likely(False, people))
    return groups[:SHOWN]


@dataclass(frozen=True)
class Effect:
    """What moves when `closed` is merged into `kept`, and what stands against it ("" where nothing does)."""

    kept: User
    closed: User
    moves: tuple[tuple[Wording, int], ...]
    roles: tuple[Role, ...]
    same_number: bool
    against: str


def effect(kept: User, closed: User) -> Effect:
    moving = [(one, rows_moving(one, closed).count()) for one in declared() if moving_field(one)]
    return Effect(
        kept=kept, closed=closed, moves=tuple((one.title, number) for one, number in moving if number),
        roles=tuple(Role.objects.current().filter(user=closed).select_related("organisation").order_by("pk")),
        same_number=same_number(kept, closed), against=against(kept, closed),
    )  # fmt: skip


def moving_field(one: Declared) -> str:
    """The field by which rows of this model go over; "" where they stay."""
    return next((name for name, how in one.merge.items() if how == "moves" and name != "taken"), "")


def rows_moving(one: Declared, closed: User) -> QuerySet[Any]:
    return one.model._base_manager.filter(**{moving_field(one): closed.pk}).order_by("pk")


def same_number(first: User, second: User) -> bool:
    keys = PersonalIdKey.objects.filter(user__in=[first, second]).values("digest")
    return keys.annotate(n=Count("user", distinct=True)).filter(n__gt=1).exists()


def against(kept: User, closed: User) -> str:
    """Why these two are not merged, in one word; "" where nothing stands against it."""
    pair = [kept.pk, closed.pk]
    if kept.pk == closed.pk:
        return "one"
    if not (kept.is_active and closed.is_active) or AccountMerge.objects.standing().filter(closed__in=pair).exists():
        return "closed"
    if kept.is_superuser or closed.is_superuser:
        return "superuser"
    if Erasure.objects.filter(account__in=pair).exists() or _asked_to_be_erased(pair):
        return "erased"
    if _different_years([kept, closed]) and not same_number(kept, closed):
        return "two_people"
    if _list_at_work(pair):
        return "list"
    waiting = set(OpenedAccount.objects.waiting().filter(user__in=pair).values_list("user_id", flat=True))
    return "nobody_home" if kept.pk in waiting and closed.pk not in waiting else ""


def _different_years(people: Iterable[User]) -> bool:
    return len({one.birth_year for one in people} - {None}) > 1


def _asked_to_be_erased(pair: list[int]) -> bool:
    return DataRequest.objects.filter(person__in=pair, kind=RequestKind.ERASE, state__in=OPEN_STATES).exists()


def _list_at_work(pair: list[int]) -> bool:
    return RosterRow.objects.filter(user__in=pair, roster__state__in=OWED).exists()
