from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from plans import actions
from plans.models import Indicator, Measurement, Plan, ReportingPeriod, Span
from plans.tasks import measure as measure_task
from tests.plans import make

ZONE = dt.timezone(dt.timedelta(hours=7))


# --- periods --------------------------------------------------------------------------------------------------------


def test_quarters_are_counted_from_the_15th_to_the_14th(plan: Plan) -> None:
    windows = [(one.code, one.name, one.starts_on, one.ends_on) for one in plan.periods.order_by("starts_on")]
    assert windows == [
        ("2026-Q1", "Quý I/2026", dt.date(2025, 12, 15), dt.date(2026, 3, 14)),
        ("2026-Q2", "Quý II/2026", dt.date(2026, 3, 15), dt.date(2026, 6, 14)),
        ("2026-Q3", "Quý III/2026", dt.date(2026, 6, 15), dt.date(2026, 9, 14)),
        ("2026-Q4", "Quý IV/2026", dt.date(2026, 9, 15), dt.date(2026, 12, 14)),
    ]


def test_figures_are_cut_off_and_due_before_the_quarter_ends(quarter: ReportingPeriod) -> None:
    assert quarter.cutoff_at.astimezone(ZONE) == dt.datetime(2026, 12, 14, 23, 59, tzinfo=ZONE)
    assert quarter.due_at.astimezone(ZONE) == dt.datetime(2026, 12, 24, 23, 59, tzinfo=ZONE)


def test_periods_are_made_once_and_an_edited_one_is_left_alone(plan: Plan, quarter: ReportingPeriod) -> None:
    ReportingPeriod.objects.filter(pk=quarter.pk).update(ends_on=dt.date(2026, 12, 10))
    actions.ensure_periods(plan=plan, year=2026)
    assert plan.periods.count() == 4
    assert plan.periods.get(code="2026-Q4").ends_on == dt.date(2026, 12, 10)


def test_from_the_15th_of_december_one_reports_to_the_next_year() -> None:
    assert actions.reporting_year(dt.date(2026, 12, 14)) == 2026
    assert actions.reporting_year(dt.date(2026, 12, 15)) == 2027


# --- measuring ------------------------------------------------------------------------------------------------------


def value(code: str, span: str, period: str = "2026-Q4", **cell: Any) -> Decimal | None:
    where = {"audience": "", "tier": "", "organisation": None, **cell}
    row = Measurement.objects.filter(indicator__code=code, period__code=period, span=span, replaced=False, **where).first()
    return row.value if row else None


def test_measuring_writes_the_period_and_the_running_total(
    plan: Plan, city: SimpleNamespace, course: SimpleNamespace, now: dt.datetime
) -> None:
    learner, other = make.learners(2)
    make.enrolment(learner, course.page, now - dt.timedelta(days=200), done_at=now - dt.timedelta(days=190))
    make.enrolment(learner, course.page, now - dt.timedelta(days=9), done_at=now - dt.timedelta(days=8), organisation=city.clinic)
    make.enrolment(other, course.page, now - dt.timedelta(days=3))
    actions.measure(plan=plan, now=now)
    assert (value("HA-LUOT", Span.PERIOD), value("HA-LUOT", Span.TOTAL)) == (2, 3)
    assert (value("HA-NGUOIHT", Span.PERIOD), value("HA-NGUOIHT", Span.TOTAL)) == (1, 1)
    assert value("HA-HT", Span.PERIOD, period="2026-Q2") == 1
    assert value("HA-LUOT", Span.PERIOD, audience="cong_dan") == 2
    assert value("HA-LUOT", Span.PERIOD, audience="hs_pt") == 0
    assert value("HA-HT", Span.PERIOD, organisation=city.ward) == 1


def test_measuring_again_changes_nothing_but_the_time_it_was_found_true(
    plan: Plan, course: SimpleNamespace, now: dt.datetime
) -> None:
    make.enrolment(make.learners(1)[0], course.page, now)
    later = now + dt.timedelta(minutes=15)
    assert actions.measure(plan=plan, now=later) > 0
    rows = Measurement.objects.count()
    assert actions.measure(plan=plan, now=later + dt.timedelta(minutes=15)) == 0
    assert Measurement.objects.count() == rows
    assert set(Measurement.objects.values_list("measured_at", flat=True)) == {later + dt.timedelta(minutes=15)}


def test_a_changed_figure_is_a_new_row_and_the_old_one_is_kept(plan: Plan, course: SimpleNamespace, now: dt.datetime) -> None:
    first, second = make.learners(2)
    make.enrolment(first, course.page, now - dt.timedelta(hours=1))
    actions.measure(plan=plan, now=now)
    make.enrolment(second, course.page, now + dt.timedelta(minutes=1))
    actions.measure(plan=plan, now=now + dt.timedelta(minutes=15))
    rows = Measurement.objects.filter(
        indicator__code="HA-LUOT", span=Span.PERIOD, period__code="2026-Q4", audience="", tier="", organisation=None
    )
    assert list(rows.order_by("pk").values_list("value", "replaced")) == [(1, True), (2, False)]


def test_a_cell_that_falls_out_of_the_count_becomes_zero(
    plan: Plan, city: SimpleNamespace, course: SimpleNamespace, now: dt.datetime
) -> None:
    row = make.enrolment(make.learners(1)[0], course.page, now - dt.timedelta(days=2), organisation=city.clinic)
    actions.measure(plan=plan, now=now)
    row.withdrawn_at = now
    row.save()
    actions.measure(plan=plan, now=now + dt.timedelta(minutes=15))
    assert value("HA-LUOT", Span.PERIOD, organisation=city.ward) == 0


