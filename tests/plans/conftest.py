"""A small plan of our own beside the cast: enough targets to see every operator, no files read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import translation

from plans import actions
from plans.models import Indicator, Plan, PlanTask
from tests.plans import make


@pytest.fixture
def plan(city: SimpleNamespace) -> Plan:
    """Plan 4738 under the department, periods of 2026, two tasks, four targets, the platform's own indicators."""
    plan = Plan.objects.create(
        code="4738", symbol="4738/KH-UBND", title="Triển khai năm 2025", issued_on=dt.date(2025, 6, 26),
        standing_agency=city.dept, status="active",
    )  # fmt: skip
    for order, (code, title) in enumerate((("4738-5.2", "Đặt hàng nghiên cứu"), ("4738-9.3", "Bồi dưỡng kiến thức AI")), 1):
        task = PlanTask.objects.create(
            plan=plan, code=code, order=order, title=title, kind="training", lead="SNV", deadline="Quý IV/2026",
            product_class="CORE", source="000", status="active",
        )  # fmt: skip
        task.lead_agencies.set([city.dept])
    actions.ensure_periods(plan=plan, year=2026)
    staff = {"audience": ["cbccvc_nld"]}
    make.target(plan, "TG-0903", "~", "10", unit="lớp", measured_by="classes_held", filters={"kind": ["training"], **staff})
    make.target(plan, "TG-0904", "count", None, unit="người", measured_by="completers", filters=staff)
    make.target(plan, "TG-0502", "between", "3", high="5", unit="nhiệm vụ", task="4738-5.2")
    make.target(plan, "TG-0701", "bool", None, unit="đạt/chưa")
    for code, name, unit, function in make.OWN:
        Indicator.objects.create(code=code, name=name, unit=unit, measured_by=function, definition=f"Đếm {name}.", shown_in=plan)
    return plan


@pytest.fixture
def quarter(plan: Plan) -> Any:
    """The one that runs on the day of the tests (23/11/2026)."""
    return plan.periods.get(code="2026-Q4")


@pytest.fixture
def projects(plan: Plan) -> Indicator:
    """An indicator entered by hand."""
    return Indicator.objects.get(code="TG-0502")




@pytest.fixture(autouse=True)
def _in_vietnamese() -> Iterator[None]:
    """Words are compared in Vietnamese, whatever language an earlier test left behind."""
    with translation.override("vi"):
        yield
