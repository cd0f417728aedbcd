"""Counts people by agency in one pass over them: pure, without a database.

An agency is known by its path in the tree of organisations. A person in two units is counted once wherever both are
summed. The empty path stands for all of them together, `course` None for any course.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from classes.duties import SOON, Duty, Unit

WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Distinct people: staff now, those of them enrolled, who completed, who are past the date of a required course,

    who still have to complete one by a date to come, who completed within the last seven days, who have a course
    recognised that they have not completed here, and whose required course lapses soon; and the number of their
    participations (lượt). A completion that has lapsed for what is required is none.

    And classes (lớp) held there, whoever their learners are: not people, and in one place each.
    """

    staff: int = 0
    enrolled: int = 0
    completed: int = 0
    overdue: int = 0
    pending: int = 0
    lately: int = 0
    recognised: int = 0
    expiring: int = 0
    participations: int = 0
    classes: int = 0

    @property
    def rate(self) -> int:
        """0..100 of the staff, rounded down. What was recognised is not in it."""
        return 100 * self.completed // self.staff if self.staff else 0


@dataclass(frozen=True, kw_only=True)
class DutyCounts:
    """Of one requirement: distinct people whom it concerns, who completed the course here, who have it recognised instead,

    who are past its date, and whose completion or recognition lapses soon.
    """

    concerned: int = 0
    completed: int = 0
    recognised: int = 0
    overdue: int = 0
    expiring: int = 0

    @property
    def unfinished(self) -> int:
        return self.concerned - self.completed - self.recognised


@dataclass(frozen=True, kw_only=True)
class Participation:
    """One enrolment that counts. `private`: made while its learner belonged to no agency."""

    course: int
    completed_at: dt.datetime | None
    private: bool


@dataclass(frozen=True, kw_only=True)
class Person:
    """A member of staff: her units, what she takes part in, and what counts as done (course, of when)."""

    units: tuple[Unit, ...]
    participations: tuple[Participation, ...] = ()
    recognised: tuple[tuple[int, dt.datetime], ...] = ()


# What is required at each path that requires something.
Required = Mapping[str, list[Duty]]
# A path, whether only the people directly there are meant, and a course.
Place = tuple[str, bool, int | None]
# A path, and the key of a duty that reaches it.
Reached = tuple[str, int]


@dataclass(frozen=True)
class Counted:
    places: dict[Place, Counts]
    duties: dict[Reached, DutyCounts]


_Key = TypeVar("_Key")
_NAMES = ("staff", "enrolled", "completed", "overdue", "pending", "lately", "recognised", "expiring")
_STAFF, _ENROLLED, _COMPLETED, _OVERDUE, _PENDING, _LATELY, _RECOGNISED, _EXPIRING = (1 << place for place in range(len(_NAMES)))
_DUTY_NAMES = ("concerned", "completed", "recognised", "overdue", "expiring")


def count(people: Iterable[Person], required: Required, *, step: int, now: dt.datetime) -> Counted:
    """The counts of every path that people belong to or lie under. `step` is the length of one level of a path.

    A course has an entry where somebody takes part in it, has it recognised or owes it; staff stands in the entries of
    `None` alone. A duty has an entry at the paths it reaches and for all together.
    """
    reach = _Reach(required, step, now)
    kept: dict[Place, list[int]] = {}
    duties: dict[Reached, list[int]] = {}
    for person in people:
        own: dict[Place, tuple[int, int]] = {}
        owed: dict[Reached, int] = {}
        for unit in person.units:
            marks, asked = _marks(person, unit, reach)
            for course, (flags, parts) in marks.items():
                for place in reach.places(unit.path, course):
                    before, parts_before = own.get(place, (0, 0))
                    own[place] = before | flags, parts_before | parts
            for judged, flags in asked:
                for path in reach.reached(unit.path, judged):
                    owed[path, judged.duty.key] = owed.get((path, judged.duty.key), 0) | flags
        for place, (flags, parts) in own.items():
            row = _add(kept, place, flags, _NAMES, 1)
            row[-1] += parts.bit_count()
        for key, flags in owed.items():
            _add(duties, key, flags, _DUTY_NAMES, 0)
    return Counted(
        {place: Counts(**dict(zip((*_NAMES, "participations"), row, strict=True))) for place, row in kept.items()},
        {key: DutyCounts(**dict(zip(_DUTY_NAMES, row, strict=True))) for key, row in duties.items()},
    )


def with_classes(counted: Counted, held: Iterable[tuple[str, frozenset[int]]], *, step: int) -> Counted:
    """The same with classes: `held` is the path at which each is held and the courses given to it."""
    number: Counter[Place] = Counter()
    for path, courses in held:
        for course in (None, *courses):
            number.update(_places(path, course, step))
    found = {place: replace(counted.places.get(place, Counts()), classes=classes) for place, classes in number.items()}
    return Counted(counted.places | found, counted.duties)


def _places(path: str, course: int | None, step: int) -> list[Place]:
    """Where somebody or something at `path` counts: there alone, and with all below at each level from the top."""
    return [(path, True, course), *((path[:length], False, course) for length in range(0, len(path) + 1, step))]


