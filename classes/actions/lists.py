"""Lists that are too long to wait for, made in the background; and views of a table kept by name."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable
from typing import IO

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, storages
from django.db import transaction
from django.db.models import Q

from classes.exports import save_csv, save_xlsx, to_line
from classes.models import KeptView, StaffList
from classes.queries import lists as queries
from people.actions.readings import record_readings_of_units
from people.models import Organisation, User
from people.text import nfc

# A worker that died leaves its list to others after this long.
LEASE = dt.timedelta(minutes=5)
# Rows of a part: what is done again after a kill, and what is in memory.
PART_ROWS, PART_UNITS = 2_000, 100
MOST_VIEWS = 30

More = Callable[[], bool]


class NotOverseen(PermissionError):
    """The unit is not, or no longer, within the officer's scope."""


class TooManyViews(Exception):
    """Who keeps so many finds none; the argument is how many are kept."""


class NameTaken(ValueError):
    """Another view of hers has this name."""


@transaction.atomic
def ask_for_list(
    *, owner: User, unit: Organisation, wanted: queries.Filter, extension: str, now: dt.datetime
) -> StaffList:
    """Owed from now on; asked again before it is made, it is one. Raises NotOverseen."""
    if not queries.may_list(owner, unit):
        raise NotOverseen(unit.code)
    people = queries.staff_below(unit).values("user_id").distinct().count()
    asked, _made = StaffList.objects.owed().get_or_create(
        owner=owner, unit=unit, query=wanted.query, extension=extension, defaults={"asked_at": now, "people": people}
    )
    return asked


def work_lists(*, now: dt.datetime, more: More) -> int:
    """Go on with each owed list as long as `more` says so. Returns how many were taken up."""
    taken = 0
    for wanted in StaffList.objects.owed().select_related("unit", "owner").order_by("asked_at"):
        if not more():
            break
        free = Q(busy_until=None) | Q(busy_until__lt=now)
        if not StaffList.objects.owed().filter(free, pk=wanted.pk).update(busy_until=now + LEASE):
            continue
        taken += 1
        _go_on(wanted, storages["private"], now, more)
        StaffList.objects.filter(pk=wanted.pk).update(busy_until=None)
    return taken


def _go_on(wanted: StaffList, storage: Storage, now: dt.datetime, more: More) -> None:
    if not queries.may_list(wanted.owner, wanted.unit):
        _forget_parts(wanted, storage)
        StaffList.objects.filter(pk=wanted.pk).update(failed_at=now, parts=0)
        return
    if wanted.parts and queries.is_stale(wanted):  # somebody in it may be nobody by now: from the beginning
        _forget_parts(wanted, storage)
        wanted.parts, wanted.done, wanted.done_to, wanted.asked_at = 0, 0, "", now
        wanted.save(update_fields=["parts", "done", "done_to", "asked_at"])
    while more():
        if not _next_part(wanted, storage, now):
            _finish(wanted, storage, now)
            return


def _next_part(wanted: StaffList, storage: Storage, now: dt.datetime) -> bool:
    """One part more; False when there is nothing left. Written before it is counted: killed between, it is written again."""
    asked, lines, people, last = queries.filter_of(wanted.query), [], 0, wanted.done_to
    read: dict[int, int] = {}
    for unit in queries.units_to_list(wanted.unit, after=wanted.done_to)[:PART_UNITS]:
        rows = queries.people_rows(unit, now=wanted.asked_at, course_id=asked.course_id, state=asked.state)[1]
        lines += [to_line(row) for row in rows]
        read[unit.pk], last = len(rows), unit.path
        people += queries.staff_below(unit).filter(organisation=unit).count()
        if len(lines) >= PART_ROWS:
            break
    if not read:
        return False
    _keep(storage, wanted.part(wanted.parts + 1), ContentFile("\n".join(lines).encode()))
    with transaction.atomic():
        record_readings_of_units(reader=wanted.owner, people=read, now=now)
        wanted.parts, wanted.done, wanted.done_to = wanted.parts + 1, wanted.done + people, last
        wanted.save(update_fields=["parts", "done", "done_to"])
    return True


def _finish(wanted: StaffList, storage: Storage, now: dt.datetime) -> None:
    with tempfile.TemporaryFile() as file:
        _write(wanted, storage, file)
        file.seek(0)
        name = f"danh-sach-{wanted.unit.code}.{wanted.extension}"
        storage.delete(wanted.file.field.generate_filename(wanted, name))
        wanted.file.save(name, File(file), save=False)
    wanted.made_at = now
    wanted.save(update_fields=["file", "made_at"])
    _forget_parts(wanted, storage)


def _write(wanted: StaffList, storage: Storage, file: IO[bytes]) -> None:
    head, rows = queries.people_head(), (row for row in queries.rows_of_parts(wanted, storage) if row)
    if wanted.extension == "xlsx":
        save_xlsx(file, wanted.unit.label, head, rows)
    else:
        save_csv(file, head, rows)


def _keep(storage: Storage, name: str, content: ContentFile) -> None:
    storage.delete(name)  # a part that a killed worker left
    storage.save(name, content)


def _forget_parts(wanted: StaffList, storage: Storage) -> None:
    for number in range(1, wanted.parts + 2):  # and the one that was being written
        storage.delete(wanted.part(number))


def drop_list(*, wanted: StaffList) -> None:
    """Files first: a row without its file says nothing, a file without its row is found by nobody."""
    storage = storages["private"]
    _forget_parts(wanted, storage)
    if wanted.file.name:
        storage.delete(wanted.file.name)
    wanted.delete()


def forget_lists(*, now: dt.datetime) -> int:
    """Lists older than a week, and those in which somebody may stand who was erased since. Returns how many."""
    old = Q(asked_at__lt=now - dt.timedelta(days=queries.DAYS))
    ended = StaffList.objects.filter(Q(made_at__isnull=False) | Q(failed_at__isnull=False))
    gone = [*ended.filter(old), *(one for one in ended.exclude(old) if queries.is_stale(one))]
    for one in gone:
        drop_list(wanted=one)
    return len(gone)


# --- views ------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def keep_view(*, owner: User, name: str, query: str, now: dt.datetime) -> KeptView:
    """Under a name that is there already, the filter takes the place of the old one. Raises TooManyViews."""
    User.objects.select_for_update().get(pk=owner.pk)  # two windows at once count one after the other
    others = KeptView.objects.filter(owner=owner).exclude(name=nfc(name))
    if others.count() >= MOST_VIEWS:
        raise TooManyViews(MOST_VIEWS)
    view, _made = KeptView.objects.update_or_create(
        owner=owner, name=nfc(name), defaults={"query": queries.view_of(query), "kept_at": now}
    )
    return view


@transaction.atomic
def change_view(*, view: KeptView, name: str, first: bool) -> None:
    """`first`: shown when the workplace is opened; one at most. Raises NameTaken."""
    others = KeptView.objects.select_for_update().filter(owner=view.owner).exclude(pk=view.pk)
    if others.filter(name=nfc(name)).exists():
        raise NameTaken(name)
    if first:
        others.update(first=False)
    KeptView.objects.filter(pk=view.pk).update(name=nfc(name), first=first)


def drop_view(*, view: KeptView) -> None:
    KeptView.objects.filter(pk=view.pk).delete()
