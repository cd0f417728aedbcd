from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from lrs.models import Statement


@transaction.atomic
def record(statements: Iterable[Statement]) -> None:
    """Keep statements in the caller's transaction. One already kept (same id) is left as it is."""
    Statement.objects.bulk_create(list(statements), ignore_conflicts=True)
