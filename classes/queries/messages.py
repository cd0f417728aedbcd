"""What would be written to whom, and what became of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from classes.models import Assignment, ClassMember, ClassMessage, Letter
from classes.queries.board import board
from pages.templatetags.house import weekday
from people.models import User
from people.prepared import prepared
from people.text import nfc

SHOWN_FOR = dt.timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Draft:
    member: ClassMember
    missing: tuple[str, ...]
    due_at: dt.datetime
    overdue: bool
    body: str

    @property
    def by_mail(self) -> bool:
        return bool(self.member.learner.email)


@dataclass(frozen=True, kw_only=True)
class Sent:
    message: ClassMessage
    letters: tuple[Letter, ...]


def drafts(assignment: Assignment, *, text: str, by: User, now: dt.datetime) -> list[Draft]:
    """A letter for each who has something of the assignment left to do, in Vietnamese, as she would get it."""
    shown = board(assignment.training_class, now=now)
    given = next((one for one in shown.given if one.assignment.pk == assignment.pk), None)
    if given is None:
        return []
    waiting, keys = {member.pk for member in given.waiting}, {column.key for column in given.columns}
    found = []
    for row in shown.rows:
        if row.member.pk not in waiting:
            continue
        owed = [cell for cell in row.cells if cell.column.key in keys and cell.state in {"none", "begun", "late", "later"}]
        if not owed:
            continue
        due_at = max(cell.due_at for cell in owed if cell.due_at)
        with translation.override("vi"):
            missing = tuple(cell.column.full_title for cell in owed)
            body = _body(assignment, row.member, missing, due_at, text, by)
        found.append(Draft(member=row.member, missing=missing, due_at=due_at, overdue=due_at < now, body=body))
    return found


def _body(
    assignment: Assignment, member: ClassMember, missing: tuple[str, ...], due_at: dt.datetime, text: str, by: User
) -> str:
    local = timezone.localtime(due_at)
    due = _("Hạn: %(time)s %(weekday)s, %(day)s.") % {
        "time": f"{local:%H:%M}", "weekday": weekday(due_at), "day": f"{local:%d/%m/%Y}",
    }  # fmt: skip
    lines = [
        _("Chào %(name)s,") % {"name": member.shown_as.split()[-1] if member.shown_as.split() else ""}, "",
        *(nfc(line) for line in text.strip().splitlines()), "",
        _("Còn thiếu trong “%(title)s”:") % {"title": assignment.title}, *(f"- {title}" for title in missing), due, "",
        f"{settings.PUBLIC_URL}/learn/", "",
        _("%(teacher)s, lớp %(name)s") % {"teacher": by.full_name, "name": assignment.training_class.name},
    ]  # fmt: skip
    return "\n".join(lines)


def sent_messages(assignment: Assignment) -> list[Sent]:
    """Latest first. Two queries for any number."""
    messages = list(ClassMessage.objects.filter(assignment=assignment).select_related("written_by").order_by("-written_at"))
    letters: dict[object, list[Letter]] = {}
    for letter in Letter.objects.filter(message__in=messages).select_related("member").order_by("member__number"):
        letters.setdefault(letter.message_id, []).append(letter)
    return [Sent(message=message, letters=tuple(letters.get(message.pk, ()))) for message in messages]


@prepared(learner=int, since=dt.datetime)
def _unread(learner: int, since: dt.datetime) -> QuerySet[Letter]:
    mine = Letter.objects.filter(member__learner=learner, member__left_at__isnull=True, read_at__isnull=True)
    recent = mine.filter(message__written_at__gte=since)
    whole = recent.select_related("message__training_class", "message__written_by")
    return whole.order_by("-message__written_at")[:10]


def letters_for(learner: User, now: dt.datetime) -> list[Letter]:
    """What her teachers wrote and she has not put away, latest first. One query."""
    return _unread(learner=learner.pk, since=now - SHOWN_FOR)
