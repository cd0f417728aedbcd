from __future__ import annotations

import logging
import time

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from classes import actions, letters
from classes.actions import lists
from classes.actions.purge import kinds
from people.actions.purge import purge

log = logging.getLogger(__name__)

SLICE = 90.0  # seconds of one task, well within its time limit and within lists.LEASE


@shared_task(name="classes.close_over")
def close_over() -> int:
    """Close classes that are over, and archive those closed a year ago."""
    return actions.close_over(now=timezone.now())


@shared_task(name="classes.mail")
def mail() -> int:
    """Send the letters that are owed."""
    return actions.deliver_letters(send=letters.send, now=timezone.now())


@shared_task(name="classes.forget_completions")
def forget_completions() -> int:
    """Lists of completions that nobody applied within a week."""
    return actions.forget_completions(now=timezone.now())


@shared_task(name="classes.work_lists")
def work_lists() -> int:
    """Go on with the lists that are owed, as far as one slice of time goes; the next sweep goes on."""
    until = time.monotonic() + SLICE
    return lists.work_lists(now=timezone.now(), more=lambda: time.monotonic() < until)


@shared_task(name="classes.forget_lists")
def forget_lists() -> int:
    return lists.forget_lists(now=timezone.now())


def nudge_lists() -> None:
    """So that nobody waits for the next sweep. Without a broker the sweep does it all the same."""
    try:
        work_lists.delay()
    except (OperationalError, OSError):
        log.warning("the sweep of lists was not nudged: the broker does not answer", exc_info=True)


@shared_task(name="classes.count_agencies")
def count_agencies() -> int | None:
    return actions.count_owed_agencies(now=timezone.now())


@shared_task(name="classes.purge")
def let_go() -> int:
    """Names, PINs and letters of classes that are over for long. A slice of time each night; the next one goes on."""
    until = time.monotonic() + 90
    return sum(purge(kinds=kinds(), now=timezone.now(), more=lambda: time.monotonic() < until).values())