def test_a_period_to_come_is_not_measured(plan: Plan, now: dt.datetime) -> None:
    actions.measure(plan=plan, now=now - dt.timedelta(days=90))
    assert not Measurement.objects.filter(period__code="2026-Q4").exists()


def test_a_closed_period_is_never_measured_again(plan: Plan, course: SimpleNamespace, dung: Any, now: dt.datetime) -> None:
    quarter = plan.periods.get(code="2026-Q3")
    actions.measure(plan=plan, now=now)
    closed = actions.close_period(period=quarter, by=dung, now=now)
    make.enrolment(make.learners(1)[0], course.page, dt.datetime(2026, 8, 1, 9, tzinfo=ZONE))
    actions.measure(plan=plan, now=now + dt.timedelta(minutes=15))
    assert value("HA-LUOT", Span.PERIOD, period="2026-Q3") == 0
    assert value("HA-LUOT", Span.TOTAL) == 1
    assert len(closed.digest) == 64


def test_the_sweep_measures_every_plan_under_way(plan: Plan) -> None:
    Plan.objects.create(code="OLD", symbol="cũ", title="cũ", status="historical")
    measure_task()
    assert Measurement.objects.filter(period__plan=plan).exists()
    assert not ReportingPeriod.objects.filter(plan__code="OLD").exists()


# --- closing --------------------------------------------------------------------------------------------------------


def test_a_period_is_closed_once_by_the_owner_from_its_cut_off_on(
    quarter: ReportingPeriod, dung: Any, chi: Any, now: dt.datetime
) -> None:
    with pytest.raises(actions.NotYetCutOff):
        actions.close_period(period=quarter, by=dung, now=now)
    after = quarter.cutoff_at + dt.timedelta(hours=10)
    with pytest.raises(actions.NotAllowed):
        actions.close_period(period=quarter, by=chi, now=after)
    first = actions.close_period(period=quarter, by=dung, now=after)
    again = actions.close_period(period=quarter, by=dung, now=after + dt.timedelta(days=1))
    assert (again.closed_at, again.digest) == (first.closed_at, first.digest)


# --- entering -------------------------------------------------------------------------------------------------------


def enter(
    indicator: Indicator, period: ReportingPeriod, by: Any, now: dt.datetime, figure: str = "2", **fields: Any
) -> Measurement:
    given = {"evidence": "Quyết định 12/QĐ-SKHCN", **fields}
    return actions.enter_measurement(indicator=indicator, period=period, value=Decimal(figure), by=by, now=now, **given)


def test_a_figure_is_entered_with_its_author_and_evidence(
    projects: Indicator, quarter: ReportingPeriod, dung: Any, now: dt.datetime
) -> None:
    row = enter(projects, quarter, dung, now, evidence="  Quye\u0302\u0301t định  12 ")
    assert (row.value, row.entered_by, row.evidence) == (2, dung, "Quyết định 12")


def test_the_same_entry_twice_is_one_and_another_replaces_it(
    projects: Indicator, quarter: ReportingPeriod, dung: Any, now: dt.datetime
) -> None:
    first = enter(projects, quarter, dung, now)
    assert enter(projects, quarter, dung, now) == first
    enter(projects, quarter, dung, now, "3")
    assert list(Measurement.objects.order_by("pk").values_list("value", "replaced")) == [(2, True), (3, False)]


def test_entering_is_refused_where_the_machine_counts_the_period_is_closed_or_the_person_is_not_the_owner(
    plan: Plan, projects: Indicator, quarter: ReportingPeriod, dung: Any, chi: Any, now: dt.datetime
) -> None:
    with pytest.raises(actions.CountedByMachine):
        enter(Indicator.objects.get(code="TG-0903"), quarter, dung, now)
    with pytest.raises(actions.NotAllowed):
        enter(projects, quarter, chi, now)
    with pytest.raises(actions.NoEvidence):
        enter(projects, quarter, dung, now, evidence="  ")
    with pytest.raises(actions.NotAValue):
        enter(projects, quarter, dung, now, "-1")
    with pytest.raises(actions.NotAValue):
        enter(Indicator.objects.get(code="TG-0701"), quarter, dung, now, "2")
    actions.close_period(period=quarter, by=dung, now=quarter.cutoff_at)
    with pytest.raises(actions.PeriodClosed):
        enter(projects, quarter, dung, now)
    assert not Measurement.objects.exists()


def test_growth_may_be_negative(plan: Plan, quarter: ReportingPeriod, dung: Any, now: dt.datetime) -> None:
    growth = make.target(plan, "TG-1002", "yoy>=", "10", unit="%/năm").indicator
    assert enter(growth, quarter, dung, now, "-3.5").value == Decimal("-3.5")


def test_a_file_that_is_not_what_its_name_says_is_refused(
    projects: Indicator, quarter: ReportingPeriod, dung: Any, now: dt.datetime
) -> None:
    with pytest.raises(actions.evidence_files.EvidenceRefused):
        enter(projects, quarter, dung, now, evidence_file=SimpleUploadedFile("qd.pdf", b"<html><script>"))
    assert not Measurement.objects.exists()


def test_measuring_leaves_figures_entered_by_hand_alone(
    plan: Plan, projects: Indicator, quarter: ReportingPeriod, dung: Any, now: dt.datetime
) -> None:
    enter(projects, quarter, dung, now)
    actions.measure(plan=plan, now=now)
    assert value("TG-0502", Span.TOTAL) == 2
