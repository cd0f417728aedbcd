"""Several ways of one person into one account: what links them, what does not, and taking one away.

Nobody is let into an account because of an e-mail address a provider names, nor because an organisation wrote an ID number
into it, unless that account waits for its owner still (decision 0021).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from people.actions.accounts import register_account, spare_username
from people.actions.sessions import end_sign_ins
from people.models import AccountEvent, AccountEventKind, AccountMerge, OpenedAccount, PersonalIdKey, Role, User
from people.oidc import Claims
from people.personal_id import digests
from people.text import fold


class BelongsToAnother(ValueError):
    """This way in leads into another account."""


class LastWayIn(ValueError):
    """Without it nobody could come into the account again."""


@transaction.atomic
def link(*, user: User, provider: str, claims: Claims, now: dt.datetime) -> SocialAccount:
    """From now on who comes from `provider` as this subject is `user`. A letter is owed. Linked twice, the first one stands.

    Where the identity is left over on an account that was merged into this one, it comes along: she has proved both.
    Raises BelongsToAnother.
    """
    User.objects.select_for_update().get(pk=user.pk)
    known = SocialAccount.objects.select_for_update().filter(provider=provider, uid=claims.subject).first()
    if known is not None and known.user_id != user.pk:
        if not AccountMerge.objects.standing().filter(kept=user, closed=known.user_id).exists():
            raise BelongsToAnother(provider)
        SocialAccount.objects.filter(pk=known.pk).update(user=user)
        PersonalIdKey.objects.filter(user=known.user_id, digest__in=claims.digests).delete()
    if known is not None and known.user_id == user.pk:
        return known
    made = known or SocialAccount.objects.create(user=user, provider=provider, uid=claims.subject)
    made.user = user
    renew_key(user=user, claims=claims, now=now)
    _note(user, AccountEventKind.IDENTITY_LINKED, provider, now)
    return made


@transaction.atomic
def renew_key(*, user: User, claims: Claims, now: dt.datetime) -> None:
    """Keep the digest she came with, under the newest key alone. One that another account has proved stays with that one."""
    if not claims.digests:
        return
    newest = claims.digests[0]
    if PersonalIdKey.objects.filter(digest__in=claims.digests, proven=True).exclude(user=user).exists():
        return
    PersonalIdKey.objects.filter(user=user, digest__in=claims.digests[1:]).delete()
    told = {"proven": True, "noted_by": None, "noted_at": now}
    # Not again at each log-in: what is proven is proven.
    if not PersonalIdKey.objects.filter(user=user, digest=newest, proven=True).exists():
        PersonalIdKey.objects.update_or_create(user=user, digest=newest, defaults=told)


@transaction.atomic
def recognise(*, provider: str, claims: Claims, now: dt.datetime) -> User | None:
    """The account of whoever came from `provider` for the first time, found by her ID number and linked; else None.

    Of accounts that proved the number before it is that one. Of those an organisation gave it to, only one that nobody has
    taken over, that holds no power, and whose name and year agree: an officer who writes her own number beside somebody
    else's name, or mistypes one, opens nothing.
    """
    proved = PersonalIdKey.objects.filter(digest__in=claims.digests, proven=True).select_related("user")
    user = next((key.user for key in proved if not key.user.is_superuser), None) or _waiting(claims)
    # Into a closed one nobody comes; who calls tells her into which it was merged.
    if user is None or not user.is_active:
        return user
    link(user=user, provider=provider, claims=claims, now=now)
    OpenedAccount.objects.waiting().filter(user=user).update(activated_at=now, digest="", letter_owed=False)
    return user


def _waiting(claims: Claims) -> User | None:
    noted = PersonalIdKey.objects.filter(digest__in=claims.digests, user__is_active=True, user__is_superuser=False)
    waiting = OpenedAccount.objects.waiting().select_for_update(of=("self",)).filter(user__in=noted.values("user_id"))
    found = [one.user for one in waiting.select_related("user")]
    if len(found) != 1 or Role.objects.current().filter(user=found[0]).exists():
        return None
    agrees = fold(found[0].full_name) == fold(claims.full_name) != ""
    return found[0] if agrees and found[0].birth_year in {None, claims.birth_year} else None


def register(
    *,
    full_name: str,
    birth_year: int,
    audience: str,
    consents: Mapping[str, str],
    provider: str,
    claims: Claims,
    now: dt.datetime,
) -> User:
    """A new account that is entered by way of `provider` alone, until its owner sets something else. Raises as register_account
    does, and BelongsToAnother."""
    with transaction.atomic():
        user = register_account(
            full_name=full_name, username=spare_username(full_name), email="", password=None, birth_year=birth_year,
            audience=audience, consents=consents, channel="web", now=now,
        )  # fmt: skip
        link(user=user, provider=provider, claims=claims, now=now)
    return user


@transaction.atomic
def unlink(*, user: User, identity: SocialAccount, session_key: str, now: dt.datetime) -> None:
    """Take one way in away, and end the sessions elsewhere. The number it proved goes with the last one, or it would link again.

    Unlinked twice, nothing more happens. Raises LastWayIn.
    """
    User.objects.select_for_update().get(pk=user.pk)
    mine = SocialAccount.objects.filter(user=user, pk=identity.pk)
    if not mine.exists():
        return
    others = SocialAccount.objects.filter(user=user).exclude(pk=identity.pk).exists()
    if not others and not enters_otherwise(user):
        raise LastWayIn(identity.pk)
    mine.delete()
    if not others:
        PersonalIdKey.objects.filter(user=user, proven=True).delete()
    end_sign_ins(user=user, keep=session_key)
    _note(user, AccountEventKind.IDENTITY_UNLINKED, identity.provider, now)


def enters_otherwise(user: User) -> bool:
    """By password, by a code sent to a proven address, or by a passkey."""
    passkeys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    return user.has_usable_password() or bool(user.email) or passkeys.exists()


@transaction.atomic
def note_personal_id(*, user: User, number: str, by: User | None, now: dt.datetime) -> bool:
    """What an organisation knows of its member: kept as a digest, so that her national sign-in finds the account it opened.

    Whether there was a number to keep. It opens an account only while nobody has taken it over (see `recognise`); afterwards
    it merely lets likely duplicates be found. Whoever calls has asked whether `by` may write about `user`.
    """
    made = digests(number)
    if not made or PersonalIdKey.objects.filter(user=user, proven=True).exists():
        return False
    PersonalIdKey.objects.filter(user=user).exclude(digest=made[0]).delete()
    PersonalIdKey.objects.get_or_create(user=user, digest=made[0], defaults={"noted_by": by, "noted_at": now})
    return True


def _note(user: User, kind: str, provider: str, now: dt.datetime) -> None:
    AccountEvent.objects.create(kind=kind, user=user, by=user, reason=provider, at=now)
