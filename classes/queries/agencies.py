"""Completion by agency: people by their current agency, as they were counted last, and the people of one unit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import (
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
)
from django.db.models.functions import Length, Substr
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classes.counting import Counts
from classes.exports import Cell
from classes.models import StaffRequirement
from classes.queries import counts
from courses.models import Enrolment
from courses.queries import outlines
from people.models import Membership, Organisation, RoleKind, User, overseen_roots, restricted_people
from people.queries import role_kinds
from people.text import fold

STEP = Organisation.steplen
PAGE = 50
SHOWN = 12
COLUMNS = ("name", "staff", "enrolled", "completed", "rate", "overdue")
STATES: dict[str, str | Promise] = {
    "done": gettext_lazy("Đã hoàn thành"),
    "learning": gettext_lazy("Đang học"),
    "late": gettext_lazy("Quá hạn"),
    "none": gettext_lazy("Chưa ghi danh"),
}


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
    descending: bool = False,
) -> AgencyTable:  # fmt: skip
    """The children of `roots`, in the order of the tree or sorted by one of COLUMNS, as counted last. Three queries, and
    four more when the total is of several places."""
    units = _children(roots)
    counted = counts.kept_counts(units, course_id)
    shown = _rows(units, roots, counted, now)
    rows = [row for row in shown if fold(name) in fold(f"{row.organisation.name} {row.organisation.label}")]
    if sort in COLUMNS:
        rows.sort(key=lambda row: fold(row.label) if sort == "name" else getattr(row.counts, sort), reverse=descending)
    places = [(row.organisation.path, row.own) for row in rows] if name else [(root.path, False) for root in roots]
    of_places = [counted.get(place, Counts()) for place in places]
    return AgencyTable(
        rows=tuple(rows), total=counts.together(places, of_places, now=now, course_id=course_id),
        sort=sort if sort in COLUMNS else "", descending=descending, counted_at=counts.counted_at(),
    )  # fmt: skip


def agency_rows(table: AgencyTable) -> tuple[list[str], list[list[Cell]]]:
    """The table as it is on the screen, the total in the last row."""
    header = [
        _("Cơ quan, đơn vị"), _("Nhân sự (người)"), _("Đã ghi danh (người)"), _("Đã hoàn thành (người)"),
        _("Tỷ lệ hoàn thành (%)"), _("Quá hạn (người)"),
    ]  # fmt: skip
    named = [(row.label, row.counts) for row in table.rows] + [(_("Cộng (mỗi người một lần)"), table.total)]
    return header, [
        [label, counts.staff, counts.enrolled, counts.completed, counts.rate, counts.overdue] for label, counts in named
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
        if found or (not own and _exists(unit, today)):
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
    return list(rows.order_by("due_at", "pk"))


def _who(enrolments: QuerySet[Enrolment]) -> Q:
    return Q(user_id__in=enrolments.values("learner_id"))


def _enrolments(required: Sequence[StaffRequirement], course_id: int | None) -> Any:
    """Participations that are an agency's business: made while the person belonged to one, or in a required course.

    What somebody studied privately before she came is hers.
    """
    kept = Enrolment.objects.counted().filter(
        Q(organisation__isnull=False) | Q(course_id__in={row.course_id for row in required})
    )  # fmt: skip
    return kept.filter(course_id=course_id) if course_id else kept


def _owing(required: Sequence[StaffRequirement], course_id: int | None, **when: Any) -> Q:
    """Memberships under a requirement (of their agency or one above it) whose owner has not completed the course.

    When she completed does not matter: before the course was required counts as well. `when` selects the same
    requirements again in the database.
    """
    owing = Q(pk__in=[])
    for course in {row.course_id for row in required if course_id in (None, row.course_id)}:
        above = StaffRequirement.objects.current().filter(
            course_id=course, organisation__path=Substr(OuterRef("path"), 1, Length("organisation__path")), **when
        )
        concerned = Organisation.objects.filter(Exists(above))
        owing |= Q(organisation__in=concerned) & ~_who(Enrolment.objects.completed().filter(course_id=course))
    return owing


# --- where do we stand, who is late, what is due ------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Required:
    """A required course: of the staff it concerns within the scope, how many have not completed it."""

    requirement: StaffRequirement
    course_title: str
    staff: int
    unfinished: int
    past: bool
    within: bool  # set in the scope itself, not inherited from above it

    @property
    def done(self) -> int:
        return self.staff - self.unfinished


@dataclass(frozen=True, kw_only=True)
class Overview:
    required: tuple[Required, ...]

    @property
    def next(self) -> Required | None:
        """What falls due next."""
        return next((one for one in self.required if not one.past), None)


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
    partly = sorted((row for row in rows if row not in whole), key=lambda row: abs(row.due_at - now))
    return sorted([*whole, *partly[: max(0, SHOWN - len(whole))]], key=lambda row: row.due_at)


def _required(rows: list[StaffRequirement], roots: list[Organisation], now: dt.datetime) -> Iterable[Required]:
    """What is required above the roots concerns their staff; what is required below, the staff of the unit that asks it."""
    within = {row.pk: any(row.organisation.path.startswith(root.path) for root in roots) for row in rows}
    concerned = {
        row.pk: [row.organisation] if within[row.pk] else [root for root in roots if root.path.startswith(row.organisation.path)]
        for row in rows
    }
    counted = counts.kept_by_course({unit for units in concerned.values() for unit in units})
    for row in rows:
        places = [(unit.path, False) for unit in concerned[row.pk]]
        of_places = [counted.get((unit.pk, row.course_id), Counts()) for unit in concerned[row.pk]]
        total = counts.together(places, of_places, now=now, course_id=row.course_id)
        yield Required(
            requirement=row, course_title=row.course.title, staff=total.staff, unfinished=total.staff - total.completed,
            past=row.due_at < now, within=within[row.pk],
        )  # fmt: skip


# --- people of one unit -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Line:
    """One person in one course: whether it is completed and with what mark, never what was answered."""

    name: str
    unit: str
    course_title: str
    state: str
    score: Decimal | None = None
    completed_on: dt.date | None = None

    @property
    def word(self) -> str:
        return str(STATES[self.state])


@dataclass(frozen=True, kw_only=True)
class PeoplePage:
    """`page` pages people; a person has as many lines as courses."""

    lines: tuple[Line, ...]
    page: Page[Any]
    # Staff who are counted but not named here.
    held_back: int


def people(
    unit: Organisation, *, now: dt.datetime, course_id: int | None = None, state: str = "", page: int | str = 1,
    required: Sequence[StaffRequirement] | None = None,
) -> PeoplePage:  # fmt: skip
    """The staff directly in `unit`, fifty a page, by name. Six queries for any number."""
    asked = _asked(unit, now, course_id, state, required)
    shown = Paginator(_people(asked), PAGE).get_page(page)
    lines = tuple(_lines(list(shown.object_list), asked))
    return PeoplePage(lines=lines, page=shown, held_back=held_back(unit))


def people_rows(
    unit: Organisation, *, now: dt.datetime, course_id: int | None = None, state: str = ""
) -> tuple[list[str], list[list[Cell]]]:
    """All pages of `people` as a table."""
    asked = _asked(unit, now, course_id, state, None)
    lines = _lines(list(_people(asked)), asked)
    return people_head(), [[one.name, one.unit, one.course_title, one.word, one.score, one.completed_on] for one in lines]


def people_head() -> list[str]:
    return [_("Họ và tên"), _("Đơn vị"), _("Khóa học"), _("Tình trạng"), _("Điểm"), _("Ngày hoàn thành")]


@dataclass(frozen=True, kw_only=True)
class _Asked:
    unit: Organisation
    now: dt.datetime
    course_id: int | None
    state: str
    # What its staff must complete, the earliest date of a course last: by course, the strictest stays.
    required: list[StaffRequirement]


def _asked(
    unit: Organisation, now: dt.datetime, course_id: int | None, state: str, required: Sequence[StaffRequirement] | None
) -> _Asked:
    rows = in_force([unit]) if required is None else required
    above = [row for row in rows if unit.path.startswith(row.organisation.path) and course_id in (None, row.course_id)]
    return _Asked(unit=unit, now=now, course_id=course_id, state=state, required=above[::-1])


def _people(asked: _Asked) -> QuerySet[Membership]:
    everybody = Membership.objects.current().staff().filter(organisation=asked.unit, user__is_active=True)
    if asked.state in STATES:
        everybody = everybody.filter(_has_line(asked))
    return everybody.exclude(user__in=restricted_people()).select_related("user").order_by("user__name_folded", "user_id")


def held_back(unit: Organisation) -> int:
    """How many of the staff directly in `unit` are counted but not named, because they restricted the use of their data."""
    return Membership.objects.current().staff().filter(organisation=unit, user__in=restricted_people()).count()


def _has_line(asked: _Asked) -> Any:
    """Whether `_lines` gives a person a line in the state asked for: so that pages and numbers agree with what is shown."""
    mine = _enrolments(asked.required, asked.course_id)
    past = [row for row in asked.required if row.due_at < asked.now]
    late = {row.course_id for row in past}
    if asked.state == "done":
        return _who(mine.completed())
    if asked.state == "late":
        return _owing(past, asked.course_id, due_at__lt=asked.now)
    if asked.state == "learning":
        again = Enrolment.objects.completed().filter(learner_id=OuterRef("learner_id"), course_id=OuterRef("course_id"))
        return _who(mine.open().filter(~Exists(again)).exclude(course_id__in=late))
    wanted = {asked.course_id} if asked.course_id else {row.course_id for row in asked.required}
    if not wanted:
        return ~_who(mine)
    missing = Q(pk__in=[])
    for course in wanted - late:
        missing |= ~_who(mine.filter(course_id=course))
    return missing


def _lines(members: Sequence[Membership], asked: _Asked) -> Iterable[Line]:
    required = {row.course_id: row for row in asked.required}
    kept: dict[int, dict[int, Enrolment]] = {}
    mine = _enrolments(asked.required, asked.course_id).filter(learner_id__in=[member.user_id for member in members])
    # Open ones first, so that a completed one takes their place; the first completion stays.
    for row in mine.select_related("course").order_by(F("completed_at").desc(nulls_first=True)):
        kept.setdefault(row.learner_id, {})[row.course_id] = row
    titles = {row.course_id: row.course.title for rows in kept.values() for row in rows.values()}
    titles |= {row.course_id: row.course.title for row in required.values()}
    if asked.course_id and asked.course_id not in titles:
        titles[asked.course_id] = dict(course_choices()).get(asked.course_id, "")
    for member in members:
        mine_by_course = kept.get(member.user_id, {})
        courses = dict.fromkeys([*required, *mine_by_course, *([asked.course_id] if asked.course_id else [])])
        lines = [
            _line(member, asked, titles[course], mine_by_course.get(course), required.get(course)) for course in courses
        ] or [Line(name=member.user.full_name, unit=asked.unit.label, course_title="", state="none")]
        yield from (line for line in lines if asked.state not in STATES or asked.state == line.state)


def _line(member: Membership, asked: _Asked, title: str, enrolment: Enrolment | None, required: StaffRequirement | None) -> Line:
    line = Line(name=member.user.full_name, unit=asked.unit.label, course_title=title, state="none")
    if enrolment and enrolment.completed_at:
        day = timezone.localdate(enrolment.completed_at)
        return replace(line, state="done", score=enrolment.score, completed_on=day)
    if required and required.due_at < asked.now:
        return replace(line, state="late")
    return replace(line, state="learning") if enrolment else line
