"""Loading plans, opening and closing reporting periods, measuring. Each may be called twice and sends nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone, translation

from people.models import Audience, Organisation, Tier, User
from people.text import nfc
from plans import evidence as evidence_files
from plans import measures, queries, wording
from plans.judgement import DEFAULT_TOLERANCE
from plans.models import (
    Indicator,
    Measurement,
    Operator,
    Plan,
    PlanStatus,
    PlanTask,
    ReportingPeriod,
    Span,
    Target,
    may_own,
)
from plans.plan_files import CountedRow, PlanFiles, TargetRow


class NotAllowed(Exception):
    """Only the owner of the programme enters figures and closes periods."""


class CountedByMachine(Exception):
    """The indicator is counted from learning records; nobody types its figure."""


class PeriodClosed(Exception):
    """The period's figures are frozen."""


class NotYetCutOff(Exception):
    """A period is closed from its cut-off on, not before."""


class NotAValue(Exception):
    """A figure below zero, or one other than 0 and 1 for a yes-or-no indicator."""


class NoEvidence(Exception):
    """A figure entered by hand says where it comes from."""


# --- loading --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class LoadedPlans:
    plans: int
    tasks: int
    targets: int
    counted: int
    unknown_agencies: tuple[str, ...]


@transaction.atomic
def load_plans(*, files: PlanFiles, now: dt.datetime) -> LoadedPlans:
    """Bring plans, tasks, indicators and targets to what the files say, and open this year's periods.

    The files are the register: what they hold is written over. Agencies that are not in the tree (yet) are left out
    and named in the answer; loading again after they were added links them.
    """
    agencies = dict(Organisation.objects.values_list("code", "pk"))
    plans = {}
    for row in files.plans:
        plans[row.code], _made = Plan.objects.update_or_create(
            code=row.code,
            defaults={
                "symbol": row.symbol, "title": row.title, "issued_on": row.issued_on, "issued_note": row.issued_note,
                "standing_agency_id": agencies.get(row.standing_agency), "status": row.status,
            },
        )  # fmt: skip
    tasks = _load_tasks(files, plans, agencies)
    counted = {row.code: row for row in files.counted}
    for target in files.targets:
        _load_target(target, counted.get(target.code), plans, tasks, agencies)
    named = {row.code for row in files.targets}
    for one in files.counted:
        if one.code not in named:
            Indicator.objects.update_or_create(
                code=one.code, defaults={**_counted_fields(one), "shown_in": plans.get(one.shown_in)}
            )
    for plan in plans.values():
        if plan.status == PlanStatus.ACTIVE:
            ensure_periods(plan=plan, year=reporting_year(timezone.localdate(now)))
    asked = {code for row in files.tasks for code in (*row.lead_codes, *row.coordinating_codes)}
    return LoadedPlans(
        plans=len(plans), tasks=len(tasks), targets=len(files.targets), counted=len(files.counted),
        unknown_agencies=tuple(sorted(asked - set(agencies))),
    )  # fmt: skip


def _load_tasks(files: PlanFiles, plans: Mapping[str, Plan], agencies: Mapping[str, int]) -> dict[str, PlanTask]:
    tasks = {}
    for row in files.tasks:
        task, _made = PlanTask.objects.update_or_create(
            code=row.code,
            defaults={
                "plan": plans[row.plan], "order": row.order, "title": row.title, "kind": row.kind, "lead": row.lead,
                "coordinating": row.coordinating, "deliverable": row.deliverable, "deadline": row.deadline,
                "product_class": row.product_class, "source": row.source, "status": row.status,
            },
        )  # fmt: skip
        task.lead_agencies.set([agencies[code] for code in row.lead_codes if code in agencies])
        task.coordinating_agencies.set([agencies[code] for code in row.coordinating_codes if code in agencies])
        tasks[row.code] = task
    return tasks


def _counted_fields(row: CountedRow | None) -> dict[str, Any]:
    if row is None:
        return {"measured_by": "", "filters": {}, "definition": ""}
    fields = {"measured_by": row.measured_by, "filters": row.filters, "definition": row.definition}
    return fields | {key: value for key, value in (("name", row.name), ("unit", row.unit)) if value}


