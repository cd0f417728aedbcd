from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Case, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, When
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from people.consents import ConsentText, current_texts
from people.models import (
    HANDLING,
    AccountEvent,
    ConsentPurpose,
    DataRequest,
    Impersonation,
    Membership,
    OpenedAccount,
    Organisation,
    Restriction,
    Role,
    RoleKind,
    RoleRequest,
    SignIn,
    User,
    overseen_roots,
    people_handled_by,
)
from people.prepared import prepared


@dataclass(frozen=True)
class Held:
    """What decides whether somebody may open the screens of staff: her roles, and the second factors she has now."""

    kinds: frozenset[str]
    factors: frozenset[int]


@prepared(pk=int)
def _person(pk: int) -> QuerySet[User]:
    """A row for each pair of a role she holds now and a second factor; one where there is none."""
    now = FilteredRelation("roles", condition=Q(roles__until__isnull=True))
    return User.objects.filter(pk=pk).annotate(now=now, kind_now=F("now__kind"), factor_now=F("authenticator__pk"))


def person(pk: int) -> User | None:
    """One query: each request of who is signed in begins with it, and need not ask again what she holds."""
    rows = _person(pk=pk)
    if not rows:
        return None
    found: User = rows[0]
    found._held = _held_by(rows)  # type: ignore[attr-defined]
    del found.kind_now, found.factor_now  # type: ignore[attr-defined]
    return found


def held(user: User) -> Held:
    """As the request found it, else as it is now: a role or a factor taken away counts at the next request. At most one
    query, kept on the user object."""
    if not hasattr(user, "_held"):
        user._held = _held_by(_person(pk=user.pk))  # type: ignore[attr-defined]
    return user._held  # type: ignore[attr-defined,no-any-return]


def _held_by(rows: Iterable[Any]) -> Held:
    return Held(
        frozenset(row.kind_now for row in rows if row.kind_now), frozenset(row.factor_now for row in rows if row.factor_now)
    )


def role_kinds(user: User) -> set[str]:
    """The kinds of roles `user` holds anywhere now."""
    return set(held(user).kinds)


class Proof(enum.Enum):
    """How somebody stands to the second factor that staff need."""

    NOT_NEEDED = enum.auto()
    GIVEN = enum.auto()
    # Has a factor, but this session was opened without it.
    NOT_YET = enum.auto()
    NO_FACTOR = enum.auto()


def proof(user: User, records: Iterable[Mapping[str, Any]], *, staff: bool, always: bool = False) -> Proof:
    """`records`: how this session was opened, as allauth keeps it. `staff`: the page is one of staff, who need a factor;
    elsewhere only who has one must have given it. `always`: needed whether or not she holds a role.

    People of the demo city are spared where there may be a demo city at all (production refuses it).
    """
    if staff and user.is_demo and settings.DEMO_ALLOWED:
        return Proof.NOT_NEEDED
    now = held(user)
    needed = now.kinds or always or user.is_superuser if staff else now.factors
    if not needed:
        return Proof.NOT_NEEDED
    if any(record.get("method") == "mfa" and record.get("id") in now.factors for record in records):
        return Proof.GIVEN
    # A national sign-in that itself asked for two.
    if any(record.get("method") == "national" and record.get("acr") in settings.OIDC_ACR_TWO_FACTORS for record in records):
        return Proof.GIVEN
    return Proof.NOT_YET if now.factors else Proof.NO_FACTOR


def roles_of(user: User) -> QuerySet[Role]:
    return Role.objects.current().filter(user=user).select_related("organisation").order_by("since", "pk")


def powers(viewer: User, *, kind: str = "") -> QuerySet[Role]:
    """The roles held in what `viewer` oversees, the weightiest first, each with `has_factor`. An unknown kind is as none."""
    rank = [RoleKind.OWNER, RoleKind.AUDITOR, RoleKind.EDITOR, RoleKind.SUPPORT, RoleKind.OFFICER, RoleKind.TEACHER]
    weight = Case(*(When(kind=one, then=place) for place, one in enumerate(rank)))
    found = Role.objects.current().filter(organisation__in=Organisation.objects.below(overseen_roots(viewer)))
    if kind in RoleKind.values:
        found = found.filter(kind=kind)
    factors = Authenticator.objects.filter(user=OuterRef("user"))
    return (
        found.annotate(has_factor=Exists(factors), weight=weight)
        .select_related("user", "organisation", "granted_by")
        .order_by("weight", "organisation__path", "user__name_folded", "pk")
    )


