"""Every correction leaves a line."""

from __future__ import annotations

import datetime as dt

from classes.models import ClassChange, ClassMember, ClassSession, TrainingClass
from people.models import User


def note(
    training_class: TrainingClass, subject: str, old: object, new: object, *, by: User | None, now: dt.datetime,
    reason: str = "", session: ClassSession | None = None, member: ClassMember | None = None, detail: str = "",
) -> None:  # fmt: skip
    """Nothing is written when nothing changed."""
    before, after = (_plain(value)[:255] for value in (old, new))
    if before != after:
        ClassChange.objects.create(
            training_class=training_class, subject=subject, session=session, member=member, old=before, new=after,
            reason=reason[:255], detail=detail[:255], by=by, at=now,
        )  # fmt: skip


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):  # in UTC, or the same moment would look like a change
        return value.astimezone(dt.UTC).isoformat()
    return value.isoformat() if isinstance(value, dt.date) else str(value)
