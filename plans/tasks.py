from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from plans import actions, queries


@shared_task(name="plans.measure")
def measure() -> int:
    """Counts all active plans anew; returns the number of changed cells."""
    return sum(actions.measure(plan=plan, now=timezone.now()) for plan in queries.active_plans())