def waiting_roles(viewer: User) -> QuerySet[RoleRequest]:
    """Roles asked for in what `viewer` oversees that wait for a second person."""
    here = Organisation.objects.below(overseen_roots(viewer))
    waiting = RoleRequest.objects.pending().filter(organisation__in=here)
    return waiting.select_related("user", "organisation", "asked_by").order_by("pk")


def person_named(name: str) -> User | None:
    """By user name or proven address, exactly: a search would show who has an account."""
    wanted = name.strip().lower()
    if not wanted:
        return None
    found = User.objects.alias(lowered=Lower("email")).filter(Q(username=wanted) | Q(lowered=wanted), is_active=True)
    return found.order_by("pk").first()


def colleague(viewer: User, pk: int) -> User | None:
    """The holder of roles all of which lie in places `viewer` owns; never herself, never a superuser."""
    held_here = Role.objects.current().filter(user=pk)
    owned = Organisation.objects.filter(
        pk__in=Role.objects.current().filter(user=viewer, kind=RoleKind.OWNER).values("organisation_id")
    )
    below = Organisation.objects.below(list(owned))
    if viewer.pk == pk or not held_here.filter(organisation__in=below).exists():
        return None
    if held_here.exclude(organisation__in=below).exists():
        return None
    return User.objects.filter(pk=pk, is_superuser=False).first()


def home_organisations(user: User) -> tuple[Organisation | None, Organisation | None]:
    """The organisation to freeze on what the user does now, and the ward it lies under, if it does.

    With several memberships the one that began first is home; one carried over by a merger began before it.
    """
    began = Coalesce("carried_since", "since")
    membership = Membership.objects.current().filter(user=user).select_related("organisation").order_by(began, "pk").first()
    if membership is None:
        return None, None
    home = membership.organisation
    if home.kind in {"ward", "commune", "special_zone"}:
        return home, home
    steps = [home.path[:length] for length in range(Organisation.steplen, len(home.path), Organisation.steplen)]
    ward = Organisation.objects.filter(path__in=steps, kind__in={"ward", "commune", "special_zone"}).first()
    return home, ward


@dataclass(frozen=True)
class ConsentState:
    """How a person stands to one purpose. `version` is what was agreed to, which may be older than `text`."""

    text: ConsentText
    given_at: dt.datetime | None
    withdrawn_at: dt.datetime | None
    version: str
    given_by: str

    @property
    def standing(self) -> bool:
        return self.given_at is not None and self.withdrawn_at is None

    @property
    def outdated(self) -> bool:
        return self.standing and self.version != self.text.version


@dataclass(frozen=True)
class Device:
    """One place where a person is signed in. `here`: the one she looks from."""

    pk: int
    browser: str
    system: str
    began_at: dt.datetime
    seen_at: dt.datetime
    here: bool


