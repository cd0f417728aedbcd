from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from people.models import Organisation, User
from plans import actions, queries
from plans.models import Measurement, Plan, ReportingPeriod
from plans.queries import Cell, Ledger
from tests import world
from tests.plans import make

ANYBODY = AnonymousUser()


def fresh(user: User) -> User:
    """Without what an earlier read kept on the object."""
    return User.objects.get(pk=user.pk)


def ledger(plan: Plan, viewer: Any, now: dt.datetime, period: str = "") -> Ledger:
    read = Plan.objects.select_related("standing_agency").get(pk=plan.pk)
    found = queries.ledger(plan=read, viewer=viewer, now=now, period_code=period)
    assert found is not None
    return found


def table(found: Ledger, key: str) -> dict[str, tuple[Cell, ...]]:
    return {row.label: row.cells for one in found.breakdowns if one.key == key for row in one.rows}


@pytest.fixture
def learning(plan: Plan, city: SimpleNamespace, course: SimpleNamespace, now: dt.datetime) -> Plan:
    """40 of the public, 15 staff (12 of the ward's clinic, 3 of another ward), 3 pupils; all have completed."""
    rows = [(learner, None) for learner in make.learners(40)]
    staff = make.learners(15, "cbccvc_nld", "cb")
    rows += [(learner, city.clinic if place < 12 else city.other_ward) for place, learner in enumerate(staff)]
    rows += [(learner, city.school) for learner in make.learners(3, "hs_pt", "hs")]
    for learner, place in rows:
        make.enrolment(learner, course.page, now - dt.timedelta(days=9), done_at=now - dt.timedelta(days=2), organisation=place)
    actions.measure(plan=plan, now=now)
    return plan


# --- the home page --------------------------------------------------------------------------------------------------


