"""Which classes are over, and what was changed about one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from classes.models import Assignment, ChangeSubject, ClassChange, ClassSession, ClassState, TrainingClass
from classes.queries.attendance import mark_words


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the trail in words. `who` is empty where the class changed by itself."""

    at: dt.datetime
    who: str
    subject: str
    about: str
    old: str
    new: str
    reason: str


def classes_over(now: dt.datetime) -> QuerySet[TrainingClass]:
    """Open classes whose last day is past, with no session and no due date still to come."""
    due = Assignment.objects.current().filter(training_class=OuterRef("pk"), due_at__gte=now)
    coming = ClassSession.objects.held().filter(training_class=OuterRef("pk"), ends_at__gte=now)
    return (
        TrainingClass.objects.open()
        .filter(ends_on__lt=timezone.localdate(now))
        .exclude(Exists(due)).exclude(Exists(coming)).order_by("ends_on", "pk")
    )  # fmt: skip


def trail(training_class: TrainingClass) -> list[Line]:
    """Latest first. One query."""
    rows = ClassChange.objects.filter(training_class=training_class).select_related("by", "session", "member")
    return [
        Line(
            at=row.at, who=row.by.full_name if row.by else "", subject=row.get_subject_display(), about=_about(row),
            old=_words(row.subject, row.old), new=_words(row.subject, row.new), reason=row.reason,
        )
        for row in rows.order_by("-at", "-pk")
    ]  # fmt: skip


def _about(row: ClassChange) -> str:
    parts = [_("Buổi %(number)s") % {"number": row.session.number}] if row.session else []
    parts += [row.detail] if row.detail else []
    return " · ".join([*parts, *([row.member.shown_as] if row.member else [])])


def _words(subject: str, value: str) -> str:
    if subject == ChangeSubject.EXEMPT:
        return _("được miễn") if value else _("phải làm")
    if not value:
        return _("chưa có")
    if subject in {ChangeSubject.DUE, ChangeSubject.EXTENSION}:
        return f"{timezone.localtime(dt.datetime.fromisoformat(value)):%H:%M %d/%m/%Y}"
    if subject == ChangeSubject.STATE:
        return str(ClassState(value).label)
    if subject in {ChangeSubject.STARTS, ChangeSubject.ENDS}:
        return f"{dt.date.fromisoformat(value):%d/%m/%Y}"
    if subject == ChangeSubject.ATTENDANCE_RULE:
        return f"{value}%"
    if subject == ChangeSubject.ATTENDANCE:
        return mark_words().get(value, value)
    if subject == ChangeSubject.SESSION_STATE:
        return _("có học") if value == "held" else _("hủy buổi")
    return value
