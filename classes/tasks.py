from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from classes import actions


@shared_task(name="classes.count_agencies")
def count_agencies() -> int | None:
    return actions.count_owed_agencies(now=timezone.now())
