"""What one person does to another's way in, and the letters owed about it."""

from __future__ import annotations

import datetime as dt
import logging
from smtplib import SMTPException

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from people.actions.sessions import end_sign_ins
from people.models import AccountEvent, AccountEventKind, User
from people.queries import colleague
from people.sealing import reseal
from people.text import nfc

logger = logging.getLogger(__name__)


class NotYourColleague(PermissionError):
    """Whoever asks is no owner of every place in which the other holds a role, or asks for herself."""


@transaction.atomic
def reset_second_factor(*, user: User, by: User | None, reason: str, now: dt.datetime) -> AccountEvent | None:
    """Take every second factor from `user`, who lost hers, and end her sessions; she sets up a new one when she is back.

    `by` None is the command line, the last resort. Kept with its reason, and a letter about it is owed. Without a factor
    there is nothing to do: None. Raises NotYourColleague.
    """
    if by is not None and colleague(by, user.pk) is None:
        raise NotYourColleague(user.pk)
    gone, _by_model = Authenticator.objects.filter(user=User.objects.select_for_update().get(pk=user.pk)).delete()
    if not gone:
        return None
    end_sign_ins(user=user)
    return AccountEvent.objects.create(
        kind=AccountEventKind.SECOND_FACTOR_RESET, user=user, by=by, reason=nfc(reason)[:200], at=now
    )


@transaction.atomic
def reseal_second_factors() -> int:
    """Every kept secret under the newest key. Done twice, the secrets are the same."""
    touched = 0
    for one in Authenticator.objects.select_for_update().exclude(type=Authenticator.Type.WEBAUTHN):
        for name in {"secret", "seed"} & set(one.data):
            one.data[name] = reseal(one.data[name])
        if "migrated_codes" in one.data:
            one.data["migrated_codes"] = [reseal(code) for code in one.data["migrated_codes"]]
        one.save(update_fields=["data"])
        touched += 1
    return touched


def tell_owed(*, now: dt.datetime, limit: int = 200) -> int:
    """Write to the people to whom something was done. A letter may come twice after a crash, never not at all."""
    told = 0
    for event in AccountEvent.objects.untold().select_related("user", "by").order_by("pk")[:limit]:
        context = {"event": event, "at": timezone.localtime(event.at), "address": settings.PUBLIC_URL}
        # We do not know which language the reader of a letter chose; ours is the city's.
        with translation.override("vi"):
            subject = render_to_string(f"people/email/{event.kind}_subject.txt", context).strip()
            body = render_to_string(f"people/email/{event.kind}_message.txt", context)
        try:
            send_mail(settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + subject, body, None, [event.user.email])
        except (SMTPException, OSError):
            logger.exception("letters about accounts wait")
            break
        AccountEvent.objects.filter(pk=event.pk).update(told_at=now)
        told += 1
    return told
