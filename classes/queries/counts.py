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

from django.db.models import Count, Max, Q, QuerySet, Subquery
from django.utils import timezone

from classes import counting
from classes.counting import Counted, Counts, DutyCounts, Participation, Person
from classes.duties import Duty, Unit
from classes.models import AgencyCount, AgencyCounting, Assignment, RequirementCount, StaffRequirement, TrainingClass
from courses.models import Enrolment, OutsideCompletion
from people.models import Audience, Membership, Organisation
from people.prepared import Prepared, prepared

STEP = Organisation.steplen
LEAST = dt.timedelta(seconds=30)
# Counting takes a twentieth of one core at most, however large the city.
REST = 20


_counted_at = Prepared(lambda: AgencyCounting.objects.order_by("pk").values_list("counted_at", flat=True)[:1])


@prepared()
def _state() -> QuerySet[Any]:
    counted = Subquery(AgencyCounting.objects.order_by("pk").values("counted_at")[:1])
    whole = StaffRequirement.objects.order_by().annotate(counted=counted).values("counted")
    return whole.annotate(count=Count("pk"), set=Max("set_at"), withdrawn=Max("withdrawn_at")).values_list(
        "counted", "count", "set", "withdrawn"
    )


def counted_at() -> dt.datetime | None:
    """Of when the kept counts are; None before the first counting."""
    return next(iter(_counted_at()), None)


def state_of_counts() -> tuple[Any, ...]:
    """Changes whenever agencies were counted or something was required or is no longer; of when the counts are comes first.
    One query, and another while nothing was ever required."""
    return next(iter(_state()), None) or (counted_at(),)


def counting_owed(now: dt.datetime) -> bool:
    last = AgencyCounting.objects.first()
    return last is None or last.owed or now - last.counted_at >= max(LEAST, REST * dt.timedelta(seconds=last.seconds))


def counted_agencies(now: dt.datetime) -> Counted:
    """Everybody and every class counted anew, in six queries and one pass."""
    return counting.with_classes(_count(staff_memberships(), now), _classes_held(), step=STEP)


def _classes_held() -> Iterator[tuple[str, frozenset[int]]]:
    """Classes that were opened and not cancelled: where each is held, and the courses given to it. Two queries."""
    held = TrainingClass.objects.filter(opened_at__isnull=False, cancelled_at__isnull=True)
    given: dict[Any, set[int]] = {}
    pairs = Assignment.objects.current().filter(training_class__in=held).values_list("training_class_id", "course_id")
    for klass, course in pairs:
        given.setdefault(klass, set()).add(course)
    for klass, path in held.values_list("pk", "organisation__path"):
        yield path, frozenset(given.get(klass, ()))


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


def kept_by_requirement(requirements: Iterable[StaffRequirement]) -> dict[tuple[int, int], DutyCounts]:
    """The kept counts by (organisation, requirement). One query."""
    rows = RequirementCount.objects.filter(requirement_id__in={row.pk for row in requirements})
    return {(row.organisation_id, row.requirement_id): _duty_counts(row) for row in rows}


def together(places: Sequence[tuple[str, bool]], counts: Sequence[Counts], *, now: dt.datetime, course_id: int | None) -> Counts:
    """The sum of the counts of some places, less what it counts double: people in two of them. At most five queries."""
    total = _added(counts)
    if len(places) < 2:
        return total
    found = _counted_twice(places, now)
    if found is None:
        return total

    def of(place: tuple[str, bool]) -> Counts:
        everybody = found.places.get((*place, None), Counts())
        return replace(found.places.get((*place, course_id), Counts()), staff=everybody.staff)

    once, double = of(("", False)), _added(of(place) for place in places)
    return _by_field(operator.sub, _added([total, once]), double)


