"""A guardian agrees for a child under 16, by the link of a letter or on paper (Luật 91/2025/QH15, Điều 24; decision 0023).

An account a child opened herself rests on this consent alone: until it is there the account is shut, and the child
learns as a guest, of whom nothing is kept. A school's account rests on the school's duty to teach; there the consent
opens nothing and a refusal shuts nothing.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from smtplib import SMTPException

from django.core import signing
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from people.consents import current_texts
from people.models import (
    Consent,
    ConsentPurpose,
    GuardianLetter,
    GuardianQuestion,
    GuardianState,
    User,
    new_nonce,
)
from people.text import is_person_name, nfc

log = logging.getLogger(__name__)

GOOD_FOR = dt.timedelta(days=14)
# An account whose guardian has not answered goes after this; so does the address of a refusal or of an old question.
UNANSWERED = dt.timedelta(days=30)
ADULT = 16
_SALT = "people.guardian"
_LAST_TRY = 9


class LinkOver(Exception):
    """The link was used, is too old, or was never one of ours."""


class NameMissing(ValueError):
    """An agreement says who agrees."""


class SignedInFuture(ValueError):
    """A paper cannot be signed after today."""


class NotAChild(ValueError):
    """Nobody agrees for somebody of 16 or more."""


# --- asking -------------------------------------------------------------------------------------------------------------


@transaction.atomic
def ask_guardian(*, child: User, address: str, by: User, now: dt.datetime) -> GuardianQuestion:
    """A letter to `address` is owed. Asked again at the same address, a new letter is owed at most once a day.

    `by` is the child herself at sign-up: then her account stays shut until the answer. Raises NotAChild.
    """
    if not child.is_minor(timezone.localdate(now)):
        raise NotAChild(child.pk)
    question, made = GuardianQuestion.objects.get_or_create(
        child=child, address=nfc(address).lower(),
        defaults={"asked_by": by, "asked_at": now, "try_after": now, "holds_account": by == child},
    )  # fmt: skip
    if made and by == child:
        User.objects.filter(pk=child.pk).update(is_active=False)
        child.is_active = False
    if not made and question.asked_at <= now - dt.timedelta(days=1):
        _owe(question, GuardianLetter.AGAIN, now)
    return question


def ask_many(*, asked: Sequence[tuple[User, str]], by: User | None, now: dt.datetime) -> list[int]:
    """A letter for each child to the address beside her is owed, in one statement. Returns the questions' keys, in order.

    Who was asked or answered already is left out before (`asked_before`). For accounts a school
    opened: they stay open. Raises NotAChild.
    """
    today = timezone.localdate(now)
    for child, _address in asked:
        if not child.is_minor(today):
            raise NotAChild(child.pk)
    made = GuardianQuestion.objects.bulk_create(
        GuardianQuestion(child=child, address=nfc(address).lower(), asked_by=by, asked_at=now, try_after=now)
        for child, address in asked
    )
    return [question.pk for question in made]


def take_back(*, questions: Iterable[int]) -> set[int]:
    """Questions nobody has answered are as if never asked; letters not sent are not sent. Returns which were answered."""
    keys = list(questions)
    GuardianQuestion.objects.filter(pk__in=keys, state=GuardianState.WAITING).delete()
    return set(GuardianQuestion.objects.filter(pk__in=keys).values_list("pk", flat=True))


@transaction.atomic
def send_link_again(*, address: str, now: dt.datetime) -> int:
    """Every child for whom this address was asked: a new link each, at most one a quarter of an hour."""
    owed = 0
    for question in GuardianQuestion.objects.select_for_update().filter(address=nfc(address).lower()).exclude(address=""):
        if question.try_after is None and question.asked_at < now - dt.timedelta(minutes=15):
            _owe(question, GuardianLetter.AGAIN, now)
            owed += 1
    return owed


def _owe(question: GuardianQuestion, letter: str, now: dt.datetime) -> None:
    question.letter, question.try_after, question.tries, question.asked_at = letter, now, 0, now
    question.save(update_fields=["letter", "try_after", "tries", "asked_at"])


def token_of(question: GuardianQuestion) -> str:
    return signing.dumps([question.pk, question.nonce], salt=_SALT)


def find(*, token: str, now: dt.datetime) -> GuardianQuestion:
    """The question a link belongs to. Raises LinkOver."""
    try:
        pk, nonce = signing.loads(token, salt=_SALT, max_age=GOOD_FOR)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise LinkOver from error
    question = GuardianQuestion.objects.select_related("child").filter(pk=pk).exclude(address="").first()
    if question is None or not secrets.compare_digest(question.nonce.encode(), str(nonce).encode()):
        raise LinkOver
    return question


# --- answering ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def agree(*, question: GuardianQuestion, name: str, now: dt.datetime) -> Consent:
    """By the link: the consent with its version, the name typed and the time; the account opens. Raises LinkOver, NameMissing."""
    held = _locked(question)
    name = nfc(name)
    if not is_person_name(name):
        raise NameMissing
    consent = _record(child=held.child, channel="letter", given_by=name, now=now)
    if held.holds_account:
        User.objects.filter(pk=held.child_id).update(is_active=True)
    _answer(held, GuardianState.AGREED, now)
    return consent


@transaction.atomic
def refuse(*, question: GuardianQuestion, now: dt.datetime) -> None:
    """A child's own account stays shut and goes with the sweep; what a school keeps for its duty stays. Raises LinkOver."""
    _answer(_locked(question), GuardianState.REFUSED, now)


