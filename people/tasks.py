from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from people.actions import identity, sessions


@shared_task(name="people.tell")
def tell() -> int:
    return identity.tell_owed(now=timezone.now())


@shared_task(name="people.forget_sessions")
def forget_sessions() -> int:
    return sessions.forget_ended(now=timezone.now())
