"""Lists of the people of a unit and of all below it, and what an officer keeps of her own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.files.storage import Storage
from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict

from classes.exports import Cell, from_line
from classes.models import KeptView, StaffList
from classes.queries.agencies import course_choices
from classes.queries.staff import STATES, people_head, people_rows
from people.models import Erasure, Membership, Organisation, User
from people.prepared import prepared

# More people than this are listed in the background.
AT_ONCE = 5_000
DAYS = 7
# What of the address is kept with a view, in this order, so that the same filter reads the same.
_OF_A_VIEW = ("course", "q", "sort", "desc")


@dataclass(frozen=True, kw_only=True)
class Filter:
    course_id: int | None
    state: str

    @property
    def query(self) -> str:
        """As it stands in an address, always in the same order."""
        found = QueryDict(mutable=True)
        if self.course_id:
            found["course"] = str(self.course_id)
        if self.state:
            found["state"] = self.state
        return found.urlencode()


def filter_of(query: str) -> Filter:
    """What is not known is as if it were not there."""
    asked = QueryDict(query)
    known = {str(course_id): course_id for course_id, _title in course_choices()}
    state = asked.get("state", "")
    return Filter(course_id=known.get(asked.get("course", "")), state=state if state in STATES else "")


def staff_below(unit: Organisation) -> QuerySet[Membership]:
    everybody = Membership.objects.current().staff().filter(user__is_active=True)
    return everybody.filter(organisation__path__startswith=unit.path)


def units_to_list(unit: Organisation, *, after: str = "") -> QuerySet[Organisation]:
    """The unit and those below it that have staff of their own, in the order of the tree, beyond the path `after`."""
    staff = Membership.objects.current().staff().filter(organisation=OuterRef("pk"), user__is_active=True)
    return Organisation.objects.filter(Exists(staff), path__startswith=unit.path, path__gt=after).order_by("path")


def rows_below(unit: Organisation, wanted: Filter, now: object) -> tuple[list[str], list[list[Cell]], dict[int, int]]:
    """The lines of each unit as its own page shows them, one unit after the other, and how many each has."""
    rows: list[list[Cell]] = []
    lines: dict[int, int] = {}
    for one in units_to_list(unit):
        own = people_rows(one, now=now, course_id=wanted.course_id, state=wanted.state)[1]  # type: ignore[arg-type]
        lines[one.pk] = len(own)
        rows += own
    return people_head(), rows, lines


def rows_of_parts(wanted: StaffList, storage: Storage) -> Iterator[list[Cell]]:
    """The rows that lie in the parts, one part in memory at a time."""
    for number in range(1, wanted.parts + 1):
        with storage.open(wanted.part(number)) as part:
            for line in part.read().decode().splitlines():
                yield from_line(line) if line else []


def my_lists(user: User) -> list[StaffList]:
    return list(StaffList.objects.of(user).select_related("unit").order_by("-asked_at"))


def is_stale(wanted: StaffList) -> bool:
    """Somebody's data was erased since it was begun; she may stand in it."""
    return Erasure.objects.filter(erased_at__gte=wanted.asked_at).exists()


def may_list(user: User, unit: Organisation) -> bool:
    return Organisation.objects.visible_to(user).filter(pk=unit.pk).exists()


# --- views ------------------------------------------------------------------------------------------------------------------


def view_of(query: str) -> str:
    """The part of an address that a view keeps, "" when nothing is filtered or sorted."""
    if not query:
        return ""
    asked, found = QueryDict(query), QueryDict(mutable=True)
    for name in _OF_A_VIEW:
        if asked.get(name):
            found[name] = asked[name][:120]
    return found.urlencode()[:300]


@prepared(owner=int)
def _kept_views(owner: int) -> QuerySet[KeptView]:
    return KeptView.objects.filter(owner=owner).order_by("name")


def kept_views(user: User) -> list[KeptView]:
    """By name. One query, written once."""
    return _kept_views(owner=user.pk)
