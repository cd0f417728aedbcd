"""The register of personal data, from the declarations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from people.declarations import register, undeclared


class Command(BaseCommand):
    help = "Writes docs/personal-data.md from people/personal_data.yaml; fails on a field that is not declared."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, default=Path(settings.BASE_DIR) / "docs" / "personal-data.md")

    def handle(self, *, out: Path, **options: Any) -> None:
        gaps = undeclared()
        if gaps:
            raise CommandError("\n".join(gaps))
        out.write_text(register(), encoding="utf-8")
        self.stdout.write(f"personal data: {out}")
