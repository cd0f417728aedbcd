"""A person takes over the account that an organisation opened for her: by a code on paper or by the link of a letter."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable, Sequence
from smtplib import SMTPException

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from people.models import Channel, Membership, OpenedAccount, Organisation, Role, StaffCategory, User
from people.slips import Paper

log = logging.getLogger(__name__)

GOOD_FOR = dt.timedelta(days=60)
GIVE_UP = 3  # letters on end that the mail server did not take
# Without the look-alikes 0 O 1 I L.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


class WrongCode(Exception):
    """No account waits for this code, or its time is over."""


class NotTheirs(PermissionError):
    """The signed-in account does not own the address the letter went to."""


def digest_of(code: str) -> str:
    bare = "".join(letter for letter in code.lower() if letter.isalnum())
    return hmac.new(settings.SECRET_KEY.encode(), f"activation:{bare}".encode(), hashlib.sha256).hexdigest()


def new_code() -> str:
    """Such as "m7kp-42xh-9qwe": 59 bits."""
    letters = "".join(secrets.choice(_ALPHABET) for _place in range(12))
    return "-".join(letters[place : place + 4] for place in (0, 4, 8))


@transaction.atomic
def issue_slips(*, opened: Sequence[OpenedAccount], organisation: Organisation, now: dt.datetime) -> list[Paper]:
    """Papers with new codes, which are here for once; every code and link given out before for them ends.

    Who has taken over gets none.
    """
    locked = list(
        OpenedAccount.objects.select_for_update(of=("self",)).waiting().filter(pk__in=[one.pk for one in opened])
        .select_related("user").order_by("user__name_folded", "pk")
    )  # fmt: skip
    places = {
        one.user_id: one for one in Membership.objects.current()
        .filter(user_id__in=[one.user_id for one in locked], organisation__path__startswith=organisation.path)
        .select_related("organisation").order_by("-pk")
    }  # fmt: skip
    slips = []
    for one in locked:
        code = new_code()
        one.digest, one.channel, one.issued_at, one.letter_owed = digest_of(code), Channel.SLIP, now, False
        place = places.get(one.user_id)
        slips.append(
            Paper(
                name=one.user.full_name, username=one.user.username, code=code,
                unit=place.organisation.label if place else "", number=place.code if place else "",
            )
        )  # fmt: skip
    OpenedAccount.objects.bulk_update(locked, ["digest", "channel", "issued_at", "letter_owed"], batch_size=200)
    return slips


def owe_letters(*, opened: Sequence[OpenedAccount]) -> int:
    """Every one of these accounts that has an address is owed a new letter. Returns how many."""
    return OpenedAccount.objects.waiting().filter(pk__in=[one.pk for one in opened]).exclude(address="").update(letter_owed=True)


def send_letters(*, now: dt.datetime, send: Callable[[OpenedAccount, str], None], limit: int = 200) -> int:
    """Send what is owed. A letter that the mail server does not take stays owed; a dead server is asked no further."""
    sent = failed = 0
    owed = OpenedAccount.objects.waiting().filter(letter_owed=True).select_related("user", "organisation").order_by("pk")
    for one in owed[:limit]:
        token = secrets.token_urlsafe(24)
        # The digest first: a letter that arrives must open something, one that is lost may be sent again.
        OpenedAccount.objects.filter(pk=one.pk).update(digest=digest_of(token), channel=Channel.LETTER, issued_at=now)
        try:
            send(one, token)
        except (SMTPException, OSError):
            log.exception("the letter of activation %s could not be sent", one.pk)
            failed += 1
            if failed >= GIVE_UP:
                break
            continue
        OpenedAccount.objects.filter(pk=one.pk).update(letter_owed=False, letter_sent_at=now)
        sent += 1
    return sent


def find(*, code: str, now: dt.datetime, username: str = "", channel: str = "") -> OpenedAccount:
    """The account that waits for `code`; from a paper its username is needed too. Raises WrongCode."""
    found = OpenedAccount.objects.waiting().filter(digest=digest_of(code), channel=channel).select_related("user", "organisation")
    one = found.first()
    if one is None or one.issued_at is None or one.issued_at + GOOD_FOR < now:
        raise WrongCode
    if channel == Channel.SLIP and one.user.username != username.strip().lower():
        raise WrongCode
    return one


def activate(*, opened: OpenedAccount, password: str, now: dt.datetime) -> User:
    """The person sets a password; the link of a letter proves her address as well. Raises WrongCode if somebody was quicker."""
    hashed = make_password(password)
    with transaction.atomic():
        locked = OpenedAccount.objects.select_for_update(of=("self",)).select_related("user").get(pk=opened.pk)
        if locked.activated_at or locked.digest != opened.digest:
            raise WrongCode
        user = locked.user
        user.password = hashed
        user.save(update_fields=["password"])
        if locked.channel == Channel.LETTER:
            _prove(user, locked.address)
        locked.activated_at, locked.digest, locked.letter_owed = now, "", False
        locked.save(update_fields=["activated_at", "digest", "letter_owed"])
    return user


def _prove(user: User, address: str) -> None:
    """The address is hers, unless an account proved it before."""
    try:
        with transaction.atomic():
            user.email = address
            user.save(update_fields=["email"])
            EmailAddress.objects.update_or_create(user=user, email=address, defaults={"verified": True, "primary": True})
    except IntegrityError:
        user.email = ""


def owner_of(address: str) -> User | None:
    """The account that has proven this address. Only who holds a letter sent there may be told of it."""
    known = EmailAddress.objects.filter(email=address.lower(), verified=True).select_related("user").first()
    return known.user if known else User.objects.filter(email=address.lower()).exclude(email="").first()


@transaction.atomic
def join(*, opened: OpenedAccount, user: User, stays: bool, now: dt.datetime) -> User:
    """The person has an account already: what the organisation wrote moves to it, the empty one closes.

    Unless she `stays`, her work elsewhere ends today: that is a transfer. Raises NotTheirs, WrongCode.
    """
    locked = OpenedAccount.objects.select_for_update(of=("self",)).select_related("user").get(pk=opened.pk)
    if locked.activated_at or locked.digest != opened.digest or locked.channel != Channel.LETTER:
        raise WrongCode
    owner = owner_of(locked.address)
    if owner is None or owner.pk != user.pk:
        raise NotTheirs
    today, empty = timezone.localdate(now), locked.user
    elsewhere = Membership.objects.current().filter(user=user).exclude(category=StaffCategory.PUPIL)
    here = {place.organisation_id: place for place in Membership.objects.current().filter(user=user)}
    moving = list(Membership.objects.current().filter(user=empty))
    if not stays:
        elsewhere.exclude(organisation_id__in=[place.organisation_id for place in moving]).update(until=today)
    for place in moving:
        if place.organisation_id in here:
            Membership.objects.filter(pk=here[place.organisation_id].pk).update(code=place.code, category=place.category)
            Membership.objects.filter(pk=place.pk).update(until=today)
        else:
            Membership.objects.filter(pk=place.pk).update(user=user)
    for role in Role.objects.current().filter(user=empty):
        held = Role.objects.current().filter(user=user, kind=role.kind, organisation_id=role.organisation_id)
        Role.objects.filter(pk=role.pk).update(**({"until": now} if held.exists() else {"user": user}))
    User.objects.filter(pk=empty.pk).update(is_active=False)
    locked.activated_at, locked.digest, locked.letter_owed = now, "", False
    locked.save(update_fields=["activated_at", "digest", "letter_owed"])
    return user
