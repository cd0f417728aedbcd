"""Opening an account, its name, its consents, and the roles that give power over others."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Mapping

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, transaction
from django.utils import timezone
from wagtail.models import Collection, GroupApprovalTask, GroupCollectionPermission, GroupPagePermission, Page

from people.actions.guardians import ask_guardian
from people.consents import current_texts
from people.models import Audience, Consent, ConsentPurpose, Organisation, Role, RoleKind, User
from people.text import fold, is_person_name, is_username, nfc


class NameRefused(ValueError):
    """Not a name as people.text.is_person_name has it."""


class IdentifierRefused(ValueError):
    """Neither e-mail nor username, or a username that people.text.is_username refuses."""


class UsernameTaken(ValueError):
    """Another account has this username, in whatever case."""


class ConsentMissing(ValueError):
    """A consent without which there is no account was not given. The argument is its purpose."""


class ConsentBinding(ValueError):
    """This consent cannot be withdrawn while the account stays open."""


class ChildConsent(ValueError):
    """What is not needed for learning is not asked of a child under 16."""


class DataHeldBack(ValueError):
    """While the use of somebody's data is restricted no new use of it begins."""


class RoleRefused(PermissionError):
    """Whoever grants or ends has no role that reaches this kind of role in this organisation."""


class SecondPersonNeeded(PermissionError):
    """So heavy a role takes two: ask for it with people.actions.powers.ask_role."""


# --- accounts ---------------------------------------------------------------------------------------------------------


def register_account(
    *,
    full_name: str,
    username: str,
    email: str,
    password: str | None,
    birth_year: int,
    audience: str,
    consents: Mapping[str, str],
    channel: str,
    now: dt.datetime,
    guardian_email: str = "",
) -> User:
    """A new account with its consents. `consents` maps each purpose agreed to, to who agreed ("" for the person herself).

    Under 16 a guardian agreed, by name, or is asked by letter at `guardian_email`; then the account stays shut until he
    has agreed (people.actions.guardians).

    The address is kept as unproven: User.email stays empty until its owner confirms it, so an address that belongs to
    another account is accepted here like any other and gives nothing away. Without a username one is made up that
    tells nothing about the address either. Without a password (None) the account is entered in another way alone.
    Raises NameRefused, IdentifierRefused, UsernameTaken, ConsentMissing.
    """
    full_name, username, email = nfc(full_name), nfc(username).lower(), nfc(email).lower()
    if not is_person_name(full_name):
        raise NameRefused(full_name)
    if not (username or email) or (username and not is_username(username)):
        raise IdentifierRefused(username)
    user = User(
        username=username or spare_username(full_name),
        full_name=full_name,
        name_folded=fold(full_name)[:120],
        birth_year=birth_year,
        audience=Audience(audience),
        # Hashed before the transaction: it is slow on purpose, and SQLite has one writer.
        password=make_password(password),
    )
    _require_consents(user, consents, timezone.localdate(now), asked=bool(guardian_email))
    with transaction.atomic():
        try:
            with transaction.atomic():
                user.save(force_insert=True)
        except IntegrityError as error:
            raise UsernameTaken(user.username) from error
        if email:
            EmailAddress.objects.create(user=user, email=email, primary=True, verified=False)
        record_consents(user=user, given=consents, channel=channel, now=now)
        if guardian_email and user.is_minor(timezone.localdate(now)):
            ask_guardian(child=user, address=guardian_email, by=user, now=now)
    return user


def spare_username(full_name: str) -> str:
    """A free username from the given name and five random digits: "an.48213"."""
    words = fold(full_name).split()
    given = re.sub(r"[^a-z]", "", words[-1] if words else "")[:20] or "hocvien"
    while True:
        username = f"{given}.{secrets.randbelow(90_000) + 10_000}"
        if not User.objects.filter(username=username).exists():
            return username


def change_name(*, user: User, full_name: str, now: dt.datetime) -> User:
    """Certificates already issued keep the name they were issued to. Raises NameRefused."""
    full_name = nfc(full_name)
    if not is_person_name(full_name):
        raise NameRefused(full_name)
    user.full_name, user.name_folded = full_name, fold(full_name)[:120]
    user.save(update_fields=["full_name", "name_folded"])
    return user


@transaction.atomic
def await_address(*, user: User, email: str) -> EmailAddress:
    """`email` waits for its owner's word; until then the one in use stays in use, proven or written by a roster.

    Another address still waiting is forgotten. Asked twice, the same one waits.
    """
    email = nfc(email).lower()
    EmailAddress.objects.filter(user=user, verified=False).exclude(email__in=[email, user.email]).delete()
    return EmailAddress.objects.get_or_create(user=user, email=email)[0]


# --- consents ---------------------------------------------------------------------------------------------------------


def _require_consents(user: User, given: Mapping[str, str], today: dt.date, *, asked: bool) -> None:
    if ConsentPurpose.ACCOUNT not in given:
        raise ConsentMissing(ConsentPurpose.ACCOUNT)
    agreed = is_person_name(nfc(given.get(ConsentPurpose.GUARDIAN, "")))
    if user.is_minor(today) and not (agreed or asked):
        raise ConsentMissing(ConsentPurpose.GUARDIAN)


@transaction.atomic
def record_consents(*, user: User, given: Mapping[str, str], channel: str, now: dt.datetime) -> list[Consent]:
    """Keep what was agreed to, at the newest version of each text. Given again, the first date stands."""
    texts = current_texts()
    return [
        Consent.objects.get_or_create(
            user=user,
            purpose=ConsentPurpose(purpose),
            version=texts[purpose].version,
            withdrawn_at=None,
            defaults={"given_at": now, "channel": channel, "given_by": nfc(given_by)},
        )[0]
        for purpose, given_by in given.items()
    ]


