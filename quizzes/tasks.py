from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from quizzes import actions


@shared_task(name="quizzes.close_overdue")
def close_overdue() -> int:
    """Finish attempts whose time is over, so that a closed phone leaves none open."""
    return actions.close_overdue(now=timezone.now())


@shared_task(name="quizzes.regrade")
def regrade() -> int:
    """Mark anew what was confirmed and is owed, should whoever confirmed it have gone meanwhile."""
    return actions.apply_regradings(now=timezone.now())
