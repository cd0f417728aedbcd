from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from people.actions.organisations import load_organisations
from people.agencies_csv import BadAgencies, parse
from people.models import Organisation
from plans import measures
from plans.actions import load_plans
from plans.management.commands.load_plans import read, read_folder
from plans.models import Indicator, Plan, PlanTask, ReportingPeriod, Target
from plans.plan_files import agencies_named

CITY = Path(settings.BASE_DIR) / "content" / "city"
TODAY = dt.date(2026, 11, 23)


@pytest.fixture
def loaded(db: None, now: dt.datetime) -> Any:
    load_organisations(rows=read(CITY / "agencies.csv"), today=TODAY)
    return load_plans(files=read_folder(CITY), now=now)


# --- agencies -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_loading_agencies_twice_makes_one_tree() -> None:
    rows = read(CITY / "agencies.csv")
    first = load_organisations(rows=rows, today=TODAY)
    second = load_organisations(rows=rows, today=TODAY)
    assert (first.made, second.made, second.ended) == (57, 0, 0)
    assert Organisation.objects.count() == 57
    assert Organisation.find_problems() == ([], [], [], [], [])
    assert Organisation.objects.get(code="THPT-LHP").get_parent().code == "SGDDT"
    assert Organisation.objects.get(code="CATP").depth == 1


@pytest.mark.django_db
def test_merged_agencies_end_and_name_their_successor() -> None:
    load_organisations(rows=read(CITY / "agencies.csv"), today=TODAY)
    gone = Organisation.objects.exclude(valid_to=None).select_related("successor")
    ended = {one.code: (one.valid_to, one.successor and one.successor.code) for one in gone}
    assert ended["STTTT"] == (dt.date(2025, 2, 28), "SKHCN")
    assert ended["TD-QH"] == (dt.date(2025, 6, 30), "XA-168")
    assert "BQL-NNCNC" not in ended  # the merger was a proposal
    groups = set(Organisation.objects.filter(kind="group").values_list("code", flat=True))
    assert groups == {"SBN", "XA-168", "TD-QH", "DN-ICT"}


@pytest.mark.django_db
def test_what_people_changed_in_the_tree_survives_a_second_load() -> None:
    rows = read(CITY / "agencies.csv")
    load_organisations(rows=rows, today=TODAY)
    Organisation.objects.filter(code="SNV").update(name="Sở Nội vụ và Lao động")
    load_organisations(rows=rows, today=TODAY)
    assert Organisation.objects.get(code="SNV").name == "Sở Nội vụ và Lao động"


@pytest.mark.django_db
def test_an_end_that_has_not_come_yet_is_not_written() -> None:
    load_organisations(rows=read(CITY / "agencies.csv"), today=dt.date(2025, 3, 1))
    assert Organisation.objects.get(code="STTTT").valid_to is not None
    assert Organisation.objects.get(code="TD-QH").valid_to is None


def test_a_file_with_an_unknown_parent_or_a_circle_is_refused() -> None:
    row = {"name_vi": "A", "type": "office", "status": "active", "successor": "", "note": ""}
    with pytest.raises(BadAgencies):
        parse([{**row, "code": "A", "parent": "B"}])
    with pytest.raises(BadAgencies):
        parse([{**row, "code": "A", "parent": "B"}, {**row, "code": "B", "parent": "A"}])


# --- plans ----------------------------------------------------------------------------------------------------------


def test_the_register_holds_what_the_files_say(loaded: Any) -> None:
    assert Plan.objects.count() == 5
    assert PlanTask.objects.count() == 183
    assert Target.objects.filter(plan__code="4738").count() == 24
    assert not Target.objects.filter(indicator__code__startswith="TG-90").exists()  # the press' variants
    assert Target.objects.filter(outside_seed=True).count() == 7
    assert loaded.unknown_agencies == ()


