"""Bring the agencies named in the city's plans into the tree of organisations."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from people.actions.organisations import load_organisations


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


class Command(BaseCommand):
    help = "Adds the agencies of content/city/agencies.csv that are not in the tree yet. May be run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=Path(settings.BASE_DIR) / "content" / "city")

    def handle(self, *, folder: Path, **options: Any) -> None:
        names = folder / "agency_short_names.csv"
        done = load_organisations(
            rows=read(folder / "agencies.csv"), today=timezone.localdate(),
            short_names={row["code"]: row["short_name"] for row in read(names)} if names.exists() else {},
        )  # fmt: skip
        self.stdout.write(f"organisations: {done.made} made, {done.kept} kept, {done.ended} ended")
