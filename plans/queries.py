"""Reads about plans. The page, the PDF and the XLSX are all drawn from one Ledger, so they cannot disagree.

Nothing here counts learners: figures are Measurement rows, written by plans.actions.measure.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import Audience, Organisation, RoleKind, Tier, overseen_roots
from people.prepared import prepared
from people.queries import role_kinds
from plans import charts, disclosure, wording
from plans.disclosure import Cell
from plans.judgement import Aim, Status, bounds, deadline_day, judge
from plans.models import Indicator, MeasuredBy, Measurement, Plan, PlanStatus, PlanTask, ReportingPeriod, Span, Target

REPORTING = {RoleKind.OWNER, RoleKind.OFFICER, RoleKind.AUDITOR}
# The plan beside which the platform's own counts stand (plans.csv, counted.csv).
HOME_PLAN = "4738"
HOME_INDICATORS = {"HA-NGUOI": "people", "HA-LUOT": "participations", "HA-HT": "completions", "HA-LOP": "classes"}


def active_plans() -> QuerySet[Plan]:
    return Plan.objects.filter(status=PlanStatus.ACTIVE).order_by("pk")


def counted_indicators(plan: Plan) -> QuerySet[Indicator]:
    """What the machine counts for `plan`: its counted targets and the platform's own indicators beside it."""
    beside = Q(shown_in=plan) | Q(pk__in=plan.targets.values("indicator_id"))
    return Indicator.objects.filter(beside).exclude(measured_by="").order_by("pk")


# --- the home page --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class CityTotals:
    """Running totals of the whole platform; None where nothing was measured yet. `as_of` is when it was measured."""

    people: int | None = None  # heads with at least one part done
    participations: int | None = None
    completions: int | None = None
    classes: int | None = None
    as_of: dt.datetime | None = None


def city_totals(now: dt.datetime) -> CityTotals:
    """From the newest period that has begun. One query; nothing is counted."""
    rows = (
        Measurement.objects.filter(
            indicator__code__in=HOME_INDICATORS, period__plan__code=HOME_PLAN, span=Span.TOTAL, replaced=False, audience="",
            tier="", organisation=None, period__starts_on__lte=timezone.localdate(now),
        )
        .order_by("period__starts_on")
        .values_list("indicator__code", "value", "measured_at")
    )  # fmt: skip
    found: dict[str, Any] = {}
    for code, value, measured_at in rows:
        found[HOME_INDICATORS[code]] = int(value)
        found["as_of"] = measured_at
    return CityTotals(**found)


# --- who may see what -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Access:
    """`exact`: small counts too. `agencies`: which agencies' rows (None: every one, empty: none)."""

    report: bool = False
    owner: bool = False
    exact: bool = False
    agencies: frozenset[int] | None = frozenset()


def access(viewer: Any, plan: Plan) -> Access:
    """What `viewer` sees of the ledger of `plan`: the owner all, overseers their agencies, the public none of them.

    Who oversees the tree in which the plan's standing agency lies sees the city's exact counts. Three queries.
    """
    if not viewer.is_authenticated:
        return Access()
    kinds = role_kinds(viewer)
    if not kinds & REPORTING:
        return Access()
    if RoleKind.OWNER in kinds:
        return Access(report=True, owner=True, exact=True, agencies=None)
    standing = plan.standing_agency
    whole = standing is not None and any(
        root.depth == 1 and standing.path.startswith(root.path) for root in overseen_roots(viewer)
    )
    seen = Organisation.objects.visible_to(viewer).filter(depth__lte=2).values_list("pk", flat=True)
    return Access(report=True, exact=whole, agencies=frozenset(seen))


# --- the ledger -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class StatusMark:
    """A status as shape, word and colour."""

    word: str
    tag: str
    icon: str


_MARKS = {
    Status.EXCEEDED: (gettext_lazy("Vượt"), "tag-ok", "up"),
    Status.MET: (gettext_lazy("Đạt"), "tag-ok", "check"),
    Status.ONGOING: (gettext_lazy("Đang làm"), "tag-warn", "clock"),
    Status.BEHIND: (gettext_lazy("Chậm"), "tag-bad", "alert"),
    Status.NOT_MET: (gettext_lazy("Chưa đạt"), "tag-bad", "x"),
    Status.NO_FIGURE: (gettext_lazy("Chưa có số"), "tag-info", "dots"),
    Status.TRACKED: (gettext_lazy("Theo dõi"), "tag-info", "eye"),
}
_PRODUCT = {
    "CORE": gettext_lazy("Nền tảng thực hiện"), "SUPPORT": gettext_lazy("Nền tảng hỗ trợ"),
    "TRACK-ONLY": gettext_lazy("Chỉ theo dõi"),
}  # fmt: skip