def _load_target(
    row: TargetRow, counted: CountedRow | None, plans: Mapping[str, Plan], tasks: Mapping[str, PlanTask],
    agencies: Mapping[str, int],
) -> None:  # fmt: skip
    indicator, _made = Indicator.objects.update_or_create(
        code=row.code,
        defaults={
            "name": row.name, "unit": row.unit, "lead": row.lead,
            "yes_or_no": row.operator == Operator.YES and counted is None, **_counted_fields(counted),
        },
    )  # fmt: skip
    indicator.lead_agencies.set([agencies[code] for code in row.lead_codes if code in agencies])
    plan = plans[row.plan]
    fields = {
        "task": tasks.get(row.task), "operator": row.operator, "value_min": row.low, "value_max": row.high,
        "quote": row.quote, "source": row.source, "note": row.note, "status": row.status, "outside_seed": row.outside_seed,
    }  # fmt: skip
    # The reading of "khoảng" is the owner's: a loaded file sets it once and never again.
    reading = {"tolerance": DEFAULT_TOLERANCE if row.operator == Operator.ABOUT else None}
    Target.objects.update_or_create(
        plan=plan, indicator=indicator, deadline=row.deadline, defaults=fields, create_defaults={**fields, **reading}
    )


# --- reporting periods ----------------------------------------------------------------------------------------------


def reporting_year(day: dt.date) -> int:
    """The year to which `day` is reported: from 15 December it is the next one."""
    return day.year + 1 if (day.month, day.day) >= (12, 15) else day.year


@transaction.atomic
def ensure_periods(*, plan: Plan, year: int) -> list[ReportingPeriod]:
    """The four quarters of `year`, made where missing; an edited period is left as it is.

    A quarter is counted from the 15th of the month before it to the 14th of its last month (Nghị định 09/2019/NĐ-CP,
    Điều 12), so that the figures stand before they are due: "trước ngày 25" is read as the end of the 24th.
    """
    zone = timezone.get_default_timezone()
    periods = []
    for quarter in range(1, 5):
        month = 3 * quarter
        starts = dt.date(year, month - 3, 15) if quarter > 1 else dt.date(year - 1, 12, 15)
        with translation.override("vi"):
            name = wording.quarter_name(year, quarter)
        period, _made = ReportingPeriod.objects.get_or_create(
            plan=plan, code=f"{year}-Q{quarter}",
            defaults={
                "name": name, "starts_on": starts, "ends_on": dt.date(year, month, 14),
                "cutoff_at": dt.datetime(year, month, 14, 23, 59, tzinfo=zone),
                "due_at": dt.datetime(year, month, 24, 23, 59, tzinfo=zone),
            },
        )  # fmt: skip
        periods.append(period)
    return periods


@transaction.atomic
def close_period(*, period: ReportingPeriod, by: User, now: dt.datetime) -> ReportingPeriod:
    """Freeze the figures and their hash. A closed period is returned as it is. Raises NotAllowed, NotYetCutOff."""
    if not may_own(by):
        raise NotAllowed
    locked = ReportingPeriod.objects.select_for_update(of=("self",)).select_related("plan").get(pk=period.pk)
    if locked.closed_at:
        return locked
    if now < locked.cutoff_at:
        raise NotYetCutOff
    locked.closed_at = now
    locked.digest = queries.figures_digest(locked)
    locked.save(update_fields=["closed_at", "digest"])
    return locked


# --- measuring ------------------------------------------------------------------------------------------------------

Cell = tuple[int, str, str, int | None, str]  # indicator, audience, tier, organisation, span


def measure(*, plan: Plan, now: dt.datetime) -> int:
    """Count what the machine counts, in every period of `plan` that has begun and is not closed.

    Returns the number of changed cells. Counting is done before the transaction, so that nobody waits for it.
    """
    ensure_periods(plan=plan, year=reporting_year(timezone.localdate(now)))
    indicators = list(queries.counted_indicators(plan))
    today = timezone.localdate(now)
    changed = 0
    for period in plan.periods.filter(closed_at__isnull=True, starts_on__lte=today).order_by("starts_on"):
        cells: dict[Cell, Decimal] = {}
        for indicator in indicators:
            for span in Span:
                figures = measures.count(
                    indicator.measured_by, window=window_of(period, span), filters=indicator.filters, as_of=now
                )
                cells |= _cells(indicator, span, figures)
        changed += _write(period, cells, now)
    return changed


def window_of(period: ReportingPeriod, span: str) -> measures.Window:
    """Both days of the period are inside it; a running total begins with the platform."""
    zone = timezone.get_default_timezone()
    start = dt.datetime.combine(period.starts_on, dt.time(), tzinfo=zone)
    end = dt.datetime.combine(period.ends_on + dt.timedelta(days=1), dt.time(), tzinfo=zone)
    return measures.Window(start=start if span == Span.PERIOD else None, end=end)


