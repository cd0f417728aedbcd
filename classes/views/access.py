"""Who may open what, said once for all views of this app; and files sent to one reader only."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import content_disposition_header

from classes.exports import CSV, XLSX, Cell, write_csv, write_xlsx
from classes.models import ClassMember, ClassSession, TrainingClass
from classes.queries import scope_of
from people.actions.readings import record_reading
from people.models import Organisation, ReadingKind

TRIES = 10
WINDOW = dt.timedelta(minutes=10)


def taught_class(request: HttpRequest, pk: uuid.UUID) -> TrainingClass:
    """A class of this teacher, else 404, the same as for one that does not exist."""
    return get_object_or_404(TrainingClass.objects.taught_by(request.user).select_related("organisation"), pk=pk)


def class_member(request: HttpRequest, pk: uuid.UUID, number: int) -> ClassMember:
    members = ClassMember.objects.filter(training_class=taught_class(request, pk))
    return get_object_or_404(members.select_related("learner", "training_class__organisation"), number=number)


def class_session(request: HttpRequest, pk: uuid.UUID, number: int) -> ClassSession:
    sessions = ClassSession.objects.filter(training_class=taught_class(request, pk))
    return get_object_or_404(sessions.select_related("training_class__organisation", "trainer"), number=number)


def officer_scope(request: HttpRequest) -> list[Organisation]:
    roots = scope_of(request.user)  # type: ignore[arg-type]
    if not roots:
        raise Http404
    return roots


def overseen(request: HttpRequest, code: str) -> Organisation:
    return get_object_or_404(Organisation.objects.visible_to(request.user), code=code)


def tries_too_many(kind: str, user_id: int, now: dt.datetime) -> dt.datetime | None:
    """When the next try at a code is allowed, if this one is not. The clock starts at the first try of ten."""
    key, seconds = f"{kind}-tries:{user_id}", int(WINDOW.total_seconds())
    cache.add(f"{key}:until", now + WINDOW, seconds)
    cache.add(key, 0, seconds)
    try:
        tries = cache.incr(key)
    except ValueError:  # ran out between the two lines
        return None
    return cache.get(f"{key}:until", now + WINDOW) if tries > TRIES else None


def failed_too_often(kind: str, who: str, most: int) -> bool:
    return int(cache.get(_failures(kind, who), 0)) >= most


def note_failure(kind: str, who: str) -> None:
    key = _failures(kind, who)
    cache.add(key, 0, int(WINDOW.total_seconds()))
    try:
        cache.incr(key)
    except ValueError:  # ran out between the two lines
        return


def _failures(kind: str, who: str) -> str:
    return f"{kind}-failures:{hashlib.sha256(who.encode()).hexdigest()}"


def note_reading(request: HttpRequest, kind: ReadingKind, *, people: int = 1, **where: Any) -> None:
    """That this reader was shown so many people: they may see it on their own page."""
    record_reading(reader=request.user, kind=kind, people=people, now=timezone.now(), **where)  # type: ignore[arg-type]


def table_file(name: str, extension: str, title: str, header: list[str], rows: list[list[Cell]]) -> HttpResponse:
    """A table to save. Never kept by a cache on the way."""
    content, kind = (write_xlsx(title, header, rows), XLSX) if extension == "xlsx" else (write_csv(header, rows), CSV)
    return document(content, kind, f"{name}.{extension}")


def document(content: bytes, kind: str, name: str) -> HttpResponse:
    headers = {
        "Content-Disposition": content_disposition_header(True, name) or "attachment", "Cache-Control": "private, no-store",
    }  # fmt: skip
    return HttpResponse(content, content_type=kind, headers=headers)
