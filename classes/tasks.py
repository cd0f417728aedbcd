from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from classes import actions, letters


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


@shared_task(name="classes.count_agencies")
def count_agencies() -> int | None:
    return actions.count_owed_agencies(now=timezone.now())