def status_mark(status: str) -> StatusMark:
    word, tag, icon = _MARKS[Status(status)]
    return StatusMark(word=str(word), tag=tag, icon=icon)


@dataclass(frozen=True, kw_only=True)
class TargetLine:
    """A target beside its figure. `value` is the running total, `in_period` what the period alone brought."""

    code: str
    name: str
    unit: str
    section: str
    lead: str
    leads: tuple[tuple[str, str], ...]
    plan_words: str
    reading: str
    deadline: str
    value: Decimal | None
    value_words: str
    in_period: str
    status: str
    mark: StatusMark
    source: str
    evidence: str
    definition: str
    quote: str
    citation: str
    note: str
    outside_seed: bool
    bar: charts.Bullet | None
    url: str


@dataclass(frozen=True, kw_only=True)
class OwnLine:
    """What the platform counts on its own account; no target, so no status."""

    code: str
    name: str
    unit: str
    definition: str
    in_period: Cell
    total: Cell
    url: str


@dataclass(frozen=True, kw_only=True)
class TaskLine:
    code: str
    title: str
    kind: str
    lead: str
    leads: tuple[tuple[str, str], ...]
    coordinating: str
    deliverable: str
    deadline: str
    product_class: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Section:
    key: str
    label: str
    tasks: tuple[TaskLine, ...]


@dataclass(frozen=True, kw_only=True)
class Row:
    label: str
    cells: tuple[Cell, ...]
    total: bool = False


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    key: str
    title: str
    by: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """A plan in one reporting period as `access` may see it. `as_of` is None when nothing was measured yet."""

    plan: Plan
    period: ReportingPeriod
    periods: tuple[ReportingPeriod, ...]
    access: Access
    today: dt.date
    as_of: dt.datetime | None
    timeline: charts.TimeLine
    quarter_ends_on: dt.date
    lines: tuple[TargetLine, ...]
    own: tuple[OwnLine, ...]
    breakdowns: tuple[Breakdown, ...]
    chart: tuple[charts.Column, ...]
    sections: tuple[Section, ...]
    target_count: int

    @property
    def provisional(self) -> bool:
        return self.period.closed_at is None

    @property
    def with_figures(self) -> list[TargetLine]:
        return [line for line in self.lines if line.value_words]

    @property
    def without_figures(self) -> list[TargetLine]:
        return [line for line in self.lines if not line.value_words]

    @property
    def closed_periods(self) -> list[ReportingPeriod]:
        """The newest first."""
        return [period for period in reversed(self.periods) if period.closed_at]

    @property
    def may_close(self) -> bool:
        return self.access.owner and self.provisional and self.today > timezone.localdate(self.period.cutoff_at)

    @property
    def kept_back(self) -> bool:
        """Whether any figure is hidden for being small."""
        parts = [cell for table in self.breakdowns for row in table.rows for cell in row.cells]
        return any(cell.hidden for cell in parts) or any(line.total.hidden or line.in_period.hidden for line in self.own)

    @property
    def groups(self) -> list[tuple[str, str]]:
        return [(section.key, section.label) for section in self.sections if section.key]

    @property
    def leads(self) -> list[tuple[str, str]]:
        """Every agency that leads a target or a task, by name."""
        tasks = [task for section in self.sections for task in section.tasks]
        found = {lead for line in self.lines for lead in line.leads} | {lead for task in tasks for lead in task.leads}
        return sorted(found, key=lambda lead: lead[1])

    def filtered(self, *, group: str, lead: str) -> Ledger:
        """Only the targets and tasks of a section and of a lead agency (by code); empty means all."""

        def led(line: TargetLine | TaskLine) -> bool:
            return not lead or any(code == lead for code, _label in line.leads)

        kept = [
            replace(section, tasks=tuple(task for task in section.tasks if led(task)))
            for section in self.sections
            if not group or section.key == group
        ]
        return replace(
            self, lines=tuple(line for line in self.lines if led(line) and group in ("", line.section)),
            sections=tuple(section for section in kept if section.tasks),
        )  # fmt: skip


