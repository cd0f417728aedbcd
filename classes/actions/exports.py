"""Tables too long to be made while somebody waits: asked for, made by a sweep, told of, deleted after seven days.

The row says what is owed. A worker that dies leaves it owed, and the next sweep begins anew when its lease is over; the
file appears as a whole or not at all.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import translation

from classes import exports, queries
from classes.exports import Cell
from classes.models import Export, ExportState
from people.models import User

log = logging.getLogger(__name__)

LEASE = dt.timedelta(minutes=5)
MOST_FAILURES = 3
STEP = 500

Clock = Callable[[], dt.datetime]


@transaction.atomic
def ask_for_export(*, owner: User, wanted: queries.TableAsked, extension: str, language: str, now: dt.datetime) -> Export:
    """Owed from now on. Asked for again while it is owed, it is the same one."""
    places = [place.pk for place in wanted.places]
    said = json.dumps([wanted.kind, places, wanted.asked, extension, language], sort_keys=True)
    digest = hashlib.sha256(said.encode()).hexdigest()
    waiting = Export.objects.filter(owner=owner, digest=digest, state=ExportState.OWED)
    found = waiting.first()
    if found:
        return found
    try:
        with transaction.atomic():
            return Export.objects.create(
                owner=owner, kind=wanted.kind, places=places, unit=wanted.unit, asked=wanted.asked, extension=extension,
                language=language, digest=digest, asked_at=now,
            )  # fmt: skip
    except IntegrityError:  # the same button pressed twice at once: the other one won
        return waiting.get()


def make_exports(*, clock: Clock, limit: int = 5) -> int:
    """Make what is owed, the oldest first. Returns how many were finished."""
    made = 0
    for export in Export.objects.filter(_free(clock())).order_by("asked_at")[:limit]:
        if Export.objects.filter(_free(clock()), pk=export.pk).update(busy_until=clock() + LEASE):
            made += _make(Export.objects.select_related("owner").get(pk=export.pk), clock)
    return made


def _free(now: dt.datetime) -> Q:
    return Q(state=ExportState.OWED) & (Q(busy_until__isnull=True) | Q(busy_until__lt=now))


def _make(export: Export, clock: Clock) -> bool:
    try:
        wanted = queries.table_of(export)
        if wanted is None:  # her scope ended meanwhile
            Export.objects.filter(pk=export.pk).update(state=ExportState.FAILED, busy_until=None)
            return False
        with translation.override(export.language), tempfile.TemporaryDirectory() as folder:
            _write(export, wanted, Path(folder), clock)
    except Exception:  # whatever it was, the next sweep tries again, three times in all
        log.exception("export %s failed", export.pk)
        failures = export.failures + 1
        state = ExportState.FAILED if failures >= MOST_FAILURES else ExportState.OWED
        Export.objects.filter(pk=export.pk).update(failures=failures, state=state, busy_until=None)
        return False
    return True


def _write(export: Export, wanted: queries.TableAsked, folder: Path, clock: Clock) -> None:
    """As the screen shows it now: the same query, in the order of the screen, at no time held as a whole."""
    now = clock()
    header, rows = queries.table(wanted, now=now)
    Export.objects.filter(pk=export.pk).update(total=queries.expected_rows(wanted, now=now), done=0)
    path = os.path.join(folder, f"table.{export.extension}")
    exports.save_table(path, export.extension, wanted.title, header, _noting(export, rows, clock))
    with open(path, "rb") as content:
        export.file.save("", File(content), save=False)
    ready = {"state": ExportState.READY, "ready_at": clock(), "file": export.file.name, "busy_until": None}
    Export.objects.filter(pk=export.pk, state=ExportState.OWED).update(**ready)


def _noting(export: Export, rows: Iterator[list[Cell]], clock: Clock) -> Iterator[list[Cell]]:
    """How far it is, every few hundred rows, and that somebody is still at it."""
    number = 0
    for number, row in enumerate(rows, 1):
        if number % STEP == 0:
            Export.objects.filter(pk=export.pk).update(done=number, busy_until=clock() + LEASE)
        yield row
    Export.objects.filter(pk=export.pk).update(done=number)


def owed_notices(*, limit: int = 50) -> list[Export]:
    """Finished ones of which their owner does not know yet."""
    rows = Export.objects.filter(state__in=[ExportState.READY, ExportState.FAILED], told_at__isnull=True)
    return list(rows.select_related("owner").order_by("asked_at")[:limit])


class Notice(Protocol):
    def __call__(self, *, key: str, address: str, language: str, ready: bool) -> None: ...


def tell_of_exports(*, send: Notice, now: dt.datetime) -> int:
    """A letter that it is ready, without anything that is in it. Where the mail server is away, the next sweep tries again."""
    told = 0
    for export in owed_notices():
        if not Export.objects.filter(pk=export.pk, told_at__isnull=True).update(told_at=now):
            continue
        if not export.owner.email:
            continue
        try:
            ready = export.state == ExportState.READY
            send(key=str(export.pk), address=export.owner.email, language=export.language, ready=ready)
        except OSError as error:
            log.warning("notice of export %s waits: %s", export.pk, type(error).__name__)
            Export.objects.filter(pk=export.pk).update(told_at=None)
            break
        told += 1
    return told


def forget_exports(*, now: dt.datetime) -> int:
    """Files older than seven days, and what failed as long ago. The row stays for the log of what was read."""
    old = Export.objects.exclude(state__in=[ExportState.OWED, ExportState.FORGOTTEN])
    forgotten = 0
    for export in old.filter(Q(ready_at__lt=now - queries.DESK_KEPT) | Q(ready_at=None, asked_at__lt=now - queries.DESK_KEPT)):
        export.file.delete(save=False)
        forgotten += Export.objects.filter(pk=export.pk).update(state=ExportState.FORGOTTEN, file="", asked={})
    return forgotten


@transaction.atomic
def drop_export(*, export: Export, owner: User) -> None:
    """Its owner needs it no more. LookupError where it is another's."""
    found = Export.objects.filter(pk=export.pk, owner=owner).first()
    if found is None:
        raise LookupError(export.pk)
    found.file.delete(save=False)
    Export.objects.filter(pk=found.pk).update(state=ExportState.FORGOTTEN, file="", asked={}, busy_until=None)