def test_city_totals_are_read_and_not_counted(learning: Plan, now: dt.datetime, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        totals = queries.city_totals(now)
    assert totals == queries.CityTotals(people=58, participations=58, completions=58, classes=0, as_of=now)


def test_city_totals_before_the_first_measurement_are_unknown(plan: Plan, now: dt.datetime) -> None:
    assert queries.city_totals(now) == queries.CityTotals()


# --- the ledger -----------------------------------------------------------------------------------------------------


def test_a_counted_target_stands_beside_the_words_of_the_plan(learning: Plan, now: dt.datetime) -> None:
    lines = {line.code: line for line in ledger(learning, ANYBODY, now).lines}
    assert lines["TG-0903"].plan_words == "khoảng 10 lớp"
    assert "từ 9 đến 11 lớp" in lines["TG-0903"].reading
    assert lines["TG-0904"].value_words == "15 người"
    assert lines["TG-0502"].source == "Chờ SNV nhập"
    assert lines["TG-0502"].mark.word == "Chưa có số"


def test_staff_declared_by_agencies_is_the_base_and_no_agency_counts_twice(
    learning: Plan, city: SimpleNamespace, now: dt.datetime
) -> None:
    Organisation.objects.filter(pk=city.ward.pk).update(staff_declared=100)
    Organisation.objects.filter(pk=city.clinic.pk).update(staff_declared=20)
    Organisation.objects.filter(pk=city.dept.pk).update(staff_declared=50)
    line = next(line for line in ledger(learning, ANYBODY, now).lines if line.code == "TG-0904")
    assert line.value_words == "15 người, trên 150 người do cơ quan khai"


def test_a_figure_entered_earlier_is_carried_and_says_of_when_it_is(
    plan: Plan, projects: Any, dung: Any, now: dt.datetime
) -> None:
    third = plan.periods.get(code="2026-Q3")
    actions.enter_measurement(indicator=projects, period=third, value=Decimal(4), evidence="QĐ 12", by=dung, now=now)
    line = next(line for line in ledger(plan, ANYBODY, now).lines if line.code == "TG-0502")
    assert (line.value_words, line.source) == ("4 nhiệm vụ", "Cơ quan nhập, số của Quý III/2026")
    before = next(line for line in ledger(plan, ANYBODY, now, "2026-Q2").lines if line.code == "TG-0502")
    assert before.value is None


def test_the_public_sees_no_small_cell_and_no_agency(learning: Plan, now: dt.datetime) -> None:
    found = ledger(learning, ANYBODY, now)
    audiences = table(found, "audience")
    assert audiences["Người dân"][0].value == 40
    assert audiences["Học sinh"][0].hidden  # three pupils
    assert audiences["Cán bộ, công chức, viên chức, người lao động"][0].hidden  # or three could be worked out
    assert audiences["Toàn Thành phố"][0].value == 58
    assert not table(found, "agency")
    assert found.kept_back


def test_the_owner_sees_every_cell_and_every_agency(learning: Plan, dung: Any, now: dt.datetime) -> None:
    found = ledger(learning, dung, now)
    assert table(found, "audience")["Học sinh"][0].value == 3
    agencies = table(found, "agency")
    assert agencies["Ủy ban nhân dân phường Bến Cỏ"][0].value == 12
    assert agencies["Ủy ban nhân dân phường An Khúc"][0].value == 3
    assert agencies["Sở Giáo dục và Đào tạo"][0].value == 3
    assert not found.kept_back


def test_an_officer_sees_her_agency_exactly_and_the_city_as_the_public_does(
    learning: Plan, chi: Any, now: dt.datetime
) -> None:
    found = ledger(learning, chi, now)
    assert list(table(found, "agency")) == ["Ủy ban nhân dân phường Bến Cỏ"]
    assert table(found, "audience")["Học sinh"][0].hidden


def test_an_auditor_of_the_whole_tree_sees_all_of_it(
    learning: Plan, city: SimpleNamespace, now: dt.datetime
) -> None:
    auditor = world.make_user("thu", "Hồ Minh Thu")
    world.grant(auditor, "auditor", city.city)
    found = ledger(learning, auditor, now)
    assert len(table(found, "agency")) == 3
    assert table(found, "audience")["Học sinh"][0].value == 3


def test_a_small_count_of_a_part_of_the_people_is_kept_from_the_public(
    plan: Plan, course: SimpleNamespace, dung: Any, now: dt.datetime
) -> None:
    for learner in make.learners(4, "cbccvc_nld"):
        make.enrolment(learner, course.page, now - dt.timedelta(days=9), done_at=now - dt.timedelta(days=2))
    actions.measure(plan=plan, now=now)
    public, owner = (
        next(line for line in ledger(plan, viewer, now).lines if line.code == "TG-0904") for viewer in (ANYBODY, dung)
    )
    assert (public.value, public.value_words, public.in_period) == (None, "dưới 10", "dưới 10")
    assert owner.value_words == "4 người"


def test_lessons_by_quarter_come_from_each_period(learning: Plan, now: dt.datetime) -> None:
    quarters = table(ledger(learning, ANYBODY, now), "quarter")
    assert list(quarters) == ["Quý I/2026", "Quý II/2026", "Quý III/2026", "Quý IV/2026"]
    assert [cells[0].value for cells in quarters.values()] == [0, 0, 0, 58]
    assert [column.open for column in ledger(learning, ANYBODY, now).chart] == [False, False, False, True]


def test_filters_keep_targets_and_tasks_of_a_section_or_lead(plan: Plan, now: dt.datetime) -> None:
    found = ledger(plan, ANYBODY, now)
    assert found.groups == [("5", "Nhóm nhiệm vụ 5"), ("9", "Nhóm nhiệm vụ 9")]
    nine = found.filtered(group="9", lead="")
    assert [line.code for line in nine.lines] == ["TG-0903", "TG-0904", "TG-0701"]
    assert [section.key for section in nine.sections] == ["9"]
    assert len(found.filtered(group="", lead="SNV").lines) == 4
    assert not found.filtered(group="", lead="SKHCN").lines


def test_from_its_cut_off_to_its_due_date_a_period_is_still_the_one_shown(plan: Plan, quarter: ReportingPeriod) -> None:
    actions.ensure_periods(plan=plan, year=2027)
    periods = list(plan.periods.order_by("starts_on"))

    def shown(day: dt.date) -> str:
        period = queries.chosen_period(periods, "", day)
        return period.code if period else ""

    assert shown(dt.date(2026, 11, 23)) == "2026-Q4"
    assert shown(dt.date(2026, 12, 20)) == "2026-Q4"
    assert shown(dt.date(2026, 12, 25)) == "2027-Q1"


@pytest.mark.parametrize("more", [0, 27])
def test_the_ledger_takes_the_same_queries_with_3_and_with_30_targets(
    learning: Plan, chi: Any, now: dt.datetime, more: int, django_assert_max_num_queries: Any
) -> None:
    for place in range(more):
        make.target(learning, f"TG-7{place:03}", ">=", "3", unit="báo cáo")
    viewer = fresh(chi)
    with django_assert_max_num_queries(13):
        assert len(ledger(learning, viewer, now).lines) == 4 + more


def test_the_digest_changes_with_any_figure(learning: Plan, quarter: ReportingPeriod) -> None:
    before = queries.figures_digest(quarter)
    assert before == queries.figures_digest(quarter)
    row = Measurement.objects.filter(period=quarter, replaced=False).first()
    assert row is not None
    Measurement.objects.filter(pk=row.pk).update(value=row.value + 1)
    assert queries.figures_digest(quarter) != before


# --- who reports to whom --------------------------------------------------------------------------------------------


def test_an_agency_reports_to_the_standing_agency_and_that_to_the_city(
    plan: Plan, chi: Any, dung: Any, city: SimpleNamespace
) -> None:
    head = queries.report_head(chi, plan)
    assert (head.issuer, head.parent, head.addressee) == (city.ward.name, city.city.name, city.dept.name)
    head = queries.report_head(dung, plan)
    assert (head.issuer, head.issuer_code, head.addressee) == (city.dept.name, "SNV", city.city.name)
