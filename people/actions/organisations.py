"""Loading the tree of organisations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction

from people import agencies_csv
from people.models import Organisation


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
    made = 0
    for agency in agencies:
        if agency.code in known:
            continue
        fields = {
            "code": agency.code, "name": agency.name, "short_name": agency.short_name, "kind": agency.kind,
            "note": agency.note,
        }  # fmt: skip
        # treebeard keeps the count of children on the object: the parent is read again before each addition.
        if agency.parent:
            node = Organisation.objects.get(pk=known[agency.parent]).add_child(**fields)
        else:
            node = Organisation.add_root(**fields)
        known[agency.code] = node.pk
        made += 1
    ended = 0
    for agency in agencies:
        if agency.valid_to is None or agency.valid_to > today:
            continue
        ended += Organisation.objects.filter(code=agency.code, valid_to__isnull=True).update(
            valid_to=agency.valid_to, successor_id=known.get(agency.successor)
        )
    return LoadedOrganisations(made=made, kept=len(agencies) - made, ended=ended)