def test_operators_are_kept(loaded: Any) -> None:
    about = Target.objects.get(indicator__code="TG-0903")
    assert (about.operator, about.value_min, about.tolerance) == ("~", Decimal(10), Decimal("0.1"))
    assert about.task is not None and about.task.code == "4738-9.3"
    between = Target.objects.get(indicator__code="TG-0502")
    assert (between.operator, between.value_min, between.value_max) == ("between", Decimal(3), Decimal(5))
    assert Target.objects.get(indicator__code="TG-0904").value_min is None
    assert "4 lớp" in about.note  # what the press reports as done in 2025 is a note, never a figure


def test_loading_plans_twice_changes_nothing(loaded: Any, now: dt.datetime) -> None:
    models = (Plan, PlanTask, Indicator, Target, ReportingPeriod)
    before = [list(model.objects.order_by("pk").values()) for model in models]
    load_plans(files=read_folder(CITY), now=now)
    assert [list(model.objects.order_by("pk").values()) for model in models] == before


def test_the_owners_reading_of_about_survives_a_second_load(loaded: Any, now: dt.datetime) -> None:
    Target.objects.filter(indicator__code="TG-0903").update(tolerance=Decimal("0.2"))
    load_plans(files=read_folder(CITY), now=now)
    assert Target.objects.get(indicator__code="TG-0903").tolerance == Decimal("0.2")


def test_tasks_are_linked_to_their_agencies_in_the_order_of_the_file(loaded: Any) -> None:
    task = PlanTask.objects.get(code="4738-9.3")
    assert list(task.lead_agencies.values_list("code", flat=True)) == ["SNV"]
    assert set(task.coordinating_agencies.values_list("code", flat=True)) == {"SKHCN", "DHQG-HCM"}
    first = list(Plan.objects.get(code="4738").tasks.order_by("order").values_list("code", flat=True)[:3])
    assert first == ["4738-1.1", "4738-1.2", "4738-1.3"]


def test_every_counted_indicator_can_be_counted(loaded: Any, now: dt.datetime) -> None:
    window = measures.Window(start=None, end=now)
    counted = Indicator.objects.exclude(measured_by="")
    assert counted.count() == 14
    for indicator in counted:
        assert indicator.definition, indicator.code
        assert measures.count(indicator.measured_by, window=window, filters=indicator.filters, as_of=now).total == 0


def test_only_plans_under_way_have_periods(loaded: Any) -> None:
    with_periods = set(ReportingPeriod.objects.values_list("plan__code", flat=True))
    assert with_periods == {"4738", "6497", "AI-CITIZENS"}


def test_agencies_missing_from_the_tree_are_named_and_linked_later(db: None, now: dt.datetime) -> None:
    done = load_plans(files=read_folder(CITY), now=now)
    assert "SKHCN" in done.unknown_agencies
    load_organisations(rows=read(CITY / "agencies.csv"), today=TODAY)
    load_plans(files=read_folder(CITY), now=now)
    assert Plan.objects.get(code="4738").standing_agency.code == "SKHCN"  # type: ignore[union-attr]


@pytest.mark.django_db
def test_both_commands_run(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_organisations")
    call_command("load_plans")
    assert "57 made" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lead", "codes"),
    [
        ("SKHCN/QTSC", {"SKHCN", "QTSC"}), ("SKHCN, TTCĐS", {"SKHCN", "TTCDS"}), ("STTTT (nay SKHCN)", {"SKHCN"}),
        ("SGDĐT (nay SKHCN theo 4738)", {"SKHCN"}), ("STTTT; SKHCN", {"STTTT", "SKHCN"}), ("SGDĐT", {"SGDDT"}),
    ],
)  # fmt: skip
def test_leads_are_read_as_they_are_written(lead: str, codes: set[str]) -> None:
    assert set(agencies_named(lead, ["SKHCN", "QTSC", "TTCDS", "STTTT", "SGDDT", "SNV"])) == codes
