"""Bring a CSV or XLSX file of organisations into the tree, as the page /agencies/import/ does."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from classes import actions, queries
from people.organisation_file import UnreadableFile, read_table


class Command(BaseCommand):
    help = "Makes and changes organisations by a file (columns as in the template of /agencies/import/). May be run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="Say what would change and write nothing.")
        parser.add_argument("--reason", default="", help="Why, for the history. The file's name if not given.")

    def handle(self, *, file: Path, dry_run: bool, reason: str, **options: Any) -> None:
        now = timezone.now()
        try:
            table = read_table(file.read_bytes(), file.name)
        except (OSError, UnreadableFile) as error:
            raise CommandError(str(error)) from error
        shown = queries.import_plan(table, today=timezone.localdate(now), by=None)
        for problem in shown.problems:
            self.stderr.write(f"line {problem.line}: {problem.column} = {problem.value!r}: {problem.why}")
        for one in shown.differences if dry_run else ():
            self.stdout.write(f"{one.code}: {one.column}: {one.before!r} -> {one.after!r}")
        counts = f"{len(shown.made)} made, {shown.changed} changed, {shown.same} same, {shown.wrong} lines wrong"
        if dry_run or not shown.does_something:
            self.stdout.write(f"{'would be: ' if dry_run else ''}{counts}")
            return
        done = actions.apply_table(
            key=uuid.uuid4(), table=table, seen=shown.plan.seen, reason=reason or file.name, by=None, now=now
        )
        self.stdout.write(f"{counts} (operation {done.pk})")
