from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from people.actions import identity


@shared_task(name="people.tell")
def tell() -> int:
    return identity.tell_owed(now=timezone.now())
