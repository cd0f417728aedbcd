from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from classes.actions import purge as of_classes
from people.actions import purge


class Command(BaseCommand):
    help = "Lets go what is kept no longer (docs/personal-data.md). The worker does it every night; --dry-run only counts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        kinds, now = (*of_classes.kinds(), *purge.kinds()), timezone.now()
        counts = purge.owed(kinds=kinds, now=now) if dry_run else purge.purge(kinds=kinds, now=now)
        for name, count in counts.items():
            self.stdout.write(f"{count:8d}  {name}")
