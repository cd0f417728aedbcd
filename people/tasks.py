from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from people.actions import privacy


@shared_task(name="people.erase_owed")
def erase_owed() -> int:
    return privacy.finish_owed(now=timezone.now())
