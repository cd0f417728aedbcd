from __future__ import annotations

import time

from celery import shared_task
from django.utils import timezone

from classes import actions, letters
from classes.actions.purge import kinds
from people.actions.purge import purge


@shared_task(name="classes.close_over")
def close_over() -> int:
    """Close classes that are over, and archive those closed a year ago."""
    return actions.close_over(now=timezone.now())


@shared_task(name="classes.mail")
def mail() -> int:
    """Send the letters that are owed."""
    return actions.deliver_letters(send=letters.send, now=timezone.now())


@shared_task(name="classes.count_agencies")
def count_agencies() -> int | None:
    return actions.count_owed_agencies(now=timezone.now())


@shared_task(name="classes.purge")
def let_go() -> int:
    """Names, PINs and letters of classes that are over for long. A slice of time each night; the next one goes on."""
    until = time.monotonic() + 90
    return sum(purge(kinds=kinds(), now=timezone.now(), more=lambda: time.monotonic() < until).values())