@transaction.atomic
def withdraw(*, question: GuardianQuestion, now: dt.datetime) -> None:
    """What was agreed ends now. An account that rests on it is shut at once and erased by the sweep. Raises LinkOver."""
    held = _locked(question)
    Consent.objects.filter(
        user=held.child, purpose__in=[ConsentPurpose.GUARDIAN, ConsentPurpose.RESEARCH], withdrawn_at=None
    ).update(withdrawn_at=now)
    if held.holds_account:
        User.objects.filter(pk=held.child_id).update(is_active=False)
    _answer(held, GuardianState.WITHDRAWN, now)


def _locked(question: GuardianQuestion) -> GuardianQuestion:
    held = GuardianQuestion.objects.select_for_update(of=("self",)).select_related("child").filter(pk=question.pk).first()
    if held is None or held.nonce != question.nonce or not held.address:
        raise LinkOver
    return held


def _answer(held: GuardianQuestion, state: str, now: dt.datetime) -> None:
    held.state, held.answered_at, held.nonce = state, now, new_nonce()
    held.letter, held.try_after, held.tries = GuardianLetter.ANSWERED, now, 0
    held.save(update_fields=["state", "answered_at", "nonce", "letter", "try_after", "tries"])


def _record(
    *, child: User, channel: str, given_by: str, now: dt.datetime, signed_on: dt.date | None = None, seen_by: User | None = None
) -> Consent:
    text = current_texts()[ConsentPurpose.GUARDIAN]
    return Consent.objects.get_or_create(
        user=child, purpose=text.purpose, version=text.version, withdrawn_at=None,
        defaults={"given_at": now, "channel": channel, "given_by": given_by, "signed_on": signed_on, "seen_by": seen_by},
    )[0]  # fmt: skip


@transaction.atomic
def record_papers(
    *, children: Iterable[User], names: Mapping[int, str], signed_on: dt.date, by: User, now: dt.datetime
) -> list[Consent]:
    """`by` has seen the signed papers of these children. `names`: who signed, by the child's key, where it is known.

    Who may record for whom is asked before. Recorded twice, the first one stands. Raises SignedInFuture, NotAChild.
    """
    today = timezone.localdate(now)
    if signed_on > today:
        raise SignedInFuture
    chosen = list(children)
    for child in chosen:
        if not child.is_minor(today):
            raise NotAChild(child.pk)
    return [
        _record(
            child=child, channel="paper", given_by=nfc(names.get(child.pk, ""))[:120], signed_on=signed_on, seen_by=by, now=now
        )
        for child in chosen
    ]


@transaction.atomic
def withdraw_paper(*, child: User, now: dt.datetime) -> int:
    """A guardian told the school that she withdraws. Returns how many consents ended."""
    standing = Consent.objects.filter(user=child, purpose=ConsentPurpose.GUARDIAN, withdrawn_at=None)
    return standing.update(withdrawn_at=now)


# --- letters ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outgoing:
    """A letter to a guardian: `letter` says which one, `token` is the way to the page."""

    question: GuardianQuestion
    token: str

    @property
    def address(self) -> str:
        return self.question.address


def send_letters(*, now: dt.datetime, send: Callable[[Outgoing], None], limit: int = 200) -> int:
    """Send what is owed; what fails is tried again, twice as late each time, and given up after nine tries."""
    owed = GuardianQuestion.objects.filter(try_after__lte=now, tries__lt=_LAST_TRY).exclude(address="")
    sent = 0
    for question in owed.select_related("child").order_by("try_after", "pk")[:limit]:
        # Counted before it is tried, so that two workers never send the same letter at once.
        mine = GuardianQuestion.objects.filter(pk=question.pk, tries=question.tries, try_after=question.try_after)
        if not mine.update(tries=F("tries") + 1, try_after=now + dt.timedelta(minutes=2**question.tries)):
            continue
        try:
            send(Outgoing(question, token_of(question)))
        except (SMTPException, OSError):
            log.exception("the letter to the guardian of question %s could not be sent", question.pk)
            continue
        GuardianQuestion.objects.filter(pk=question.pk, nonce=question.nonce).update(try_after=None)
        sent += 1
    return sent


# --- what is kept no longer ---------------------------------------------------------------------------------------------


def shut_accounts(now: dt.datetime) -> list[int]:
    """Children's own accounts without an answer, refused or withdrawn, for longer than UNANSWERED: to be erased."""
    before = now - UNANSWERED
    over = Q(state=GuardianState.WAITING, asked_at__lt=before) | Q(
        state__in=[GuardianState.REFUSED, GuardianState.WITHDRAWN], answered_at__lt=before
    )
    held = GuardianQuestion.objects.filter(over, holds_account=True, child__is_active=False)
    return sorted(set(held.values_list("child_id", flat=True)))


def old_addresses(now: dt.datetime) -> list[int]:
    """Questions whose address is of no more use: unanswered, refused or withdrawn long ago, or the child has turned 16."""
    before = now - UNANSWERED
    grown = timezone.localdate(now).year - ADULT
    over = (
        Q(state=GuardianState.WAITING, asked_at__lt=before)
        | Q(state__in=[GuardianState.REFUSED, GuardianState.WITHDRAWN], answered_at__lt=before)
        | Q(child__birth_year__lte=grown)
    )
    return list(GuardianQuestion.objects.filter(over).exclude(address="").order_by("pk").values_list("pk", flat=True))