def devices(user: User, session_key: str | None, now: dt.datetime) -> list[Device]:
    """This one first, then the last used. A session that a new password has shut is none any more. Two queries."""
    noted = {one.session_key: one for one in SignIn.objects.filter(user=user)}
    alive = {
        session.session_key
        for session in Session.objects.filter(session_key__in=noted, expire_date__gt=now)
        if constant_time_compare(session.get_decoded().get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    }
    found = [
        Device(one.pk, one.browser, one.system, one.began_at, one.seen_at, key == session_key)
        for key, one in noted.items()
        if key in alive
    ]
    return sorted(found, key=lambda one: (one.here, one.seen_at), reverse=True)


def consent_states(user: User, today: dt.date) -> list[ConsentState]:
    """One state a purpose, the last one given; otherwise what is asked of her: a child for what learning needs, with a
    guardian, everybody else for the rest."""
    last = {consent.purpose: consent for consent in user.consents.order_by("given_at", "pk")}  # type: ignore[attr-defined]
    family = {ConsentPurpose.GUARDIAN, ConsentPurpose.CHILD}
    asked = {ConsentPurpose.ACCOUNT} | (family if user.is_minor(today) else {ConsentPurpose.RESEARCH})
    states = []
    for purpose, text in current_texts().items():
        kept = last.get(purpose)
        if kept is not None:
            states.append(ConsentState(text, kept.given_at, kept.withdrawn_at, kept.version, kept.given_by))
        elif purpose in asked:
            states.append(ConsentState(text, None, None, "", ""))
    return states


def addresses(user: User) -> tuple[str, str]:
    """The proven e-mail address and the one still waiting for its owner's word; "" where there is none."""
    waiting = EmailAddress.objects.filter(user=user, verified=False).exclude(email=user.email).order_by("pk").last()
    return user.email, waiting.email if waiting else ""


def belongs_to_another(address: EmailAddress) -> bool:
    """Proven by another account, or written into one by an officer's roster."""
    if not address.can_set_verified():
        return True
    # The expression of the unique index, so that it is one look-up.
    taken = User.objects.alias(lowered=Lower("email")).filter(lowered=address.email.lower()).exclude(email="")
    return taken.exclude(pk=address.user_id).exists()


def personal_data(user: User) -> dict[str, Any]:
    """Everything this app keeps about one person, for handing out (Luật 91/2025/QH15): moments in the city's time."""

    def moment(value: dt.datetime | None) -> str | None:
        return timezone.localtime(value).isoformat() if value else None

    return {
        "account": {
            "username": user.username,
            "full_name": user.full_name,
            "email": user.email,
            "birth_year": user.birth_year,
            "audience": user.audience,
            "learning_record_id": str(user.actor_id),
            "opened": moment(user.date_joined),
            "last_log_in": moment(user.last_login),
        },
        "opened_by_organisation": [
            {
                "organisation": one.organisation.name,
                "legal_basis": one.basis,
                "opened": moment(one.opened_at),
                "taken_over": moment(one.activated_at),
                "address": one.address,
            }
            for one in OpenedAccount.objects.filter(user=user).select_related("organisation")
        ],
        "email_addresses": list(EmailAddress.objects.filter(user=user).order_by("pk").values("email", "verified")),
        "second_factors": list(Authenticator.objects.filter(user=user).order_by("pk").values_list("type", flat=True)),
        "signed_in": [
            {"browser": one.browser, "system": one.system, "since": moment(one.began_at), "last_used": moment(one.seen_at)}
            for one in SignIn.objects.filter(user=user).order_by("pk")
        ],
        "done_to_the_account": [
            {"what": event.kind, "at": moment(event.at), "reason": event.reason}
            for event in AccountEvent.objects.filter(user=user).order_by("pk")
        ],
        "memberships": [
            {
                "organisation": membership.organisation.name,
                "category": membership.category,
                "number": membership.code,
                "since": membership.since.isoformat(),
                "until": membership.until.isoformat() if membership.until else None,
            }
            for membership in Membership.objects.filter(user=user).select_related("organisation").order_by("since", "pk")
        ],
        "roles": [
            {
                "kind": role.kind,
                "organisation": role.organisation.name,
                "since": moment(role.since),
                "until": moment(role.until),
            }
            for role in user.roles.select_related("organisation").order_by("since", "pk")  # type: ignore[attr-defined]
        ],
        "consents": [
            {
                "purpose": consent.purpose,
                "version": consent.version,
                "given": moment(consent.given_at),
                "withdrawn": moment(consent.withdrawn_at),
                "channel": consent.channel,
                "given_by": consent.given_by,
            }
            for consent in user.consents.order_by("given_at", "pk")  # type: ignore[attr-defined]
        ],
    }


def may_be_viewed(person: User) -> bool:
    """Learners only: nobody with power of any kind, and nobody whose account is shut or whose data is held back."""
    plain = person.is_active and not (person.is_superuser or person.is_staff)
    powers = Role.objects.current().filter(user=person).exists() or person.groups.exists()
    return plain and not powers and not Restriction.objects.current().filter(person=person).exists()


def may_view_as(viewer: User, person: User) -> bool:
    """As owner or support over this person; a teacher is asked about in the classes."""
    return viewer.pk != person.pk and may_be_viewed(person) and people_handled_by(viewer).filter(pk=person.pk).exists()


def live_impersonation(viewer: User, key: str, now: dt.datetime) -> Impersonation | None:
    """The one whose key the session holds, if it is this viewer's and not over."""
    try:
        wanted = uuid.UUID(key)
    except (ValueError, TypeError, AttributeError):
        return None
    return Impersonation.objects.live(now).filter(pk=wanted, viewer=viewer).select_related("person").first()


def handles_requests(user: User) -> bool:
    """Whether `user` answers what people ask about their data."""
    return user.is_superuser or bool(role_kinds(user) & set(HANDLING))


def request_queue(user: User, *, closed: bool) -> QuerySet[DataRequest]:
    """Open ones, the most urgent first; or those answered, the last one first."""
    found = DataRequest.objects.to_handle(user).select_related("person")
    if closed:
        return found.filter(closed_at__isnull=False).order_by("-closed_at")
    return found.open().most_urgent_first()
