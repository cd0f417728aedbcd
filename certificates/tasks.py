from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from certificates import actions


@shared_task(name="certificates.issue")
def issue() -> int:
    return actions.issue_owed(now=timezone.now())


@shared_task(name="certificates.render")
def render() -> int:
    return actions.render_owed()
