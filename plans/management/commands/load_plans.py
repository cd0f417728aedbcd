"""Bring the city's plans, their tasks and targets into the site."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from plans.actions import load_plans
from plans.plan_files import PlanFiles, parse


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def read_folder(folder: Path) -> PlanFiles:
    return parse(
        plans=read(folder / "plans.csv"), tasks=read(folder / "plan_tasks.csv"), targets=read(folder / "targets.csv"),
        external=read(folder / "targets_external.csv"), counted=read(folder / "counted.csv"),
        target_tasks=read(folder / "target_tasks.csv"),
        agency_codes=[row["code"] for row in read(folder / "agencies.csv")],
    )  # fmt: skip


class Command(BaseCommand):
    help = "Loads content/city: plans, tasks, indicators, targets, this year's reporting periods. May be run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=Path(settings.BASE_DIR) / "content" / "city")

    def handle(self, *, folder: Path, **options: Any) -> None:
        done = load_plans(files=read_folder(folder), now=timezone.now())
        self.stdout.write(
            f"plans: {done.plans} plans, {done.tasks} tasks, {done.targets} targets, {done.counted} counted indicators"
        )
        if done.unknown_agencies:
            self.stdout.write(f"not in the tree of organisations: {', '.join(done.unknown_agencies)} (load_organisations)")
