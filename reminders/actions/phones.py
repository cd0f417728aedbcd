"""A number is given, proved by a code that is sent to it, and taken away again; and the gateways as they are set up."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import uuid

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from people.actions.accounts import answer_consent
from people.models import ConsentPurpose, User
from people.sealing import seal, unseal
from reminders import queries
from reminders.channels import Channel, Message, Refused
from reminders.gateways import Failing, HttpSms, InTurn, ToFile, ZaloTokens, ZaloZns
from reminders.models import GatewayToken, Phone
from reminders.wording import code_text

GOOD_FOR = dt.timedelta(minutes=10)
TRIES = 5
# Codes a day, to one account and to one number, whoever asks.
CODES_A_DAY = 3
NOTHING = {"number": "", "confirmed_at": None, "code": "", "code_until": None, "tries": 0}


class NotForChildren(Exception):
    pass


class EnoughCodes(Exception):
    """So many codes were sent today that no more go until tomorrow."""


class NotSent(Exception):
    """The gateway did not take it: for good (the argument is "number") or for now ("gateway")."""


class WrongCode(Exception):
    """The argument is how many tries are left."""


def gateway() -> Channel | None:
    """As the settings say; None where there is none."""
    made: list[Channel] = []
    for name in settings.REMINDER_GATEWAYS:
        if name == "sms":
            made.append(HttpSms(settings.SMS_URL, settings.SMS_TOKEN, settings.SMS_SENDER))
        elif name == "zalo":
            templates = {"reminder": settings.ZALO_TEMPLATE_REMINDER, "code": settings.ZALO_TEMPLATE_CODE}
            made.append(ZaloZns(settings.ZALO_APP_ID, settings.ZALO_APP_SECRET, templates, load_tokens, keep_tokens))
        elif name == "file":
            made.append(ToFile(settings.VAR_DIR / "messages.jsonl"))
        else:
            made.append(Failing())
    return InTurn(made) if made else None


def send_code(*, person: User, number: str, agreed: bool, now: dt.datetime) -> None:
    """Send a code to `number`, which takes the place of an earlier one and is used only when proved.

    `agreed`: she ticked the consent. Raises NotForChildren, EnoughCodes, NotSent, DataHeldBack, ValueError where she did not.
    """
    through = gateway()
    if through is None or not queries.may_have_phone(person, now):
        raise NotForChildren
    if not agreed:
        raise ValueError("nobody is sent a message without having agreed")
    code = f"{secrets.randbelow(1_000_000):06d}"
    with transaction.atomic():
        _count(person, number, timezone.localdate(now))
        answer_consent(user=person, purpose=ConsentPurpose.PHONE, agreed=True, channel="web", now=now)
        Phone.objects.filter(person=person).update(
            number=number, confirmed_at=None, code=make_password(code), code_until=now + GOOD_FOR, tries=0
        )
    message = Message(
        key=f"code-{uuid.uuid4()}", address=number, subject="", body=code_text(code), kind="code", fields={"code": code}
    )
    try:
        with through as channel:
            channel.send(message)
    except Refused as error:
        raise NotSent("number") from error
    except OSError as error:
        raise NotSent("gateway") from error


def _count(person: User, number: str, today: dt.date) -> None:
    row, _made = Phone.objects.select_for_update().get_or_create(person=person)
    if row.sent_on != today:
        row.sent_on, row.sent = today, 0
    # By number in the cache: whoever takes a number away again leaves nothing of it in the database.
    key = f"phone-codes:{today}:{hashlib.sha256(number.encode()).hexdigest()}"
    cache.add(key, 0, 60 * 60 * 24)
    if row.sent >= CODES_A_DAY or cache.incr(key) > CODES_A_DAY:
        raise EnoughCodes
    row.sent += 1
    row.save(update_fields=["sent_on", "sent"])


def confirm_code(*, person: User, code: str, now: dt.datetime) -> None:
    """The number is hers. Raises WrongCode; each try is counted."""
    left = _try(person, code, now)
    if left is not None:
        raise WrongCode(left)


@transaction.atomic
def _try(person: User, code: str, now: dt.datetime) -> int | None:
    """How many tries are left after a wrong one; None where it was right."""
    row = Phone.objects.select_for_update().filter(person=person).first()
    if row is None or not row.code or row.code_until is None or row.code_until <= now or row.tries >= TRIES:
        return 0
    if not check_password(code, row.code):
        Phone.objects.filter(pk=row.pk).update(tries=row.tries + 1)
        return TRIES - row.tries - 1
    Phone.objects.filter(pk=row.pk).update(confirmed_at=now, code="", code_until=None)
    return None


@transaction.atomic
def remove_phone(*, person: User, now: dt.datetime) -> None:
    """The number goes at once. That she agreed once stays on record, and until tomorrow how many codes she was sent."""
    answer_consent(user=person, purpose=ConsentPurpose.PHONE, agreed=False, channel="web", now=now)
    Phone.objects.filter(person=person).update(**NOTHING)


def forget_phones(*, now: dt.datetime) -> int:
    """Numbers of people who took their consent back on the account page or restricted the use of their data, and empty rows."""
    gone = Phone.objects.filter(pk__in=queries.disagreed_phones()).exclude(number="").update(**NOTHING)
    return gone + Phone.objects.filter(number="", sent_on__lt=timezone.localdate(now)).delete()[0]


# --- Zalo's tokens --------------------------------------------------------------------------------------------------------


def _began_with() -> str:
    return hashlib.sha256(settings.ZALO_REFRESH_TOKEN.encode()).hexdigest()


def load_tokens() -> ZaloTokens:
    row = GatewayToken.objects.filter(began_with=_began_with()).first()
    if row is None:
        return ZaloTokens(access="", refresh=settings.ZALO_REFRESH_TOKEN)
    return ZaloTokens(access=unseal(row.access), refresh=unseal(row.refresh))


@transaction.atomic
def keep_tokens(old: ZaloTokens, new: ZaloTokens) -> ZaloTokens:
    """Keep the pair that followed `old`. Where another worker was quicker, its pair holds."""
    row = GatewayToken.objects.select_for_update().first()
    if row and row.began_with == _began_with() and unseal(row.refresh) != old.refresh:
        return load_tokens()
    fields = {"access": seal(new.access), "refresh": seal(new.refresh), "began_with": _began_with(), "kept_at": timezone.now()}
    GatewayToken.objects.update_or_create(pk=1, defaults=fields)
    return new
