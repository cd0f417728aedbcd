"""Where organisations stood: which of them lay under one, and when. A move of a branch does not take its past along."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Q
from django.utils import timezone

from people.models import Organisation, OrganisationChange

STEP = Organisation.steplen
# From the first day to the second, either of them open.
Span = tuple[dt.date | None, dt.date | None]


def then_under(unit: Organisation, *, moment: str) -> Q:
    """Rows whose `organisation` lay under `unit` at their own time, kept in the field `moment`.

    Two queries; a third, for the whole tree, once a branch has been moved.
    """
    spans = _spans(unit)
    inside = Q(organisation__in=Organisation.objects.below([unit]))
    found = inside & ~Q(organisation__in=[pk for moved in spans.values() for pk in moved]) if spans else inside
    for (since, until), moved in spans.items():
        during = Q(organisation__in=moved)
        if since:
            during &= Q(**{f"{moment}__gte": _start(since)})
        if until:
            during &= Q(**{f"{moment}__lt": _start(until)})
        found |= during
    return found


def _start(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def _spans(unit: Organisation) -> dict[Span, list[int]]:
    """When each organisation that came or went by a move lay under `unit`: the moves are walked back from today."""
    moves = OrganisationChange.objects.filter(after__has_key="parent", organisation__isnull=False)
    standing = moves.filter(operation__undone_at__isnull=True).order_by("-operation__done_at", "-pk")
    rows = list(standing.values_list("organisation_id", "before", "operation__on"))
    if not rows:
        return {}
    tree = _Tree()
    inside: dict[int, dt.date | None] = dict.fromkeys(tree.branch(unit.pk))  # until when
    spans: dict[int, list[Span]] = defaultdict(list)
    for pk, before, on in rows:
        if pk == unit.pk:  # whatever stands above it
            continue
        is_inside = pk in inside
        tree.put(pk, tree.by_code.get(before.get("parent") or ""))
        was_inside = tree.parents[pk] in inside
        for one in tree.branch(pk) if is_inside != was_inside else ():
            if is_inside:
                spans[one].append((on, inside.pop(one, None)))
            else:
                inside[one] = on
                spans.setdefault(one, [])
    grouped: dict[Span, list[int]] = defaultdict(list)
    for one, kept in spans.items():
        for span in [*kept, *([(None, inside[one])] if one in inside else [])]:
            grouped[span].append(one)
    return dict(grouped)


class _Tree:
    """The whole tree in memory, in which branches are put back to where they were."""

    def __init__(self) -> None:
        rows = list(Organisation.objects.order_by("path").values_list("pk", "path", "code"))
        by_path = {path: pk for pk, path, _code in rows}
        self.by_code = {code: pk for pk, _path, code in rows}
        self.parents = {pk: by_path.get(path[:-STEP]) for pk, path, _code in rows}
        self.children: dict[int | None, set[int]] = defaultdict(set)
        for pk, parent in self.parents.items():
            self.children[parent].add(pk)

    def put(self, pk: int, parent: int | None) -> None:
        self.children[self.parents.get(pk)].discard(pk)
        self.parents[pk] = parent
        self.children[parent].add(pk)

    def branch(self, pk: int) -> Iterator[int]:
        waiting = [pk]
        while waiting:
            one = waiting.pop()
            yield one
            waiting += self.children[one]