def duty_together(roots: Sequence[Organisation], key: int, counts: Sequence[DutyCounts], *, now: dt.datetime) -> DutyCounts:
    """The same of one requirement over several roots. At most five queries."""
    total = reduce(lambda one, other: _duty_by_field(operator.add, one, other), counts, DutyCounts())
    if len(roots) < 2:
        return total
    found = _counted_twice([(root.path, False) for root in roots], now)
    if found is None:
        return total
    double = reduce(
        lambda one, root: _duty_by_field(operator.add, one, found.duties.get((root.path, key), DutyCounts())), roots, DutyCounts()
    )
    once = found.duties.get(("", key), DutyCounts())
    return _duty_by_field(operator.sub, _duty_by_field(operator.add, total, once), double)


def _counted_twice(places: Sequence[tuple[str, bool]], now: dt.datetime) -> Counted | None:
    """The people in two of the places, counted by themselves; None where there are none."""
    members = staff_memberships().filter(organisation__in=_in_places(places))
    twice = members.values("user_id").annotate(units=Count("pk")).filter(units__gt=1)
    ids = list(twice.values_list("user_id", flat=True))
    return _count(members.filter(user_id__in=ids), now) if ids else None


def _in_places(places: Sequence[tuple[str, bool]]) -> QuerySet[Organisation]:
    own = [path for path, alone in places if alone]
    trees = [Organisation(path=path) for path, alone in places if not alone]
    return Organisation.objects.filter(path__in=own) | Organisation.objects.below(trees)


def _count(members: QuerySet[Membership], now: dt.datetime) -> Counted:
    required: dict[str, list[Duty]] = {}
    for row in StaffRequirement.objects.current().select_related("organisation"):
        required.setdefault(row.organisation.path, []).append(row.duty)
    return counting.count(_people(members), required, step=STEP, now=now)


def _people(members: QuerySet[Membership]) -> Iterator[Person]:
    """Memberships, participations and what was recognised side by side in the order of their people, so that nothing

    piles up. Three queries.
    """
    users = members.values("user_id")
    rows = Enrolment.objects.counted().filter(learner_id__in=users).order_by("learner_id")
    taking_part = _Beside(rows.values_list("learner_id", "course_id", "completed_at", "organisation_id"))
    other = OutsideCompletion.objects.standing().filter(learner_id__in=users).order_by("learner_id")
    recognised = _Beside(other.values_list("learner_id", "course_id", "completed_on"))
    columns = ("user_id", "organisation__path", "category", "since", "carried_since", "user__audience")
    belonging = members.order_by("user_id").values_list(*columns).iterator(chunk_size=5_000)
    for user, units in groupby(belonging, key=itemgetter(0)):
        yield Person(
            units=tuple(_unit(row) for row in units),
            participations=tuple(_participation(row) for row in taking_part.of(user)),
            recognised=tuple((course, moment(day)) for _user, course, day in recognised.of(user)),
        )


class _Beside:
    """Rows in the order of their first column, read along with another list in the same order."""

    def __init__(self, rows: QuerySet[Any, Any]) -> None:
        self._groups = groupby(rows.iterator(chunk_size=5_000), key=itemgetter(0))
        self._key: int | None
        self._rows: Iterator[Any]
        self._step()

    def _step(self) -> None:
        self._key, self._rows = next(self._groups, (None, iter(())))

    def of(self, key: int) -> Iterator[Any]:
        while self._key is not None and self._key < key:
            self._step()
        return self._rows if self._key == key else iter(())


def _unit(row: tuple[int, str, str, dt.date, dt.date | None, str]) -> Unit:
    _user, path, category, since, carried_since, audience = row
    return Unit(path=path, category=category, since=carried_since or since, teacher=audience == Audience.TEACHER)


def moment(day: dt.date) -> dt.datetime:
    """A day on which something was completed elsewhere, as the moment completions are compared by."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time(12)))


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


_DUTY_FIELDS = tuple(asdict(DutyCounts()))


def _duty_counts(row: RequirementCount) -> DutyCounts:
    return DutyCounts(**{name: getattr(row, name) for name in _DUTY_FIELDS})


def _duty_by_field(work: Callable[[int, int], int], one: DutyCounts, other: DutyCounts) -> DutyCounts:
    return DutyCounts(**{name: work(getattr(one, name), getattr(other, name)) for name in _DUTY_FIELDS})
