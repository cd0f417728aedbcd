from __future__ import annotations

from celery import shared_task
from django.core.mail import send_mail
from django.utils import timezone

from people.actions import privacy, readings, requests


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
