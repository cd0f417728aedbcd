from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from quizzes import actions


@shared_task(name="quizzes.close_overdue")
def close_overdue() -> int:
    """Finish attempts whose time is over, so that a closed phone leaves none open."""
    return actions.close_overdue(now=timezone.now())


@shared_task(name="quizzes.forget_files")
def forget_files() -> int:
    """Delete files of questions that were sent to be looked at a day ago."""
    return actions.forget_question_files(now=timezone.now())


@shared_task(name="quizzes.refresh_pools")
def refresh_pools() -> int:
    """Number anew what quizzes draw from, where a bank has changed."""
    return actions.refresh_stale_pools()


@shared_task(name="quizzes.regrade")
def regrade() -> int:
    """Mark anew what was confirmed and is owed, should whoever confirmed it have gone meanwhile."""
    return actions.apply_regradings(now=timezone.now())
