from __future__ import annotations

import logging
import time

from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMessage, send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from kombu.exceptions import OperationalError

from people.actions import activation, identity, merging, privacy, readings, requests, rosters, sessions
from people.models import OpenedAccount

log = logging.getLogger(__name__)

SLICE = 90.0  # seconds of one task, well within its time limit and within rosters.LEASE


@shared_task(name="people.work_rosters")
def work_rosters() -> int:
    """Check, apply and undo lists, as far as one slice of time goes; the next sweep goes on."""
    until = time.monotonic() + SLICE
    advanced = rosters.work_owed(now=timezone.now(), more=lambda: time.monotonic() < until)
    if advanced and time.monotonic() >= until:
        nudge()
    return advanced


@shared_task(name="people.forget_rosters")
def forget_rosters() -> int:
    return rosters.forget_old(now=timezone.now())


@shared_task(name="people.send_activations")
def send_activations() -> int:
    return activation.send_letters(now=timezone.now(), send=_letter)


def _letter(opened: OpenedAccount, token: str) -> None:
    context = {
        "name": opened.user.full_name, "organisation": opened.organisation.name, "username": opened.user.username,
        "url": f"{settings.PUBLIC_URL.rstrip('/')}{reverse('account_activate_link', args=[token])}",
        "days": activation.GOOD_FOR.days,
    }  # fmt: skip
    with translation.override(settings.LANGUAGE_CODE):
        subject = " ".join(render_to_string("account/email/activation_subject.txt", context).split())
        body = render_to_string("account/email/activation_message.txt", context)
    EmailMessage(f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{subject}", body, None, [opened.address]).send()


def nudge() -> None:
    """So that nobody waits for the next sweep. Without a broker the sweep does it all the same."""
    try:
        work_rosters.delay()
    except (OperationalError, OSError):
        log.warning("the sweep of rosters was not nudged: the broker does not answer", exc_info=True)


@shared_task(name="people.tell")
def tell() -> int:
    return identity.tell_owed(now=timezone.now())


@shared_task(name="people.forget_sessions")
def forget_sessions() -> int:
    return sessions.forget_ended(now=timezone.now())


def send(subject: str, text: str, address: str) -> None:
    send_mail(subject, text, None, [address])


@shared_task(name="people.answer_requests")
def answer_requests() -> int:
    """Letters about requests first, then the erasures that waited for theirs."""
    now = timezone.now()
    return requests.send_owed_letters(now=now, send=send) + requests.erase_accepted(now=now)


@shared_task(name="people.erase_owed")
def erase_owed() -> int:
    return privacy.finish_owed(now=timezone.now())


@shared_task(name="people.forget_readings")
def forget_readings() -> int:
    return readings.forget_readings(now=timezone.now())


@shared_task(name="people.finish_merges")
def finish_merges() -> int:
    return merging.finish_merges(now=timezone.now())
