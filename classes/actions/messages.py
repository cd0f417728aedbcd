"""Letters to those who are behind: written in one transaction, sent by a sweep, at most once each."""

from __future__ import annotations

import datetime as dt
import logging
import smtplib
import uuid
from typing import Protocol

from django.db import transaction
from django.db.models import F

from classes import queries
from classes.actions.assignments import EmptyTarget, NotOfClass
from classes.models import Assignment, ClassMessage, Delivery, Letter
from people.models import Restriction, User
from people.text import nfc

log = logging.getLogger(__name__)

# A worker that died between sending and saying so leaves the letter unsure after this long; it is not sent again.
STUCK = dt.timedelta(minutes=15)
MOST_TRIES = 12


def wait_after(tries: int) -> dt.timedelta:
    """How long a letter waits that the mail server has not taken so many times."""
    return min(dt.timedelta(minutes=2**tries), dt.timedelta(hours=6))


class Send(Protocol):
    def __call__(self, *, key: str, address: str, subject: str, body: str) -> None: ...


@transaction.atomic
def write_to_behind(
    *, key: uuid.UUID, assignment: Assignment, members: set[int], subject: str, text: str, by: User, now: dt.datetime
) -> ClassMessage:
    """A letter for each of `members` (their numbers) who has something of the assignment left to do.

    Who restricted the use of her data is not reminded. `key` becomes the message's id: sent twice, it is one. Raises
    EmptyTarget when nobody chosen is behind.
    """
    existing = ClassMessage.objects.filter(pk=key).first()
    if existing:
        if existing.training_class_id != assignment.training_class_id:
            raise NotOfClass
        return existing
    held_back = set(Restriction.objects.current().values_list("person_id", flat=True))
    drafts = [
        one for one in queries.drafts(assignment, text=text, by=by, now=now)
        if one.member.number in members and one.member.learner_id not in held_back
    ]  # fmt: skip
    if not drafts:
        raise EmptyTarget
    message = ClassMessage.objects.create(
        pk=key, training_class=assignment.training_class, assignment=assignment, subject=nfc(subject)[:160], written_by=by,
        written_at=now,
    )  # fmt: skip
    Letter.objects.bulk_create(
        Letter(
            message=message, member=draft.member, body=draft.body, send_after=now,
            state=Delivery.OWED if draft.member.learner.email else Delivery.SITE,
        )
        for draft in drafts
    )  # fmt: skip
    return message


@transaction.atomic
def read_letter(*, letter: Letter, now: dt.datetime) -> None:
    """Off her page. The first time stays."""
    Letter.objects.filter(pk=letter.pk, read_at__isnull=True).update(read_at=now)


def deliver_letters(*, send: Send, now: dt.datetime, limit: int = 200) -> int:
    """Send what is owed and return how many were taken. Each letter is claimed first, so that two sweeps send it once.

    When the mail server does not answer, the rest waits for the next sweep.
    """
    Letter.objects.filter(state=Delivery.SENDING, send_after__lte=now).update(state=Delivery.UNSURE)
    owed = Letter.objects.filter(state=Delivery.OWED, send_after__lte=now).order_by("send_after", "pk")
    sent = 0
    for letter in owed.select_related("member__learner", "message")[:limit]:
        claimed = Letter.objects.filter(pk=letter.pk, state=Delivery.OWED)
        if not claimed.update(state=Delivery.SENDING, send_after=now + STUCK, tries=F("tries") + 1):
            continue
        letter.tries += 1
        address = letter.member.learner.email
        # Restricted since it was written: it stands on her own page and goes nowhere.
        if letter.member.left_at or not address or letter.member.learner.restrictions.current().exists():
            _settle(letter, Delivery.SITE)
            continue
        try:
            send(key=f"{letter.message_id}-{letter.pk}", address=address, subject=letter.message.subject, body=letter.body)
        except smtplib.SMTPRecipientsRefused as error:
            _settle(letter, Delivery.FAILED, problem=type(error).__name__)
        except OSError as error:
            log.warning("letter %s waits: %s", letter.pk, type(error).__name__)
            given_up = letter.tries >= MOST_TRIES
            state = Delivery.FAILED if given_up else Delivery.OWED
            _settle(letter, state, problem=type(error).__name__, send_after=now + wait_after(letter.tries))
            break
        else:
            _settle(letter, Delivery.SENT, sent_at=now)
            sent += 1
    return sent


def _settle(letter: Letter, state: str, **fields: object) -> None:
    Letter.objects.filter(pk=letter.pk).update(state=state, **fields)
