from __future__ import annotations

import time
from collections.abc import Callable

from celery import shared_task
from django.utils import timezone

from reminders import actions
from reminders.actions import sending
from reminders.channels import Email

SLICE = 50.0  # seconds of one task


def _time() -> Callable[[], bool]:
    until = time.monotonic() + SLICE
    return lambda: time.monotonic() < until


@shared_task(name="reminders.remind")
def remind() -> int:
    """The round of the day and rehearsals, as far as one slice of time goes; the next sweep goes on."""
    return actions.remind(now=timezone.now(), more=_time())


@shared_task(name="reminders.tell_certificates")
def tell_certificates() -> int:
    return actions.tell_certificates(now=timezone.now(), more=_time())


@shared_task(name="reminders.send")
def send() -> int:
    return actions.deliver(channel=Email(), phone=actions.gateway(), now=timezone.now(), more=_time())


@shared_task(name="reminders.forget")
def forget() -> int:
    return sending.forget(now=timezone.now())