def _cells(indicator: Indicator, span: str, figures: measures.Figures) -> dict[Cell, Decimal]:
    cells: dict[Cell, Decimal] = {(indicator.pk, "", "", None, span): Decimal(figures.total)}
    if figures.by_audience:
        for audience in indicator.filters.get("audience", Audience.values):
            cells[indicator.pk, audience, "", None, span] = Decimal(figures.by_audience.get(audience, 0))
    if figures.by_tier:
        for tier in indicator.filters.get("tier", Tier.values):
            cells[indicator.pk, "", tier, None, span] = Decimal(figures.by_tier.get(tier, 0))
    for organisation, value in figures.by_agency.items():
        cells[indicator.pk, "", "", organisation, span] = Decimal(value)
    return cells


@transaction.atomic
def _write(period: ReportingPeriod, cells: Mapping[Cell, Decimal], now: dt.datetime) -> int:
    """New rows for what changed, the old ones marked as replaced; a cell that fell out of the count is zero."""
    locked = ReportingPeriod.objects.select_for_update(of=("self",)).get(pk=period.pk)
    if locked.closed_at:
        return 0
    current = Measurement.objects.filter(
        period=period, replaced=False, entered_by__isnull=True, indicator__in={cell[0] for cell in cells}
    )
    standing = {
        (row.indicator_id, row.audience, row.tier, row.organisation_id, row.span): row
        for row in current.only("indicator_id", "audience", "tier", "organisation_id", "span", "value")
    }
    wanted = {**{cell: Decimal(0) for cell in standing}, **cells}
    changed = {cell: value for cell, value in wanted.items() if cell not in standing or standing[cell].value != value}
    _touch((row.pk for cell, row in standing.items() if cell in changed), replaced=True)
    _touch((row.pk for cell, row in standing.items() if cell not in changed), measured_at=now)
    Measurement.objects.bulk_create(
        Measurement(
            indicator_id=indicator, period=period, audience=audience, tier=tier, organisation_id=organisation, span=span,
            value=value, measured_at=now,
        )
        for (indicator, audience, tier, organisation, span), value in changed.items()
    )  # fmt: skip
    return len(changed)


def _touch(keys: Iterable[int], **fields: Any) -> None:
    """In slices, because SQLite takes no more than some tens of thousands of parameters."""
    rows = list(keys)
    for start in range(0, len(rows), 5000):
        Measurement.objects.filter(pk__in=rows[start : start + 5000]).update(**fields)


@transaction.atomic
def enter_measurement(
    *, indicator: Indicator, period: ReportingPeriod, value: Decimal, evidence: str, by: User, now: dt.datetime,
    evidence_url: str = "", evidence_file: File[Any] | None = None,
) -> Measurement:  # fmt: skip
    """The running total of an indicator at the end of the period, from its lead agency, with evidence and author.

    The same figure with the same evidence again changes nothing; another one replaces it and the old row is kept.
    Raises NotAllowed, CountedByMachine, PeriodClosed, NotAValue, NoEvidence and evidence.EvidenceRefused.
    """
    words = nfc(evidence)
    _check_entry(indicator, value, words, by)
    if evidence_file is not None and evidence_file.file is not None:
        evidence_files.check(name=evidence_file.name or "", size=evidence_file.size, file=evidence_file.file)
    locked = ReportingPeriod.objects.select_for_update(of=("self",)).get(pk=period.pk)
    if locked.closed_at:
        raise PeriodClosed
    current = (
        Measurement.objects.select_for_update(of=("self",))
        .filter(indicator=indicator, period=period, audience="", tier="", organisation=None, span=Span.TOTAL, replaced=False)
        .first()
    )
    if current:
        same = (current.value, current.evidence, current.evidence_url) == (value, words, evidence_url)
        if same and evidence_file is None:
            return current
        current.replaced = True
        current.save(update_fields=["replaced"])
    return Measurement.objects.create(
        indicator=indicator, period=period, span=Span.TOTAL, value=value, measured_at=now, entered_by=by, evidence=words,
        evidence_url=evidence_url, evidence_file=evidence_file or "",
    )  # fmt: skip


def _check_entry(indicator: Indicator, value: Decimal, evidence: str, by: User) -> None:
    if not may_own(by):
        raise NotAllowed
    if indicator.measured_by:
        raise CountedByMachine(indicator.code)
    if indicator.yes_or_no and value not in (0, 1):
        raise NotAValue
    # Growth may be negative; a count may not.
    if value < 0 and not indicator.targets.filter(operator__in=[Operator.GROWTH, Operator.INCREASE]).exists():
        raise NotAValue
    if not evidence:
        raise NoEvidence
