from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone

from people.consents import ConsentText, current_texts
from people.models import ConsentPurpose, Membership, OpenedAccount, Organisation, User


def role_kinds(user: User) -> set[str]:
    """The kinds of roles `user` holds anywhere now. One query, kept on the user object."""
    if not hasattr(user, "_role_kinds"):
        user._role_kinds = set(user.roles.current().values_list("kind", flat=True))  # type: ignore[attr-defined]
    return set(user._role_kinds)  # type: ignore[attr-defined]


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


def consent_states(user: User, today: dt.date) -> list[ConsentState]:
    """One state a purpose, the last one given; a guardian's purpose only where it was given or is needed."""
    last = {consent.purpose: consent for consent in user.consents.order_by("given_at", "pk")}  # type: ignore[attr-defined]
    states = []
    for purpose, text in current_texts().items():
        kept = last.get(purpose)
        if kept is not None:
            states.append(ConsentState(text, kept.given_at, kept.withdrawn_at, kept.version, kept.given_by))
        elif purpose != ConsentPurpose.GUARDIAN or user.is_minor(today):
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
