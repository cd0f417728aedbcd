"""Completion by agency: people by their current agency, as they were counted last."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import (
    F,
    Q,
)
from django.utils import timezone
from django.utils.translation import gettext as _

from classes.counting import Counts, DutyCounts
from classes.exports import Cell
from classes.models import StaffRequirement
from classes.queries import counts
from courses.queries import outlines
from people.models import Organisation, RoleKind, User, overseen_roots
from people.queries import role_kinds
from people.text import fold

STEP = Organisation.steplen
SHOWN = 12
COLUMNS = ("name", "staff", "classes", "participations", "enrolled", "completed", "rate", "recognised", "overdue")


def scope_of(user: User) -> list[Organisation]:
    """The topmost organisations `user` oversees; one held under another adds nothing."""
    kept: list[Organisation] = []
    for root in overseen_roots(user):  # in order of the path: what is above comes first
        if not any(root.path.startswith(above.path) for above in kept):
            kept.append(root)
    return kept


def above(unit: Organisation, user: User) -> list[Organisation]:
    """The organisations above `unit` that `user` may open, topmost first."""
    shortest = min((len(root.path) for root in overseen_roots(user) if unit.path.startswith(root.path)), default=len(unit.path))
    paths = [unit.path[:length] for length in range(shortest, len(unit.path), STEP)]
    return list(Organisation.objects.filter(path__in=paths).order_by("path")) if paths else []


def may_require(user: User, organisation: Organisation) -> bool:
    """Whether `user` may set what staff must learn there: officers and the owner; an auditor only looks."""
    if RoleKind.AUDITOR not in role_kinds(user):
        return any(organisation.path.startswith(root.path) for root in overseen_roots(user))
    held = user.roles.current().filter(kind__in=[RoleKind.OFFICER, RoleKind.OWNER])  # type: ignore[attr-defined]
    return any(organisation.path.startswith(path) for path in held.values_list("organisation__path", flat=True))


def course_choices() -> list[tuple[int, str]]:
    return [(course.course_id, course.title) for course in outlines().values()]


# --- the table of agencies --------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class AgencyRow:
    """A child of a root with everything below it or, when `own`, the people directly in the root."""

    organisation: Organisation
    own: bool
    counts: Counts

    @property
    def label(self) -> str:
        return _("%(name)s (riêng đơn vị này)") % {"name": self.organisation.label} if self.own else self.organisation.label


@dataclass(frozen=True, kw_only=True)
class AgencyTable:
    """`total` counts a person in two units once, so it may be less than the sum of the rows.

    `counted_at` is of when the counts are, None before they were counted for the first time.
    """

    rows: tuple[AgencyRow, ...]
    total: Counts
    sort: str
    descending: bool
    counted_at: dt.datetime | None

    @property
    def slowest(self) -> list[AgencyRow]:
        """The three with the most people overdue."""
        late = [row for row in self.rows if row.counts.overdue]
        return sorted(late, key=lambda row: -row.counts.overdue)[:3]


def agency_table(
    roots: list[Organisation], *, now: dt.datetime, course_id: int | None = None, name: str = "", sort: str = "",
    descending: bool = False, counted: tuple[dt.datetime | None] | None = None,
) -> AgencyTable:  # fmt: skip
    """The children of `roots`, in the order of the tree or sorted by one of COLUMNS, as counted last. Three queries, and
    four more when the total is of several places. `counted`: of when the counts are, where that is read already."""
    units = _children(roots)
    (counted_at,) = counted or (counts.counted_at(),)
    kept = counts.kept_counts(units, course_id)
    shown = _rows(units, roots, kept, now)
    rows = [row for row in shown if fold(name) in fold(f"{row.organisation.name} {row.organisation.label}")]
    if sort in COLUMNS:
        rows.sort(key=lambda row: fold(row.label) if sort == "name" else getattr(row.counts, sort), reverse=descending)
    places = [(row.organisation.path, row.own) for row in rows] if name else [(root.path, False) for root in roots]
    of_places = [kept.get(place, Counts()) for place in places]
    return AgencyTable(
        rows=tuple(rows), total=counts.together(places, of_places, now=now, course_id=course_id),
        sort=sort if sort in COLUMNS else "", descending=descending, counted_at=counted_at,
    )  # fmt: skip


def agency_rows(table: AgencyTable) -> tuple[list[str], list[list[Cell]]]:
    """The table as it is on the screen, the total in the last row."""
    header = [
        _("Cơ quan, đơn vị"), _("Nhân sự (người)"), _("Số lớp"), _("Số lượt"), _("Đã ghi danh (người)"),
        _("Đã hoàn thành (người)"), _("Tỷ lệ hoàn thành (%)"), _("Được ghi nhận (người)"), _("Quá hạn (người)"),
    ]  # fmt: skip
    named = [(row.label, row.counts) for row in table.rows] + [(_("Cộng (mỗi người một lần)"), table.total)]
    return header, [
        [
            label, counts.staff, counts.classes, counts.participations, counts.enrolled, counts.completed, counts.rate,
            counts.recognised, counts.overdue,
        ]
        for label, counts in named
    ]


def units_found(roots: list[Organisation], *, name: str, today: dt.date) -> list[Organisation]:
    """Organisations deeper than the table whose name contains `name`, marks or not. At most twenty. One query."""
    if not fold(name):
        return []
    deeper = [
        unit
        for unit in Organisation.objects.below(roots).current(today).order_by("path").only("name", "short_name", "code", "path")
        if len(unit.path) > min(len(root.path) for root in roots if unit.path.startswith(root.path)) + STEP
    ]
    return [unit for unit in deeper if fold(name) in fold(f"{unit.name} {unit.short_name} {unit.code}")][:20]


def _children(roots: list[Organisation]) -> list[Organisation]:
    """The roots and what lies directly under them, in the order of the tree. One query."""
    children = Q(pk__in=[])
    for root in roots:
        children |= Q(path__startswith=root.path, depth__in=[root.depth, root.depth + 1])
    return list(Organisation.objects.filter(children).order_by("path"))


def _rows(
    units: list[Organisation], roots: list[Organisation], counted: dict[tuple[str, bool], Counts], now: dt.datetime
) -> list[AgencyRow]:
    """Children that exist now, or that still hold people; a root itself when people are directly in it."""
    today, tops = timezone.localdate(now), {root.path for root in roots}
    rows = []
    for unit in units:
        own = unit.path in tops
        found = counted.get((unit.path, own))
        # Classes a unit held before it ended are counted above it, in no row of its own.
        if (found and (own or found.staff)) or (not own and _exists(unit, today)):
            rows.append(AgencyRow(organisation=unit, own=own, counts=found or Counts()))
    return rows


def _exists(unit: Organisation, today: dt.date) -> bool:
    return (unit.valid_from is None or unit.valid_from <= today) and (unit.valid_to is None or unit.valid_to > today)


def in_force(roots: list[Organisation]) -> list[StaffRequirement]:
    """What is required below the roots or from above them, soonest first. One query."""
    touching = Q(organisation__in=Organisation.objects.below(roots))
    for root in roots:
        touching |= Q(organisation__path__in=[root.path[:length] for length in range(STEP, len(root.path), STEP)])
    rows = StaffRequirement.objects.current().filter(touching).select_related("organisation", "course")
    return list(rows.order_by(F("due_at").asc(nulls_last=True), "pk"))


# --- where do we stand, who is late, what is due ------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Required:
    """A required course and the staff within the scope whom it concerns, as counted last."""

    requirement: StaffRequirement
    course_title: str
    counts: DutyCounts
    past: bool
    within: bool  # set in the scope itself, not inherited from above it

    @property
    def staff(self) -> int:
        return self.counts.concerned

    @property
    def unfinished(self) -> int:
        return self.counts.unfinished


@dataclass(frozen=True, kw_only=True)
class Overview:
    required: tuple[Required, ...]

    @property
    def next(self) -> Required | None:
        """What falls due next."""
        return next((one for one in self.required if not one.past and one.requirement.due_at), None)


def overview(
    roots: list[Organisation], *, now: dt.datetime, course_id: int | None = None,
    required: Sequence[StaffRequirement] | None = None,
) -> Overview:  # fmt: skip
    """What is required, soonest first, its people as counted last. Two queries, and four more for what several roots share.

    All that is required in the roots or above them, and of what units below require, the dates nearest to today.
    """
    rows = [row for row in (in_force(roots) if required is None else required) if course_id in (None, row.course_id)]
    return Overview(required=tuple(_required(_nearest(rows, roots, now), roots, now)))


def _nearest(rows: list[StaffRequirement], roots: list[Organisation], now: dt.datetime) -> list[StaffRequirement]:
    paths = [root.path for root in roots]
    whole = [row for row in rows if any(path.startswith(row.organisation.path) for path in paths)]
    partly = sorted((row for row in rows if row not in whole), key=lambda row: abs(_due(row) - now))
    return sorted([*whole, *partly[: max(0, SHOWN - len(whole))]], key=_due)


def _due(row: StaffRequirement) -> dt.datetime:
    """Without a date, what is asked of whoever joins comes last."""
    return row.due_at or dt.datetime.max.replace(tzinfo=dt.UTC)


def _required(rows: list[StaffRequirement], roots: list[Organisation], now: dt.datetime) -> Iterable[Required]:
    """What is required above the roots concerns their staff; what is required below, the staff of the unit that asks it."""
    within = {row.pk: any(row.organisation.path.startswith(root.path) for root in roots) for row in rows}
    concerned = {
        row.pk: [row.organisation] if within[row.pk] else [root for root in roots if root.path.startswith(row.organisation.path)]
        for row in rows
    }
    counted = counts.kept_by_requirement(rows)
    for row in rows:
        units = concerned[row.pk]
        of_units = [counted.get((unit.pk, row.pk), DutyCounts()) for unit in units]
        yield Required(
            requirement=row, course_title=row.course.title, counts=counts.duty_together(units, row.pk, of_units, now=now),
            past=row.due_at is not None and row.due_at < now, within=within[row.pk],
        )  # fmt: skip
