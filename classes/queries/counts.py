"""Reads the people whom agencies are counted from, and the counts as they were kept last."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import reduce
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Value

from classes import counting
from classes.counting import Counts, Participation, Person, Place
from classes.models import AgencyCount, AgencyCounting, StaffRequirement
from courses.models import Enrolment
from people.models import Membership, Organisation
from people.prepared import Prepared, prepared

STEP = Organisation.steplen
LEAST = dt.timedelta(seconds=30)
# Counting takes a twentieth of one core at most, however large the city.
REST = 20


_counted_at = Prepared(lambda: AgencyCounting.objects.order_by("pk").values_list("counted_at", flat=True)[:1])


@prepared()
def _asked() -> QuerySet[Any]:
    whole = StaffRequirement.objects.order_by().annotate(all=Value(1)).values("all")
    return whole.annotate(count=Count("pk"), set=Max("set_at"), withdrawn=Max("withdrawn_at")).values_list(
        "count", "set", "withdrawn"
    )


def counted_at() -> dt.datetime | None:
    """Of when the kept counts are; None before the first counting."""
    return next(iter(_counted_at()), None)


def state_of_counts() -> tuple[Any, ...]:
    """Changes whenever agencies were counted or something was required or is no longer. Two queries."""
    return counted_at(), *_asked()


def counting_owed(now: dt.datetime) -> bool:
    last = AgencyCounting.objects.first()
    return last is None or last.owed or now - last.counted_at >= max(LEAST, REST * dt.timedelta(seconds=last.seconds))


def counted_agencies(now: dt.datetime) -> dict[Place, Counts]:
    """Everybody counted anew, in three queries and one pass."""
    return _count(staff_memberships(), now)


def staff_memberships() -> QuerySet[Membership]:
    """Current memberships of staff, pupils left out."""
    return Membership.objects.current().staff().filter(user__is_active=True)


def kept_counts(units: Iterable[Organisation], course_id: int | None) -> dict[tuple[str, bool], Counts]:
    """The kept counts by path and whether of the unit alone, of any course or of one. One query."""
    paths = {unit.pk: unit.path for unit in units}
    rows = AgencyCount.objects.filter(Q(course=None) | Q(course=course_id), organisation_id__in=paths)
    found = {(paths[row.organisation_id], row.own, row.course_id): row for row in rows}
    return {
        (path, own): _counts(found.get((path, own, course_id)), row)
        for (path, own, course), row in found.items()
        if course is None
    }


def kept_by_course(units: Iterable[Organisation]) -> dict[tuple[int, int], Counts]:
    """The kept counts of organisations with all below them, by (organisation, course). One query."""
    rows = list(AgencyCount.objects.filter(organisation_id__in={unit.pk for unit in units}, own=False))
    everybody = {row.organisation_id: row for row in rows if row.course_id is None}
    found = {(row.organisation_id, row.course_id): row for row in rows if row.course_id is not None}
    return {
        (place, course): _counts(found.get((place, course)), row)
        for place, row in everybody.items()
        for course in {course for _place, course in found}
    }


def together(places: Sequence[tuple[str, bool]], counts: Sequence[Counts], *, now: dt.datetime, course_id: int | None) -> Counts:
    """The sum of the counts of some places, less what it counts double: people in two of them. At most four queries."""
    total = _added(counts)
    if len(places) < 2:
        return total
    members = staff_memberships().filter(organisation__in=_in_places(places))
    twice = members.values("user_id").annotate(units=Count("pk")).filter(units__gt=1)
    ids = list(twice.values_list("user_id", flat=True))
    if not ids:
        return total
    found = _count(members.filter(user_id__in=ids), now)

    def of(place: tuple[str, bool]) -> Counts:
        everybody = found.get((*place, None), Counts())
        return replace(found.get((*place, course_id), Counts()), staff=everybody.staff)

    once, double = of(("", False)), _added(of(place) for place in places)
    return _by_field(operator.sub, _added([total, once]), double)


def _in_places(places: Sequence[tuple[str, bool]]) -> QuerySet[Organisation]:
    own = [path for path, alone in places if alone]
    trees = [Organisation(path=path) for path, alone in places if not alone]
    return Organisation.objects.filter(path__in=own) | Organisation.objects.below(trees)


def _count(members: QuerySet[Membership], now: dt.datetime) -> dict[Place, Counts]:
    required: dict[str, list[tuple[int, dt.datetime]]] = {}
    for path, course, due in StaffRequirement.objects.current().values_list("organisation__path", "course_id", "due_at"):
        required.setdefault(path, []).append((course, due))
    return counting.count(_people(members), required, step=STEP, now=now)


def _people(members: QuerySet[Membership]) -> Iterator[Person]:
    """Memberships and participations side by side in the order of their people, so that nothing piles up. Two queries."""
    rows = Enrolment.objects.counted().filter(learner_id__in=members.values("user_id")).order_by("learner_id")
    columns = rows.values_list("learner_id", "course_id", "completed_at", "organisation_id")
    taking_part = groupby(columns.iterator(chunk_size=5_000), key=itemgetter(0))
    learner, own = next(taking_part, (None, iter(())))
    belonging = members.order_by("user_id").values_list("user_id", "organisation__path").iterator(chunk_size=5_000)
    for user, units in groupby(belonging, key=itemgetter(0)):
        while learner is not None and learner < user:
            learner, own = next(taking_part, (None, iter(())))
        yield Person(
            units=tuple(path for _user, path in units),
            participations=tuple(_participation(row) for row in own) if learner == user else (),
        )


def _participation(row: tuple[int, int, dt.datetime | None, int | None]) -> Participation:
    _learner, course, completed_at, organisation = row
    return Participation(course=course, completed_at=completed_at, private=organisation is None)


_FIELDS = tuple(asdict(Counts()))


def _counts(row: AgencyCount | None, everybody: AgencyCount) -> Counts:
    """Of one course, or of none where nobody has anything to do with it; staff as it is whatever the course."""
    told = {name: getattr(row, name) for name in _FIELDS} if row else {}
    return Counts(**{**told, "staff": everybody.staff})


def _added(many: Iterable[Counts]) -> Counts:
    return reduce(lambda one, other: _by_field(operator.add, one, other), many, Counts())


def _by_field(work: Callable[[int, int], int], one: Counts, other: Counts) -> Counts:
    return Counts(**{name: work(getattr(one, name), getattr(other, name)) for name in _FIELDS})
