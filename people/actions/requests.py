"""What people ask about their data, and the steps by which it is answered. Letters are owed, never sent by a step."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from people import clocks, letters
from people.actions.accounts import change_name
from people.actions.privacy import erase_person, require_handler
from people.actions.restrictions import restrict
from people.models import Consent, ConsentPurpose, DataRequest, DataRequestStep, RequestKind, RequestState, StepKind, User
from people.text import nfc

log = logging.getLogger(__name__)

# After as many tries, some nine hours, an erasure no longer waits for a letter that nobody takes.
_LAST_TRY = 9


class AnswerMissing(ValueError):
    """Whoever is refused or kept waiting longer is owed the reason."""


class AlreadyExtended(ValueError):
    """The law knows one extension."""


class RequestClosed(ValueError):
    """It was answered or withdrawn before."""


@transaction.atomic
def file_request(*, person: User, kind: str, words: str, now: dt.datetime) -> DataRequest:
    """A request with its clocks. While one of the same kind is open, that one stands."""
    request, made = DataRequest.objects.get_or_create(
        person=person,
        kind=RequestKind(kind),
        state__in=[RequestState.FILED, RequestState.ACKNOWLEDGED, RequestState.ACCEPTED],
        defaults={
            "state": RequestState.FILED,
            "words": nfc(words),
            "filed_at": now,
            "acknowledge_by": clocks.acknowledge_by(now),
            "due_at": clocks.due_at(kind, now),
        },
    )
    if made:
        _step(request, StepKind.FILED, by=person, now=now)
    return request


@transaction.atomic
def cancel_request(*, request: DataRequest, now: dt.datetime) -> DataRequest:
    """By the person herself, until it is answered. Raises RequestClosed once an erasure was accepted."""
    held = _locked(request)
    if held.state == RequestState.CANCELLED:
        return held
    if held.state not in {RequestState.FILED, RequestState.ACKNOWLEDGED}:
        raise RequestClosed
    return _move(held, RequestState.CANCELLED, StepKind.CANCELLED, by=held.person, now=now)


@transaction.atomic
def acknowledge_request(*, request: DataRequest, by: User, now: dt.datetime) -> DataRequest:
    """Raises NotHandling."""
    held = _locked(request)
    require_handler(by, held.person)
    if held.state != RequestState.FILED:
        return held
    return _move(held, RequestState.ACKNOWLEDGED, StepKind.ACKNOWLEDGED, by=by, now=now)


@transaction.atomic
def extend_request(*, request: DataRequest, reason: str, by: User, now: dt.datetime) -> DataRequest:
    """Once, by as long again, and the person is told why. Raises NotHandling, AnswerMissing, AlreadyExtended, RequestClosed."""
    held = _open(request, by)
    if not nfc(reason):
        raise AnswerMissing
    if held.extended_at:
        raise AlreadyExtended
    held.extended_at, held.due_at = now, clocks.extended(held.kind, held.due_at)
    return _move(held, RequestState.ACKNOWLEDGED, StepKind.EXTENDED, by=by, now=now, note=nfc(reason))


@transaction.atomic
def refuse_request(*, request: DataRequest, answer: str, by: User, now: dt.datetime) -> DataRequest:
    """Raises NotHandling, AnswerMissing, RequestClosed."""
    held = _open(request, by)
    if not nfc(answer):
        raise AnswerMissing
    return _move(held, RequestState.REFUSED, StepKind.REFUSED, by=by, now=now, note=nfc(answer))


@transaction.atomic
def fulfil_request(
    *, request: DataRequest, answer: str, by: User, now: dt.datetime, corrected: Mapping[str, Any] | None = None
) -> DataRequest:
    """Do what was asked. An erasure is accepted here and done when its letter is out (erase_accepted).

    `corrected` is full_name and birth_year as they ought to be. Raises NotHandling, RequestClosed, accounts.NameRefused.
    """
    held = _open(request, by)
    if held.kind == RequestKind.ERASE:
        return _move(held, RequestState.ACCEPTED, StepKind.ACCEPTED, by=by, now=now, note=nfc(answer))
    if held.kind == RequestKind.CORRECT and corrected:
        _correct(held.person, corrected, now)
    if held.kind == RequestKind.RESTRICT:
        restrict(person=held.person, request=held, now=now)
    if held.kind == RequestKind.WITHDRAW:
        optional = Consent.objects.filter(user=held.person, withdrawn_at=None, purpose=ConsentPurpose.RESEARCH)
        optional.update(withdrawn_at=now)
    return _move(held, RequestState.DONE, StepKind.DONE, by=by, now=now, note=nfc(answer))


def _correct(person: User, corrected: Mapping[str, Any], now: dt.datetime) -> None:
    if corrected.get("full_name") and corrected["full_name"] != person.full_name:
        change_name(user=person, full_name=corrected["full_name"], now=now)
    if corrected.get("birth_year"):
        User.objects.filter(pk=person.pk).update(birth_year=corrected["birth_year"])


def _locked(request: DataRequest) -> DataRequest:
    return DataRequest.objects.select_for_update(of=("self",)).select_related("person").get(pk=request.pk)


def _open(request: DataRequest, by: User) -> DataRequest:
    held = _locked(request)
    require_handler(by, held.person)
    if held.state not in {RequestState.FILED, RequestState.ACKNOWLEDGED}:
        raise RequestClosed
    return held


def _move(held: DataRequest, state: str, what: str, *, by: User | None, now: dt.datetime, note: str = "") -> DataRequest:
    held.state = state
    if what != StepKind.CANCELLED:
        held.acknowledged_at = held.acknowledged_at or now
        held.handled_by = by or held.handled_by
    if not held.is_open:
        held.closed_at, held.answer = now, note
    held.save()
    _step(held, what, by=by, now=now, note=note)
    return held


def _step(held: DataRequest, what: str, *, by: User | None, now: dt.datetime, note: str = "") -> None:
    """Who has no proven address reads it on the account page."""
    owed = now if held.person.email and what != StepKind.CANCELLED else None
    DataRequestStep.objects.create(request=held, what=what, at=now, by=by, note=note, try_after=owed)


# --- what is owed after a step ------------------------------------------------------------------------------------------


def send_owed_letters(*, now: dt.datetime, send: Callable[[str, str, str], None]) -> int:
    """`send` takes subject, text and address. A letter that fails is tried again later, twice as late each time."""
    owed = DataRequestStep.objects.filter(told_at__isnull=True, try_after__lte=now, tries__lt=_LAST_TRY)
    sent = 0
    for step in owed.select_related("request__person").order_by("at", "pk")[:200]:
        if not _claim(step, now):
            continue
        request = step.request
        subject, text = letters.about_request(
            what=step.what, kind=request.kind, due_at=request.due_at, note=step.note,
            url=f"{settings.PUBLIC_URL}/account/requests/",
        )  # fmt: skip
        try:
            send(subject, text, request.person.email)
        except OSError:  # smtplib's errors are among them
            log.exception("the letter about request %s could not be sent", request.pk)
            continue
        DataRequestStep.objects.filter(pk=step.pk).update(told_at=now)
        sent += 1
    return sent


def _claim(step: DataRequestStep, now: dt.datetime) -> bool:
    """Counted before it is tried, so that two workers never send the same letter at once."""
    later = now + dt.timedelta(minutes=2**step.tries)
    mine = DataRequestStep.objects.filter(pk=step.pk, tries=step.tries, told_at__isnull=True)
    return bool(mine.update(tries=F("tries") + 1, try_after=later))


def erase_accepted(*, now: dt.datetime) -> int:
    """Erase whose request was accepted and who was told so, or cannot be."""
    erased = 0
    for request in DataRequest.objects.filter(state=RequestState.ACCEPTED).select_related("person").order_by("due_at"):
        letter = request.steps.filter(what=StepKind.ACCEPTED).order_by("-pk").first()
        if letter and letter.try_after and letter.told_at is None and letter.tries < _LAST_TRY:
            continue
        asked = request.filed_at.date().isoformat()
        erase_person(user=request.person, reason=f"Người đó yêu cầu ngày {asked}", by=None, now=now)
        with transaction.atomic():
            held = _locked(request)
            if held.state == RequestState.ACCEPTED:
                _move(held, RequestState.DONE, StepKind.DONE, by=None, now=now)
        erased += 1
    return erased