def _add(kept: dict[_Key, list[int]], key: _Key, flags: int, names: tuple[str, ...], more: int) -> list[int]:
    row = kept.get(key)
    if row is None:
        row = kept[key] = [0] * (len(names) + more)
    for number in range(len(names)):
        row[number] += flags >> number & 1
    return row


class _Judged:
    """A duty as it stands at one moment: from when completions count, from when they do so for long, for whom it is past."""

    def __init__(self, path: str, duty: Duty, now: dt.datetime) -> None:
        self.path, self.duty = path, duty
        self.since, self.fresh = duty.counts_since(now), duty.counts_since(now + SOON)
        self.past = duty.past_for_joined(now)

    def holds(self, at: dt.datetime | None) -> bool:
        return at is not None and (self.since is None or at >= self.since)

    def holds_long(self, at: dt.datetime | None) -> bool:
        return at is not None and (self.fresh is None or at >= self.fresh)


class _Reach:
    """What is asked at a path, and the paths above it, worked out once for each."""

    def __init__(self, required: Required, step: int, now: dt.datetime) -> None:
        self.step, self.now = step, now
        self.required = {path: [_Judged(path, duty, now) for duty in duties] for path, duties in required.items()}
        self._required: dict[str, list[_Judged]] = {}
        self._places: dict[tuple[str, int | None], list[Place]] = {}

    def _above(self, path: str) -> Iterator[str]:
        return (path[:length] for length in range(0, len(path) + 1, self.step))

    def required_of(self, unit: Unit) -> list[_Judged]:
        path = unit.path
        if path not in self._required:
            self._required[path] = [one for above in self._above(path) for one in self.required.get(above, ())]
        return [one for one in self._required[path] if one.duty.covers(unit)]

    def places(self, path: str, course: int | None) -> list[Place]:
        key = path, course
        if key not in self._places:
            self._places[key] = _places(path, course, self.step)
        return self._places[key]

    def reached(self, path: str, judged: _Judged) -> list[str]:
        return ["", *(path[:length] for length in range(len(judged.path) or self.step, len(path) + 1, self.step))]


_Marks = dict[int | None, tuple[int, int]]
_Latest = dict[int, dt.datetime]
_CONCERNED, _DONE_HERE, _DONE_ELSEWHERE, _LATE, _LAPSING = (1 << place for place in range(len(_DUTY_NAMES)))


def _marks(person: Person, unit: Unit, reach: _Reach) -> tuple[_Marks, list[tuple[_Judged, int]]]:
    """Of one person in one unit, by course: what she counts as, and which of her participations count, as bits; and what

    she counts as for each duty.
    """
    required = reach.required_of(unit)
    found, done = _taken_part(person, {one.duty.course for one in required}, reach.now)
    recognised: _Latest = {}
    for course, at in person.recognised:
        recognised[course] = max(at, recognised.get(course, at))
    duties = []
    for judged in required:
        course = judged.duty.course
        flags, parts = found.get(course, (0, 0))
        mark = _judge(judged, unit, done.get(course), recognised.get(course))
        duties.append((judged, mark))
        if not mark & _DONE_HERE:
            flags &= ~_COMPLETED
        if not mark & (_DONE_HERE | _DONE_ELSEWHERE):
            flags |= _OVERDUE if mark & _LATE else _PENDING
        found[course] = flags | (_EXPIRING if mark & _LAPSING else 0), parts
    for course, at in recognised.items():
        flags, parts = found.get(course, (0, 0))
        if not flags & _COMPLETED and all(one.holds(at) for one in required if one.duty.course == course):
            found[course] = flags | _RECOGNISED, parts
    flags, parts = _STAFF, 0
    for one_flags, one_parts in found.values():
        flags, parts = flags | one_flags, parts | one_parts
    found[None] = flags, parts
    return found, duties


def _taken_part(person: Person, asked: set[int], now: dt.datetime) -> tuple[_Marks, _Latest]:
    """By course, and the last completion. What somebody studied privately before she came is hers, unless it is `asked`."""
    found: _Marks = {}
    done: _Latest = {}
    for number, one in enumerate(person.participations):
        if one.private and one.course not in asked:
            continue
        flags, parts = found.get(one.course, (0, 0))
        flags |= _ENROLLED
        if one.completed_at is not None:
            flags |= _COMPLETED | (_LATELY if now - WEEK < one.completed_at <= now else 0)
            done[one.course] = max(one.completed_at, done.get(one.course, one.completed_at))
        found[one.course] = flags, parts | 1 << number
    return found, done


def _judge(judged: _Judged, unit: Unit, here: dt.datetime | None, elsewhere: dt.datetime | None) -> int:
    """What somebody counts as for a duty, from when she last completed the course and last had it recognised."""
    mark = _CONCERNED
    if judged.holds(here):
        mark |= _DONE_HERE
    elif judged.holds(elsewhere):
        mark |= _DONE_ELSEWHERE
    elif judged.past is not None and unit.since <= judged.past:
        mark |= _LATE
    done = mark & (_DONE_HERE | _DONE_ELSEWHERE)
    if done and not judged.holds_long(here) and not judged.holds_long(elsewhere):
        mark |= _LAPSING
    return mark