def plans_with_targets() -> list[Plan]:
    """Plans with `target_count` and `task_count` put on them: ours, others under way, then the rest. Three queries."""
    plans = list(Plan.objects.select_related("standing_agency"))
    targets = _counts(Target.objects.values_list("plan_id", flat=True))
    tasks = _counts(PlanTask.objects.values_list("plan_id", flat=True))
    for plan in plans:
        plan.target_count, plan.task_count = targets.get(plan.pk, 0), tasks.get(plan.pk, 0)  # type: ignore[attr-defined]
    order = [PlanStatus.ACTIVE, PlanStatus.SUPERSEDED, PlanStatus.HISTORICAL]

    def place(plan: Plan) -> tuple[bool, int, int]:
        return plan.code != HOME_PLAN, order.index(PlanStatus(plan.status)), -(plan.issued_on or dt.date.min).toordinal()

    return sorted(plans, key=place)


def _counts(keys: Iterable[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for key in keys:
        found[key] = found.get(key, 0) + 1
    return found


@dataclass(frozen=True, kw_only=True)
class WrittenTarget:
    """A target of a plan that is kept for the record: what it said, without a figure."""

    code: str
    name: str
    words: str
    deadline: str
    lead: str
    quote: str
    citation: str


def written_targets(plan: Plan) -> list[WrittenTarget]:
    return [
        WrittenTarget(
            code=target.indicator.code, name=target.indicator.name,
            words=wording.target(target.operator, target.value_min, target.value_max, target.indicator.unit),
            deadline=wording.deadline(target.deadline), lead=target.indicator.lead, quote=target.quote,
            citation=wording.citation(target.source),
        )
        for target in plan.targets.select_related("indicator").order_by("pk")
    ]  # fmt: skip


def plan_by_code(code: str) -> Plan | None:
    return Plan.objects.select_related("standing_agency").filter(code=code).first()


class ReportDue(NamedTuple):
    """A period of a plan that is to be reported."""

    plan: str
    code: str
    name: str
    starts_on: dt.date
    ends_on: dt.date
    due_at: dt.datetime


@prepared(today=dt.date, since=dt.datetime)
def _reports_due(today: dt.date, since: dt.datetime) -> QuerySet[Any]:
    begun = ReportingPeriod.objects.filter(plan__status=PlanStatus.ACTIVE, closed_at__isnull=True)
    begun = begun.filter(starts_on__lte=today, due_at__gt=since)
    return begun.order_by("due_at", "pk").values_list("plan__code", "code", "name", "starts_on", "ends_on", "due_at")[:3]


def reports_due(now: dt.datetime) -> list[ReportDue]:
    """What is to be reported next of the active plans: begun, not closed, the overdue first. One query, written once."""
    return [ReportDue(*row) for row in _reports_due(today=timezone.localdate(now), since=now - dt.timedelta(days=60))]


def chosen_period(periods: Sequence[ReportingPeriod], code: str, today: dt.date) -> ReportingPeriod | None:
    """The period of that code; without a code the one to be reported next, else the last that began, else the first.

    From its cut-off to its due date a period is still the one people look for, although the next has begun.
    """
    if code:
        return next((period for period in periods if period.code == code), None)
    begun = [period for period in periods if period.starts_on <= today]
    owed = [period for period in begun if period.closed_at is None and today <= timezone.localdate(period.due_at)]
    return next(iter(owed or begun[-1:] or periods[:1]), None)


def ledger(*, plan: Plan, viewer: Any, now: dt.datetime, period_code: str = "", only: str = "") -> Ledger | None:
    """The plan in a period; None when it has no such period. At most eleven queries, however many targets there are.

    `only` names an indicator: its line alone, without tasks and breakdowns.
    """
    periods = tuple(plan.periods.order_by("starts_on"))
    today = timezone.localdate(now)
    period = chosen_period(periods, period_code, today)
    if period is None:
        return None
    may = access(viewer, plan)
    targets = _targets(plan, only)
    own = [] if only else list(Indicator.objects.filter(shown_in=plan).order_by("pk"))
    board = _Board(plan, period, periods, _measurements(plan, period, may))
    builder = _Lines(board=board, may=may, today=today, declared=_declared(targets))
    tasks = () if only else sections(plan)
    end = _quarter_end(period)
    labels = {} if only else _agency_labels(may)
    return Ledger(
        plan=plan, period=period, periods=periods, access=may, today=today, as_of=board.as_of,
        timeline=charts.timeline(
            starts_on=period.starts_on, quarter_ends_on=end, cutoff=timezone.localdate(period.cutoff_at),
            due=timezone.localdate(period.due_at), today=today,
        ),
        quarter_ends_on=end, lines=tuple(builder.target(target) for target in targets), own=builder.own(own),
        breakdowns=_breakdowns(board, own, may, labels, periods, today), chart=tuple(_chart(board, own, periods, today)),
        sections=tasks, target_count=len(targets),
    )  # fmt: skip


# --- reading the rows -----------------------------------------------------------------------------------------------

_VALUES = (
    "pk", "indicator_id", "period_id", "audience", "tier", "organisation_id", "span", "value", "measured_at", "entered_by_id",
    "evidence",
)  # fmt: skip


def _targets(plan: Plan, only: str) -> list[Target]:
    targets = plan.targets.select_related("indicator", "task").order_by("pk")
    agencies = Prefetch("indicator__lead_agencies", Organisation.objects.only("pk", "code", "name", "short_name"))
    return list((targets.filter(indicator__code=only) if only else targets).prefetch_related(agencies))


def _measurements(plan: Plan, period: ReportingPeriod, may: Access) -> list[dict[str, Any]]:
    """Current rows of the period, older figures entered by hand, and what each period brought (for the quarters)."""
    plain = Q(audience="", tier="", organisation=None)
    quarters = plain & Q(span=Span.PERIOD, indicator__shown_in=plan)
    older = plain & Q(entered_by__isnull=False, period__starts_on__lt=period.starts_on)
    rows = Measurement.objects.filter(Q(period=period) | quarters | older, period__plan=plan, replaced=False)
    if may.agencies is not None:
        rows = rows.filter(Q(organisation=None) | Q(organisation__in=may.agencies))
    return list(rows.order_by("period__starts_on").values(*_VALUES))


def _declared(targets: Iterable[Target]) -> int:
    """Staff as the agencies declare it: the base of a share. An agency's figure covers what lies under it."""
    if not any(target.indicator.measured_by == MeasuredBy.COMPLETERS for target in targets):
        return 0
    total, covered = 0, ""
    rows = Organisation.objects.filter(staff_declared__isnull=False).order_by("path").values_list("path", "staff_declared")
    for path, staff in rows:
        if not covered or not path.startswith(covered):
            total, covered = total + staff, path
    return total


def _agency_labels(may: Access) -> dict[int, str]:
    if may.agencies is not None and not may.agencies:
        return {}
    rows = Organisation.objects.filter(depth__lte=2)
    if may.agencies is not None:
        rows = rows.filter(pk__in=may.agencies)
    return {row.pk: row.label for row in rows.order_by("path").only("pk", "name", "short_name")}


class _Board:
    """Measured figures by cell. `plain` is a cell without breakdown."""

    def __init__(
        self, plan: Plan, period: ReportingPeriod, periods: Sequence[ReportingPeriod], rows: Iterable[dict[str, Any]]
    ) -> None:
        self.plan, self.period = plan, period
        self.cells: dict[tuple[int, str, str, int | None, str], Decimal] = {}
        self.by_period: dict[tuple[int, int], Decimal] = {}
        self.entered: dict[int, dict[str, Any]] = {}
        self.names = {one.pk: one.name for one in periods}
        self.as_of: dt.datetime | None = None
        for row in rows:
            self._take(row)

    def _take(self, row: dict[str, Any]) -> None:
        plain = not row["audience"] and not row["tier"] and row["organisation_id"] is None
        if row["entered_by_id"]:
            self.entered[row["indicator_id"]] = row  # rows come oldest period first: the newest stays
            return
        if plain and row["span"] == Span.PERIOD:
            self.by_period[row["indicator_id"], row["period_id"]] = row["value"]
        if row["period_id"] == self.period.pk:
            key = (row["indicator_id"], row["audience"], row["tier"], row["organisation_id"], row["span"])
            self.cells[key] = row["value"]
            self.as_of = max(self.as_of or row["measured_at"], row["measured_at"])

    def plain(self, indicator: Indicator, span: str) -> Decimal | None:
        return self.cells.get((indicator.pk, "", "", None, span))


@dataclass(frozen=True, kw_only=True)
class _Lines:
    board: _Board
    may: Access
    today: dt.date
    declared: int

    def target(self, target: Target) -> TargetLine:
        indicator = target.indicator
        aim = aim_of(target)
        if indicator.measured_by:
            value, entered = self.board.plain(indicator, Span.TOTAL), None
        else:
            entered = self.board.entered.get(indicator.pk)
            value = entered["value"] if entered else None
        status = self._status(target, aim, value)
        hidden = self._hidden(indicator, value)
        part = self.board.plain(indicator, Span.PERIOD)
        kept = _("dưới 10")
        return TargetLine(
            code=indicator.code, name=indicator.name, unit=indicator.unit,
            section=section_key(target.task.code) if target.task else "", lead=indicator.lead, leads=_leads(indicator),
            plan_words=wording.target(target.operator, target.value_min, target.value_max, indicator.unit),
            reading=reading(aim, indicator.unit), deadline=wording.deadline(target.deadline),
            value=None if hidden else value, value_words=kept if hidden else self._words(target, value),
            in_period=kept if self._hidden(indicator, part) else wording.amount(part, indicator.unit) if part is not None else "",
            status=status, mark=self._mark(target, status), source=self._source(indicator, entered),
            evidence=entered["evidence"] if entered else "", definition=indicator.definition, quote=target.quote,
            citation=wording.citation(target.source), note=target.note, outside_seed=target.outside_seed,
            bar=None if hidden else charts.bullet(aim, value),
            url=reverse("plans:indicator", args=[self.board.plan.code, indicator.code]),
        )  # fmt: skip

    def own(self, indicators: Sequence[Indicator]) -> tuple[OwnLine, ...]:
        lines = []
        for indicator in indicators:
            part, total = (self.board.plain(indicator, span) for span in (Span.PERIOD, Span.TOTAL))
            lines.append(
                OwnLine(
                    code=indicator.code, name=indicator.name, unit=indicator.unit, definition=indicator.definition,
                    in_period=self._cell(indicator, part), total=self._cell(indicator, total),
                    url=reverse("plans:indicator", args=[self.board.plan.code, indicator.code]),
                )
            )  # fmt: skip
        return self._with_siblings(indicators, lines)

    def _with_siblings(self, indicators: Sequence[Indicator], lines: list[OwnLine]) -> tuple[OwnLine, ...]:
        """Parts of one total by source: one hidden part hides the others, from which it could be worked out."""
        parts = [place for place, one in enumerate(indicators) if "source" in one.filters]
        for name in ("in_period", "total"):
            if any(getattr(lines[place], name).hidden for place in parts):
                for place in parts:
                    lines[place] = replace(lines[place], **{name: Cell(hidden=True)})  # type: ignore[arg-type]
        return tuple(lines)

    def _cell(self, indicator: Indicator, value: Decimal | None) -> Cell:
        return Cell(hidden=True) if self._hidden(indicator, value) else Cell(value=value)

    def _hidden(self, indicator: Indicator, value: Decimal | None) -> bool:
        """A count of a part of the people (staff only, self-registered only) is as telling as a cell of a table."""
        narrowed = indicator.measured_by in disclosure.OF_PEOPLE and bool(indicator.filters)
        return narrowed and not self.may.exact and disclosure.small(value)

    def _status(self, target: Target, aim: Aim, value: Decimal | None) -> Status:
        deadline = deadline_day(target.deadline, year=self.board.period.ends_on.year)
        return judge(aim, value, today=self.today, deadline=deadline, begin=target.plan.issued_on)

    def _mark(self, target: Target, status: Status) -> StatusMark:
        if target.status == PlanStatus.ACTIVE:
            return status_mark(status)
        return StatusMark(word=str(PlanStatus(target.status).label), tag="", icon="book")

    def _words(self, target: Target, value: Decimal | None) -> str:
        indicator = target.indicator
        if value is None:
            return ""
        if indicator.yes_or_no:
            return _("Đạt") if value else _("Chưa")
        if indicator.filters.get("levels"):
            full = {"value": wording.number(value), "full": len(indicator.filters["levels"]), "unit": indicator.unit}
            return _("%(value)s trên %(full)s %(unit)s") % full
        words = wording.amount(value, indicator.unit)
        if indicator.measured_by == MeasuredBy.COMPLETERS and self.declared:
            base = {"words": words, "base": wording.number(self.declared)}
            return _("%(words)s, trên %(base)s người do cơ quan khai") % base
        return words

    def _source(self, indicator: Indicator, entered: dict[str, Any] | None) -> str:
        if indicator.measured_by:
            return _("Nền tảng tự đếm")
        if entered is None:
            return _("Chờ %(lead)s nhập") % {"lead": indicator.lead} if indicator.lead else _("Chờ cơ quan nhập")
        if entered["period_id"] == self.board.period.pk:
            return _("Cơ quan nhập")
        return _("Cơ quan nhập, số của %(period)s") % {"period": self.board.names[entered["period_id"]]}


def aim_of(target: Target) -> Aim:
    levels = target.indicator.filters.get("levels")
    return Aim(
        operator=target.operator, low=target.value_min, high=target.value_max, tolerance=target.tolerance,
        full=Decimal(len(levels)) if levels else Decimal(1),
    )  # fmt: skip


def reading(aim: Aim, unit: str) -> str:
    """How we read a target that leaves something open; empty where it does not."""
    low, high = bounds(aim)
    if aim.operator == "~" and low is not None and high is not None:
        ends = {"low": wording.number(low), "high": wording.amount(high, unit)}
        return _("Kế hoạch không nói “khoảng” rộng bao nhiêu. Cách đọc của nền tảng: từ %(low)s đến %(high)s là đạt.") % ends
    return ""


def _leads(led: Indicator | PlanTask) -> tuple[tuple[str, str], ...]:
    return tuple((agency.code, agency.label) for agency in led.lead_agencies.all())


# --- tasks ----------------------------------------------------------------------------------------------------------


def section_key(task_code: str) -> str:
    """ "4738-9.3" → "9", "4738-IV.5a" → "IV"."""
    return task_code.split("-", 1)[1].split(".")[0]


def sections(plan: Plan) -> tuple[Section, ...]:
    """The tasks of the plan by its numbered sections, in the plan's order. Two queries."""
    agencies = Prefetch("lead_agencies", Organisation.objects.only("pk", "code", "name", "short_name"))
    tasks = list(plan.tasks.order_by("order").prefetch_related(agencies))
    groups: dict[str, list[TaskLine]] = {}
    for task in tasks:
        groups.setdefault(section_key(task.code), []).append(_task_line(task))
    if tasks and not any("." in task.code for task in tasks):  # a flat list, numbered straight through
        return (Section(key="", label=_("Danh mục nhiệm vụ"), tasks=tuple(line for lines in groups.values() for line in lines)),)
    return tuple(Section(key=key, label=_section_label(key), tasks=tuple(lines)) for key, lines in groups.items())


def _section_label(key: str) -> str:
    if key.isdigit():
        return _("Nhóm nhiệm vụ %(number)s") % {"number": key}
    return _("Tổ chức thực hiện (mục %(number)s)") % {"number": key}


def _task_line(task: PlanTask) -> TaskLine:
    return TaskLine(
        code=task.code, title=task.title, kind=task.kind, lead=task.lead, leads=_leads(task), coordinating=task.coordinating,
        deliverable=task.deliverable, deadline=task.deadline,
        product_class=str(_PRODUCT.get(task.product_class, task.product_class)), source=task.source,
    )  # fmt: skip


# --- breakdowns -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Measure:
    indicator: Indicator
    span: str
    label: str


def _measures(own: Iterable[Indicator]) -> list[_Measure]:
    """The columns: each count of people in the period, and completers in all."""
    people = [one for one in own if one.measured_by in disclosure.OF_PEOPLE]
    columns = [_Measure(indicator=one, span=Span.PERIOD, label=one.name) for one in people]
    return columns + [
        _Measure(indicator=one, span=Span.TOTAL, label=_("%(name)s, lũy kế") % {"name": one.name})
        for one in people
        if one.measured_by == MeasuredBy.COMPLETERS
    ]


def _breakdowns(
    board: _Board, own: Sequence[Indicator], may: Access, labels: dict[int, str], periods: Sequence[ReportingPeriod],
    today: dt.date,
) -> tuple[Breakdown, ...]:  # fmt: skip
    columns = _measures(own)
    if not columns:
        return ()
    heads = tuple(column.label for column in columns)
    agencies = [pk for pk in labels if any((column.indicator.pk, "", "", pk, column.span) in board.cells for column in columns)]
    tables = [
        Breakdown(
            key="audience", title=_("Theo đối tượng"), by=_("Đối tượng"), columns=heads,
            rows=_table(board, columns, [(value, "", None) for value in Audience.values], Audience.labels, may),
        ),
        Breakdown(
            key="tier", title=_("Theo bậc"), by=_("Bậc"), columns=heads,
            rows=_table(board, columns, [("", value, None) for value in Tier.values], Tier.labels, may),
        ),
    ]  # fmt: skip
    if labels:
        rows = [_exact(board, columns, ("", "", pk), labels[pk]) for pk in agencies]
        tables.append(Breakdown(key="agency", title=_("Theo cơ quan"), by=_("Cơ quan, đơn vị"), columns=heads, rows=tuple(rows)))
    quarters = [column for column in columns if column.span == Span.PERIOD]
    tables.append(
        Breakdown(
            key="quarter", title=_("Theo quý"), by=_("Kỳ"), columns=tuple(column.label for column in quarters),
            rows=tuple(_quarter(board, quarters, one) for one in _begun(periods, today)),
        )
    )  # fmt: skip
    return tuple(tables)


def _quarter(board: _Board, columns: Sequence[_Measure], period: ReportingPeriod) -> Row:
    cells = (board.by_period.get((column.indicator.pk, period.pk)) for column in columns)
    return Row(label=period.name, cells=tuple(Cell(value=value) for value in cells))


def _table(
    board: _Board, columns: Sequence[_Measure], keys: Sequence[tuple[str, str, int | None]], labels: Sequence[Any], may: Access
) -> tuple[Row, ...]:
    """Rows and their total; for the public without small cells, column by column."""
    made: list[list[Cell]] = [[] for _key in keys]
    totals = []
    for column in columns:
        values = [board.cells.get((column.indicator.pk, *key, column.span)) for key in keys]
        total = board.plain(column.indicator, column.span)
        cells = [Cell(value=value) for value in values] if may.exact else disclosure.shown(values, total)
        for row, cell in zip(made, cells, strict=True):
            row.append(cell)
        totals.append(Cell(value=total))
    rows = [Row(label=str(label), cells=tuple(cells)) for label, cells in zip(labels, made, strict=True)]
    return (*rows, Row(label=_("Toàn Thành phố"), cells=tuple(totals), total=True))


def _exact(board: _Board, columns: Sequence[_Measure], key: tuple[str, str, int | None], label: str) -> Row:
    cells = (board.cells.get((column.indicator.pk, *key, column.span), Decimal(0)) for column in columns)
    return Row(label=label, cells=tuple(Cell(value=value) for value in cells))


def _begun(periods: Sequence[ReportingPeriod], today: dt.date) -> list[ReportingPeriod]:
    return [period for period in periods if period.starts_on <= today][-8:]


def _chart(board: _Board, own: Sequence[Indicator], periods: Sequence[ReportingPeriod], today: dt.date) -> list[charts.Column]:
    completers = next((one for one in own if one.measured_by == MeasuredBy.COMPLETERS), None)
    if completers is None:
        return []
    found = [(one, board.by_period.get((completers.pk, one.pk))) for one in _begun(periods, today)]
    return charts.columns(
        [(one.name, value, one.closed_at is None and today <= one.ends_on) for one, value in found if value is not None]
    )


def _quarter_end(period: ReportingPeriod) -> dt.date:
    last = period.ends_on
    return dt.date(last.year + last.month // 12, last.month % 12 + 1, 1) - dt.timedelta(days=1)


# --- one indicator --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A measurement as it was written. `author` is empty for those who may not know it."""

    period: str
    span: str
    value: str
    measured_at: dt.datetime
    replaced: bool
    by_machine: bool
    author: str
    evidence: str
    evidence_url: str
    file_url: str


@dataclass(frozen=True, kw_only=True)
class IndicatorPage:
    plan: Plan
    indicator: Indicator
    line: TargetLine | None
    history: tuple[Recorded, ...]
    access: Access
    period: ReportingPeriod
    open_periods: tuple[ReportingPeriod, ...]

    @property
    def may_enter(self) -> bool:
        return self.access.owner and not self.indicator.measured_by and bool(self.open_periods)


def indicator_page(*, plan: Plan, code: str, viewer: Any, now: dt.datetime) -> IndicatorPage | None:
    """None when the plan does not show such an indicator, or has no period."""
    beside = Q(shown_in=plan) | Q(pk__in=plan.targets.values("indicator_id"))
    indicator = Indicator.objects.filter(beside, code=code).first()
    found = ledger(plan=plan, viewer=viewer, now=now, only=code) if indicator else None
    if indicator is None or found is None:
        return None
    rows = (
        Measurement.objects.filter(indicator=indicator, period__plan=plan, audience="", tier="", organisation=None)
        .select_related("period", "entered_by")
        .order_by("-period__starts_on", "span", "replaced", "-measured_at")[:200]
    )
    narrowed = indicator.measured_by in disclosure.OF_PEOPLE and bool(indicator.filters) and not found.access.exact
    overseen = _evidence_overseen(viewer, indicator, found.access)
    return IndicatorPage(
        plan=plan, indicator=indicator, line=found.lines[0] if found.lines else None,
        history=tuple(
            _recorded(row, indicator, found.access, narrowed, file=overseen or _entered(row, viewer)) for row in rows
        ),
        access=found.access,
        period=found.period,
        open_periods=tuple(one for one in found.periods if one.closed_at is None and one.starts_on <= found.today)[-2:],
    )  # fmt: skip


def _recorded(row: Measurement, indicator: Indicator, may: Access, narrowed: bool, *, file: bool) -> Recorded:
    if narrowed and disclosure.small(row.value):
        value = _("dưới 10")
    elif indicator.yes_or_no:
        value = _("Đạt") if row.value else _("Chưa")
    else:
        value = wording.amount(row.value, indicator.unit)
    return Recorded(
        period=row.period.name, span=str(Span(row.span).label), value=value, measured_at=row.measured_at, replaced=row.replaced,
        by_machine=row.entered_by_id is None, author=str(row.entered_by) if row.entered_by and may.report else "",
        evidence=row.evidence, evidence_url=row.evidence_url,
        file_url=reverse("plans:evidence", args=[row.pk]) if row.evidence_file and file else "",
    )  # fmt: skip


def evidence_for(viewer: Any, pk: int) -> Measurement | None:
    """A measurement whose file `viewer` may read: who oversees the indicator's lead agency, or entered the figure."""
    rows = Measurement.objects.exclude(evidence_file="").select_related("indicator", "period__plan__standing_agency")
    row = rows.filter(pk=pk).first()
    if row is None or not viewer.is_authenticated:
        return None
    overseen = _evidence_overseen(viewer, row.indicator, access(viewer, row.period.plan))
    return row if overseen or _entered(row, viewer) else None


def _evidence_overseen(viewer: Any, indicator: Indicator, may: Access) -> bool:
    """The owner's and the whole city's is every file; other overseers read those of the agencies under them."""
    if may.exact:
        return True
    seen = Organisation.objects.visible_to(viewer).order_by().values("pk")
    return may.report and indicator.lead_agencies.filter(pk__in=seen).exists()


def _entered(row: Measurement, viewer: Any) -> bool:
    return bool(viewer.is_authenticated and row.entered_by_id == viewer.pk)


# --- the report -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ReportHead:
    """Who reports to whom. `parent` is empty for a body without one."""

    parent: str
    issuer: str
    issuer_code: str
    addressee: str


def report_head(viewer: Any, plan: Plan) -> ReportHead:
    """An agency reports to the standing agency of the plan; the standing agency to the body above it. Two queries.

    Who oversees the whole tree, or owns the programme, writes for the standing agency.
    """
    standing = plan.standing_agency
    above = standing.get_parent() if standing else None
    roots = overseen_roots(viewer)
    issuer = roots[0] if roots else None
    whole = issuer is None or (standing is not None and standing.path.startswith(issuer.path))
    if standing is not None and whole:
        return ReportHead(
            parent=above.name if above else "", issuer=standing.name, issuer_code=standing.code,
            addressee=above.name if above else "",
        )  # fmt: skip
    parent = issuer.get_parent() if issuer else None
    return ReportHead(
        parent=parent.name if parent else "", issuer=issuer.name if issuer else "", issuer_code=issuer.code if issuer else "",
        addressee=standing.name if standing else "",
    )  # fmt: skip


def figures_digest(period: ReportingPeriod) -> str:
    """SHA-256 over every current figure of the period, in one fixed order."""
    rows = Measurement.objects.filter(period=period, replaced=False).values_list(
        "indicator__code", "audience", "tier", "organisation__code", "span", "value"
    )
    lines = sorted("|".join([*(part or "" for part in row[:5]), f"{row[5].normalize():f}"]) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