def answer_consent(*, user: User, purpose: str, agreed: bool, channel: str, now: dt.datetime) -> None:
    """Give or withdraw an optional consent, every version of it. Raises ConsentBinding for the others, ChildConsent."""
    if not current_texts()[purpose].optional:
        raise ConsentBinding(purpose)
    if agreed and user.is_minor(timezone.localdate(now)):
        raise ChildConsent(purpose)
    if agreed and user.restrictions.current().exists():  # type: ignore[attr-defined]
        raise DataHeldBack(purpose)
    if agreed:
        record_consents(user=user, given={purpose: ""}, channel=channel, now=now)
    else:
        Consent.objects.filter(user=user, purpose=purpose, withdrawn_at=None).update(withdrawn_at=now)


# --- roles ------------------------------------------------------------------------------------------------------------

GRANTABLE: dict[str, set[str]] = {
    RoleKind.OWNER: set(RoleKind.values),
    RoleKind.OFFICER: {RoleKind.TEACHER, RoleKind.OFFICER},
}

EDITORS = "Biên tập viên"
MODERATORS = "Kiểm duyệt viên"
_GROUP_OF = {RoleKind.EDITOR: EDITORS, RoleKind.OWNER: MODERATORS}
_PAGE_PERMISSIONS = {
    EDITORS: ["add_page", "change_page"],
    MODERATORS: ["add_page", "change_page", "publish_page", "lock_page", "unlock_page", "bulk_delete_page"],
}
_COLLECTION_PERMISSIONS = ["add_image", "change_image", "choose_image", "add_document", "change_document", "choose_document"]


def require_reach(by: User | None, kind: str, organisation: Organisation) -> None:
    """Raises RoleRefused. `by` None is the command line, which set up the first owner; a superuser is bound by nothing."""
    if by is None or by.is_superuser:
        return
    for role in Role.objects.current().filter(user=by, kind__in=list(GRANTABLE)).select_related("organisation"):
        if kind in GRANTABLE[role.kind] and organisation.path.startswith(role.organisation.path):
            return
    raise RoleRefused(kind)


def takes_two(kind: str, organisation: Organisation) -> bool:
    """Who owns, who looks into everything, and whatever reaches the whole city."""
    return kind in {RoleKind.OWNER, RoleKind.AUDITOR} or organisation.depth == 1


@transaction.atomic
def grant_role(*, user: User, kind: str, organisation: Organisation, by: User | None, now: dt.datetime) -> Role:
    """Give `user` a role in `organisation` and all under it; the CMS groups follow.

    An owner grants every role, an officer teacher and officer, each within his own sub-tree; nobody grants more than
    he holds. What takes two is not granted by one. Granted twice, the first one stands.
    Raises RoleRefused, SecondPersonNeeded, ValueError for an unknown kind.
    """
    require_reach(by, RoleKind(kind), organisation)
    if by is not None and not by.is_superuser and takes_two(kind, organisation):
        raise SecondPersonNeeded(kind)
    return give_role(user=user, kind=kind, organisation=organisation, by=by, now=now)


@transaction.atomic
def give_role(*, user: User, kind: str, organisation: Organisation, by: User | None, now: dt.datetime) -> Role:
    """The deed itself, after who may was asked. Only for the actions of this app."""
    role, _created = Role.objects.get_or_create(
        user=user, kind=kind, organisation=organisation, until=None, defaults={"since": now, "granted_by": by}
    )
    match_groups(user)
    return role


@transaction.atomic
def end_role(*, role: Role, by: User | None, now: dt.datetime) -> Role:
    """The role ends at `now`, the CMS groups follow. Ended twice, the first end stands. Raises RoleRefused."""
    require_reach(by, role.kind, role.organisation)
    if Role.objects.current().filter(pk=role.pk).update(until=now):
        match_groups(role.user)
    role.refresh_from_db()
    return role


def match_groups(user: User) -> None:
    """Give the groups of Wagtail that go with the roles held now. Only for the actions of this app."""
    for kept in ("_held", "_overseen_roots", "_managed_roots"):
        user.__dict__.pop(kept, None)
    kinds = set(Role.objects.current().filter(user=user).values_list("kind", flat=True))
    groups = ensure_groups() if kinds & set(_GROUP_OF) else {group.name: group for group in user.groups.all()}
    for kind, name in _GROUP_OF.items():
        if name in groups:
            (user.groups.add if kind in kinds else user.groups.remove)(groups[name])


@transaction.atomic
def ensure_groups() -> dict[str, Group]:
    """The two groups by which Wagtail lets editors write and owners publish, by name. Adds what is missing only.

    Neither may touch users, groups or any row of ours: roles are granted here and nowhere else (security V32).
    """
    pages, collections = Page.get_first_root_node(), Collection.get_first_root_node()
    groups = {}
    for name, codenames in _PAGE_PERMISSIONS.items():
        group, created = Group.objects.get_or_create(name=name)
        groups[name] = group
        if created:
            group.permissions.add(Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin"))
            for permission in Permission.objects.filter(content_type__app_label="wagtailcore", codename__in=codenames):
                GroupPagePermission.objects.create(group=group, page=pages, permission=permission)
            for permission in Permission.objects.filter(
                content_type__app_label__in=["wagtailimages", "wagtaildocs"], codename__in=_COLLECTION_PERMISSIONS
            ):
                GroupCollectionPermission.objects.create(group=group, collection=collections, permission=permission)
            if name == MODERATORS:
                # Wagtail ships one workflow, whose task asks its own group "Moderators": ours approves as well.
                for task in GroupApprovalTask.objects.filter(active=True):
                    task.groups.add(group)
    return groups
