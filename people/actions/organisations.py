"""Loading the tree of organisations."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.db.models.functions import Length, Substr

from people import agencies_csv
from people.models import Organisation
from people.reorganising import NewUnit


@dataclass(frozen=True, kw_only=True)
class LoadedOrganisations:
    made: int
    kept: int
    ended: int


@transaction.atomic
def load_organisations(
    *, rows: Iterable[Mapping[str, str]], today: dt.date, short_names: Mapping[str, str] | None = None
) -> LoadedOrganisations:
    """Add the agencies of the file that are missing, under their parents; raises agencies_csv.BadAgencies.

    An agency that exists keeps its name and place, because people edit the tree after it is loaded. Only an end that
    the file knows and the tree does not is filled in, and only once that day (`valid_to`) has come by `today`.
    """
    agencies = agencies_csv.parse(rows, short_names)
    known = {one.code: one.pk for one in Organisation.objects.filter(code__in=[one.code for one in agencies])}
    made = plant(
        units=[
            NewUnit(code=one.code, name=one.name, short_name=one.short_name, kind=one.kind, parent=one.parent, note=one.note)
            for one in agencies
            if one.code not in known
        ]
    )
    known |= made
    ended = 0
    for agency in agencies:
        if agency.valid_to is None or agency.valid_to > today:
            continue
        ended += Organisation.objects.filter(code=agency.code, valid_to__isnull=True).update(
            valid_to=agency.valid_to, successor_id=known.get(agency.successor)
        )
    return LoadedOrganisations(made=len(made), kept=len(agencies) - len(made), ended=ended)


@transaction.atomic
def plant(*, units: Sequence[NewUnit]) -> dict[str, int]:
    """Add organisations, parents before children, many in one insert. Returns their ids by code.

    treebeard adds one at a time, four queries each: the paths are reckoned here as it reckons them.
    """
    if not units:
        return {}
    above = {unit.parent for unit in units} - {unit.code for unit in units} - {""}
    parents = {one.code: one for one in Organisation.objects.filter(code__in=above)}
    last = _last_children([parent.path for parent in parents.values()])
    places = {code: (parent.path, parent.depth) for code, parent in parents.items()} | {"": ("", 0)}
    children = Counter(unit.parent for unit in units)
    nodes = []
    for unit in units:
        path, depth = places[unit.parent]
        last[path] = last.get(path, 0) + 1
        places[unit.code] = Organisation._get_path(path, depth + 1, last[path]), depth + 1
        nodes.append(
            Organisation(
                path=places[unit.code][0], depth=depth + 1, numchild=children[unit.code], code=unit.code, name=unit.name,
                short_name=unit.short_name, kind=unit.kind, valid_from=unit.valid_from, valid_to=unit.valid_to,
                note=unit.note, staff_declared=unit.staff_declared,
            )  # fmt: skip
        )
    Organisation.objects.bulk_create(nodes, batch_size=500)
    for code, parent in parents.items():
        Organisation.objects.filter(pk=parent.pk).update(numchild=F("numchild") + children[code])
    ids = {node.code: node.pk for node in nodes}
    _set_successors(units, ids)
    return ids


@transaction.atomic
def uproot(*, ids: Sequence[int]) -> None:
    """Take away organisations that nothing hangs on, all that stand below them among them.

    treebeard would ask for every branch in one condition, which thousands of branches are too many for.
    """
    paths: list[str] = []
    for place in range(0, len(ids), 500):
        some = ids[place : place + 500]
        paths += Organisation.objects.filter(pk__in=some).values_list("path", flat=True)
        Organisation.objects.filter(successor__in=some).update(successor=None)
    gone = set(paths)
    left = Counter(path[: -Organisation.steplen] for path in paths)
    for place in range(0, len(ids), 500):
        QuerySet(Organisation).filter(pk__in=ids[place : place + 500]).delete()
    for path, count in left.items():
        if path not in gone:
            Organisation.objects.filter(path=path).update(numchild=F("numchild") - count)


def _last_children(paths: Sequence[str]) -> dict[str, int]:
    """The number of the last child below each of `paths`, and below none ("")."""
    step = Organisation.steplen
    up = Substr("path", 1, Length("path") - step)
    last: dict[str, int] = {}
    top = Organisation.objects.filter(depth=1).aggregate(last=Max("path"))["last"]
    if top:
        last[""] = Organisation._str2int(top)
    for place in range(0, len(paths), 500):
        some = Organisation.objects.filter(depth__gt=1).annotate(up=up).filter(up__in=paths[place : place + 500])
        for path, child in some.order_by().values("up").annotate(last=Max("path")).values_list("up", "last"):
            last[path] = Organisation._str2int(child[-step:])
    return last


def _set_successors(units: Sequence[NewUnit], ids: dict[str, int]) -> None:
    named = [unit for unit in units if unit.successor]
    wanted = {unit.successor for unit in named} - set(ids)
    known = ids | dict(Organisation.objects.filter(code__in=wanted).values_list("code", "pk"))
    for unit in named:
        Organisation.objects.filter(pk=ids[unit.code]).update(successor_id=known[unit.successor])
