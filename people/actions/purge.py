"""What is kept no longer than the register says: looked for by state, done in batches, gone on with after a kill."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from smtplib import SMTPException
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from people.actions import guardians
from people.actions.privacy import erase_person
from people.models import (
    Audience,
    Consent,
    DataRequest,
    Erasure,
    GuardianQuestion,
    Impersonation,
    Membership,
    RequestState,
    Restriction,
    Role,
    UnusedAccount,
    User,
)

log = logging.getLogger(__name__)

YEAR = dt.timedelta(days=365)
# A public account in which nobody signed in: told after two years, erased two months later.
UNUSED, WARNED = 2 * YEAR, dt.timedelta(days=60)
PROOFS, LOOKS = 5 * YEAR, 2 * YEAR
BATCH = 200
_LAST_TRY = 9
_NO_CONSENT = "Cha mẹ không trả lời, từ chối hoặc đã rút đồng ý"


@dataclass(frozen=True)
class Due:
    """One kind of thing that goes: how to find the keys of what is owed, and how to let a batch of them go."""

    name: str
    owed: Callable[[dt.datetime], Iterable[Any]]
    clear: Callable[[list[Any], dt.datetime], object]


def purge(*, kinds: Iterable[Due], now: dt.datetime, more: Callable[[], bool] = lambda: True) -> dict[str, int]:
    """Let go what is owed, a batch a transaction, as long as there is time. Returns how many of each kind went."""
    gone: dict[str, int] = {}
    for kind in kinds:
        keys = list(kind.owed(now))
        gone[kind.name] = 0
        for start in range(0, len(keys), BATCH):
            if not more():
                return gone
            batch = keys[start : start + BATCH]
            with transaction.atomic():
                kind.clear(batch, now)
            gone[kind.name] += len(batch)
    return gone


def owed(*, kinds: Iterable[Due], now: dt.datetime) -> dict[str, int]:
    """How many of each kind would go now. Changes nothing."""
    return {kind.name: len(list(kind.owed(now))) for kind in kinds}


def kinds() -> tuple[Due, ...]:
    return (
        Due("children's accounts without a guardian's consent", guardians.shut_accounts, _erase(_NO_CONSENT)),
        Due("guardians' addresses", guardians.old_addresses, _forget_addresses),
        Due("consents five years after their end", _old_consents, _delete(Consent)),
        Due("requests five years after their answer", _old_requests, _delete(DataRequest)),
        Due("restrictions five years after their end", _old_restrictions, _delete(Restriction)),
        Due("looks as a learner after two years", _old_looks, _delete(Impersonation)),
        Due("notices to people who came back", _came_back, _delete(UnusedAccount)),
        Due("notices to unused accounts", _newly_unused, _notice),
        Due("unused accounts", _unused_for_good, _erase("Tài khoản lâu không dùng, đã báo trước")),
    )


def _delete(model: Any) -> Callable[[list[Any], dt.datetime], object]:
    return lambda keys, now: model.objects.filter(pk__in=keys).delete()


def _erase(reason: str) -> Callable[[list[Any], dt.datetime], object]:
    def clear(keys: list[Any], now: dt.datetime) -> None:
        for person in User.objects.filter(pk__in=keys):
            erase_person(user=person, reason=reason, by=None, now=now)

    return clear


def _forget_addresses(keys: list[Any], now: dt.datetime) -> None:
    GuardianQuestion.objects.filter(pk__in=keys).update(address="", try_after=None)


def _old_consents(now: dt.datetime) -> Iterable[Any]:
    before = now - PROOFS
    erased = Erasure.objects.filter(erased_at__lt=before).values("account")
    return Consent.objects.filter(Q(withdrawn_at__lt=before) | Q(user__in=erased)).order_by("pk").values_list("pk", flat=True)


def _old_requests(now: dt.datetime) -> Iterable[Any]:
    over = [RequestState.DONE, RequestState.REFUSED, RequestState.CANCELLED]
    return DataRequest.objects.filter(state__in=over, closed_at__lt=now - PROOFS).order_by("pk").values_list("pk", flat=True)


def _old_restrictions(now: dt.datetime) -> Iterable[Any]:
    return Restriction.objects.filter(until__lt=now - PROOFS).order_by("pk").values_list("pk", flat=True)


def _old_looks(now: dt.datetime) -> Iterable[Any]:
    return Impersonation.objects.filter(began_at__lt=now - LOOKS).order_by("pk").values_list("pk", flat=True)


# --- accounts nobody uses -------------------------------------------------------------------------------------------------


def _public(now: dt.datetime) -> Any:
    """People who opened their accounts themselves and in whom no agency or school has a duty."""
    return (
        User.objects.alias(seen=Coalesce("last_login", "date_joined"))
        .filter(seen__lt=now - UNUSED, audience=Audience.PUBLIC, is_active=True, is_superuser=False, is_staff=False)
        .filter(is_demo=False)
        .exclude(pk__in=Membership.objects.values("user_id"))
        .exclude(pk__in=Role.objects.values("user_id"))
        .exclude(pk__in=Erasure.objects.values("account"))
    )


def _newly_unused(now: dt.datetime) -> Iterable[Any]:
    return _public(now).filter(unused=None).order_by("pk").values_list("pk", flat=True)


def _notice(keys: list[Any], now: dt.datetime) -> None:
    """Who has no address finds the notice when she signs in; the time is the same."""
    UnusedAccount.objects.bulk_create(
        [
            UnusedAccount(person=person, noticed_at=now, erase_at=now + WARNED, try_after=now if person.email else None)
            for person in User.objects.filter(pk__in=keys)
        ],
        ignore_conflicts=True,
    )


def _came_back(now: dt.datetime) -> Iterable[Any]:
    back = UnusedAccount.objects.filter(person__last_login__gte=F("noticed_at"))
    return back.order_by("pk").values_list("pk", flat=True)


def _unused_for_good(now: dt.datetime) -> Iterable[Any]:
    """Told at least WARNED ago, or without an address; a letter that never went out spares the account until it gave up."""
    told = Q(unused__told_at__lte=now - WARNED) | Q(unused__try_after=None) | Q(unused__tries__gte=_LAST_TRY)
    return _public(now).filter(told, unused__erase_at__lte=now).order_by("pk").values_list("pk", flat=True)


def send_notices(*, now: dt.datetime, send: Callable[[UnusedAccount], None], limit: int = 200) -> int:
    """The letters that are owed before an account goes. What fails is tried again, twice as late each time."""
    waiting = UnusedAccount.objects.filter(try_after__lte=now, told_at=None, tries__lt=_LAST_TRY).exclude(person__email="")
    sent = 0
    for notice in waiting.select_related("person").order_by("pk")[:limit]:
        mine = UnusedAccount.objects.filter(pk=notice.pk, tries=notice.tries, told_at=None)
        if not mine.update(tries=F("tries") + 1, try_after=now + dt.timedelta(hours=2**notice.tries)):
            continue
        notice.erase_at = now + WARNED  # the letter says the day that will hold
        try:
            send(notice)
        except (SMTPException, OSError):
            log.exception("the notice to account %s could not be sent", notice.person_id)
            continue
        UnusedAccount.objects.filter(pk=notice.pk).update(told_at=now, erase_at=notice.erase_at)
        sent += 1
    return sent
