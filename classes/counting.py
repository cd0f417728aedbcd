"""Counts people by agency in one pass over them: pure, without a database.

An agency is known by its path in the tree of organisations. A person in two units is counted once wherever both are
summed. The empty path stands for all of them together, `course` None for any course.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Distinct people: staff now, those of them enrolled, who completed, who are past the date of a required course,

    who still have to complete one by a date to come, and who completed within the last seven days; and the number of
    their participations (lượt).
    """

    staff: int = 0
    enrolled: int = 0
    completed: int = 0
    overdue: int = 0
    pending: int = 0
    lately: int = 0
    participations: int = 0

    @property
    def rate(self) -> int:
        """0..100 of the staff, rounded down."""
        return 100 * self.completed // self.staff if self.staff else 0


@dataclass(frozen=True, kw_only=True)
class Participation:
    """One enrolment that counts. `private`: made while its learner belonged to no agency."""

    course: int
    completed_at: dt.datetime | None
    private: bool


@dataclass(frozen=True, kw_only=True)
class Person:
    """A member of staff: the paths of her units, and what she takes part in."""

    units: tuple[str, ...]
    participations: tuple[Participation, ...]


# What a course is required by, (course, due date), at each path that requires something.
Required = Mapping[str, list[tuple[int, dt.datetime]]]
# A path, whether only the people directly there are meant, and a course.
Place = tuple[str, bool, int | None]

_NAMES = ("staff", "enrolled", "completed", "overdue", "pending", "lately")
_STAFF, _ENROLLED, _COMPLETED, _OVERDUE, _PENDING, _LATELY = (1 << place for place in range(len(_NAMES)))


def count(people: Iterable[Person], required: Required, *, step: int, now: dt.datetime) -> dict[Place, Counts]:
    """The counts of every path that people belong to or lie under. `step` is the length of one level of a path.

    A course has an entry where somebody takes part in it or owes it; staff stands in the entries of `None` alone.
    """
    reach = _Reach(required, step)
    kept: dict[Place, list[int]] = {}
    for person in people:
        own: dict[Place, tuple[int, int]] = {}
        for unit in person.units:
            for course, marks in _marks(person.participations, reach.required_at(unit), now).items():
                for place in reach.places(unit, course):
                    flags, parts = own.get(place, (0, 0))
                    own[place] = flags | marks[0], parts | marks[1]
        for place, (flags, parts) in own.items():
            row = kept.get(place)
            if row is None:
                row = kept[place] = [0] * (len(_NAMES) + 1)
            for number in range(len(_NAMES)):
                row[number] += flags >> number & 1
            row[-1] += parts.bit_count()
    return {place: Counts(**dict(zip((*_NAMES, "participations"), row, strict=True))) for place, row in kept.items()}


class _Reach:
    """What is asked at a path, and the paths above it, worked out once for each."""

    def __init__(self, required: Required, step: int) -> None:
        self.required, self.step = required, step
        self._required: dict[str, list[tuple[int, dt.datetime]]] = {}
        self._places: dict[tuple[str, int | None], list[Place]] = {}

    def _above(self, path: str) -> Iterator[str]:
        return (path[:length] for length in range(0, len(path) + 1, self.step))

    def required_at(self, path: str) -> list[tuple[int, dt.datetime]]:
        if path not in self._required:
            self._required[path] = [one for above in self._above(path) for one in self.required.get(above, ())]
        return self._required[path]

    def places(self, path: str, course: int | None) -> list[Place]:
        key = path, course
        if key not in self._places:
            self._places[key] = [(path, True, course), *((above, False, course) for above in self._above(path))]
        return self._places[key]


def _marks(
    participations: tuple[Participation, ...], required: list[tuple[int, dt.datetime]], now: dt.datetime
) -> dict[int | None, tuple[int, int]]:
    """Of one person in one unit, by course: what she counts as, and which of her participations count, as bits.

    What somebody studied privately before she came is hers, unless it is required of her.
    """
    asked = {course for course, _due in required}
    found: dict[int | None, tuple[int, int]] = {}
    done = {one.course for one in participations if one.completed_at is not None}
    for number, one in enumerate(participations):
        if one.private and one.course not in asked:
            continue
        flags, parts = found.get(one.course, (0, 0))
        flags |= _ENROLLED
        if one.completed_at is not None:
            flags |= _COMPLETED | (_LATELY if now - WEEK < one.completed_at <= now else 0)
        found[one.course] = flags, parts | 1 << number
    for course, due in required:
        if course not in done:
            flags, parts = found.get(course, (0, 0))
            found[course] = flags | (_OVERDUE if due < now else _PENDING), parts
    flags, parts = _STAFF, 0
    for one_flags, one_parts in found.values():
        flags, parts = flags | one_flags, parts | one_parts
    found[None] = flags, parts
    return found
