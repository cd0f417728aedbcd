"""The files of plans, tasks, targets and counted indicators: rows as read by csv.DictReader → dataclasses. Pure."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from people.text import nfc

Row = Mapping[str, str]
_NOT_LOADED = {"press-variant"}
_ACTUAL = "actual"


@dataclass(frozen=True, kw_only=True)
class PlanRow:
    code: str
    symbol: str
    title: str
    issued_on: dt.date | None
    issued_note: str
    standing_agency: str
    status: str


@dataclass(frozen=True, kw_only=True)
class TaskRow:
    code: str
    plan: str
    order: int
    title: str
    kind: str
    lead: str
    lead_codes: tuple[str, ...]
    coordinating: str
    coordinating_codes: tuple[str, ...]
    deliverable: str
    deadline: str
    product_class: str
    source: str
    status: str


@dataclass(frozen=True, kw_only=True)
class CountedRow:
    """What the platform counts: `name` and `unit` may be empty when a target gives them."""

    code: str
    name: str
    unit: str
    measured_by: str
    filters: dict[str, Any]
    shown_in: str
    definition: str


@dataclass(frozen=True, kw_only=True)
class TargetRow:
    code: str
    plan: str
    task: str
    name: str
    operator: str
    low: Decimal | None
    high: Decimal | None
    unit: str
    deadline: str
    lead: str
    lead_codes: tuple[str, ...]
    quote: str
    source: str
    note: str
    status: str
    outside_seed: bool


@dataclass(frozen=True, kw_only=True)
class PlanFiles:
    plans: list[PlanRow]
    tasks: list[TaskRow]
    targets: list[TargetRow]
    counted: list[CountedRow] = field(default_factory=list)


def parse(
    *, plans: Iterable[Row], tasks: Iterable[Row], targets: Iterable[Row], external: Iterable[Row],
    counted: Iterable[Row], target_tasks: Iterable[Row], agency_codes: Iterable[str],
) -> PlanFiles:  # fmt: skip
    """Everything the loader needs. Variants of the press are left out; actual results become a note on TG-0903."""
    codes = list(agency_codes)
    task_of = {row["target"]: row["task"] for row in target_tasks}
    external = list(external)
    actual = "; ".join(
        f"{nfc(row['indicator_vi'])}: {row['value']} {nfc(row['unit'])} ({nfc(row['source'])})"
        for row in external
        if row["operator"] == _ACTUAL
    )
    rows = [_target(row, task_of, codes) for row in targets if row["status"] not in _NOT_LOADED]
    rows += [_external(row, codes) for row in external if row["operator"] != _ACTUAL]
    return PlanFiles(
        plans=[_plan(row) for row in plans],
        tasks=_tasks(tasks),
        targets=[_with_note(row, actual) if row.code == "TG-0903" and actual else row for row in rows],
        counted=[_counted(row) for row in counted],
    )


def agencies_named(text: str, codes: Iterable[str]) -> tuple[str, ...]:
    """Codes of the agencies a lead is written with: "SKHCN, TTCĐS"; with "nay …" only who it is now."""
    now = re.search(r"\(nay ([^ )]+)", text)
    bare = (now[1] if now else re.sub(r"\(.*?\)", "", text)).replace("Đ", "D")
    words = {word.strip() for word in re.split(r"[,;/]", bare)}
    return tuple(code for code in codes if code in words)


def _plan(row: Row) -> PlanRow:
    return PlanRow(
        code=row["code"], symbol=nfc(row["symbol"]), title=nfc(row["title"]),
        issued_on=dt.date.fromisoformat(row["issued_on"]) if row["issued_on"] else None,
        issued_note=nfc(row["issued_note"]), standing_agency=row["standing_agency"], status=row["status"],
    )  # fmt: skip


def _tasks(rows: Iterable[Row]) -> list[TaskRow]:
    return [
        TaskRow(
            code=row["id"], plan=row["plan"], order=order, title=nfc(row["title_vi"]), kind=nfc(row["kind"]),
            lead=nfc(row["lead"]), lead_codes=_codes(row["lead_codes"]), coordinating=nfc(row["coordinating"]),
            coordinating_codes=_codes(row["coordinating_codes"]), deliverable=nfc(row["deliverable"]),
            deadline=nfc(row["deadline"]), product_class=row["product_class"], source=nfc(row["source"]), status=row["status"],
        )
        for order, row in enumerate(rows, 1)
    ]  # fmt: skip


def _target(row: Row, task_of: Mapping[str, str], codes: list[str]) -> TargetRow:
    return TargetRow(
        code=row["id"], plan=row["plan"], task=task_of.get(row["id"], ""), name=nfc(row["indicator_vi"]),
        operator=row["operator"], low=_decimal(row["value_min"]), high=_decimal(row["value_max"]), unit=nfc(row["unit"]),
        deadline=nfc(row["deadline"]), lead=nfc(row["lead"]), lead_codes=agencies_named(nfc(row["lead"]), codes),
        quote=nfc(row["quote"]), source=nfc(row["source"]), note=nfc(row["note"]), status=row["status"], outside_seed=False,
    )  # fmt: skip


def _external(row: Row, codes: list[str]) -> TargetRow:
    return TargetRow(
        code=row["id"], plan="AI-CITIZENS", task="", name=nfc(row["indicator_vi"]), operator=row["operator"],
        low=_decimal(row["value"]), high=None, unit=nfc(row["unit"]), deadline=nfc(row["deadline"]), lead=nfc(row["lead"]),
        lead_codes=agencies_named(nfc(row["lead"]), codes), quote="", source=nfc(row["source"]), note="", status="active",
        outside_seed=True,
    )  # fmt: skip


def _with_note(row: TargetRow, note: str) -> TargetRow:
    return TargetRow(**{**row.__dict__, "note": ". ".join(text for text in (row.note, note) if text)})


def _counted(row: Row) -> CountedRow:
    return CountedRow(
        code=row["code"], name=nfc(row["name"]), unit=nfc(row["unit"]), measured_by=row["measured_by"],
        filters=json.loads(row["filters"]), shown_in=row["shown_in"], definition=nfc(row["definition"]),
    )  # fmt: skip


def _codes(text: str) -> tuple[str, ...]:
    return tuple(code for code in text.split(";") if code)


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if text else None
