"""Bring a list of people into an organisation, by the same steps as the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from classes.exports import write_csv, write_xlsx
from people import sheets
from people.actions import rosters
from people.models import ACTING, Organisation, RosterImport, RosterKind, RosterState, StaffCategory
from people.queries.rosters import error_rows


class Command(BaseCommand):
    help = "Checks a list (.xlsx, .csv) and applies what is right of it. With --dry-run nothing is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--organisation", help="code of the organisation; without it the top of the tree")
        parser.add_argument("--kind", choices=RosterKind.values, default=RosterKind.STAFF)
        parser.add_argument("--category", choices=StaffCategory.values, default="", help="of rows that name no group")
        parser.add_argument("--complete", action="store_true", help="who is missing in the file has left")
        parser.add_argument("--dry-run", action="store_true")
        parser.add_argument("--errors", type=Path, help="where to write the wrong rows (.xlsx or .csv)")

    def handle(
        self, *, file: Path, organisation: str | None, kind: str, category: str, complete: bool, dry_run: bool,
        errors: Path | None, **options: Any,
    ) -> None:  # fmt: skip
        roster = self._received(file, organisation, kind, category, complete)
        roster = rosters.work(roster_id=roster.pk, now=timezone.now(), more=lambda: True)
        try:
            self._checked(roster, errors)
        finally:
            if dry_run or roster.state != RosterState.CHECKED:
                rosters.drop(roster=roster, by=None, now=timezone.now())
        if dry_run:
            return
        rosters.apply(roster=roster, by=None, now=timezone.now())
        roster = rosters.work(roster_id=roster.pk, now=timezone.now(), more=lambda: True)
        done = roster.rows.filter(applied_at__isnull=False).count()
        self.stdout.write(f"applied: {done} rows ({roster.pk}); to be undone until {roster.applied_at} + 7 days")
        if "asked" in roster.counts:
            self.stdout.write(f"guardians asked by letter: {roster.counts['asked']}")

    def _received(self, file: Path, code: str | None, kind: str, category: str, complete: bool) -> RosterImport:
        where = Organisation.objects.filter(code=code) if code else Organisation.objects.filter(depth=1)
        if where.count() != 1:
            raise CommandError(f"No organisation has the code {code}." if code else "Name an --organisation.")
        try:
            with file.open("rb") as opened:
                return rosters.receive(
                    organisation=where[0], kind=kind, file=opened, name=file.name, by=None, now=timezone.now(),
                    category=category, complete=complete, by_shell=True,
                )  # fmt: skip
        except FileNotFoundError as error:
            raise CommandError(str(error)) from error
        except sheets.Refused as error:
            raise CommandError(str(sheets.REFUSALS[error.reason])) from error

    def _checked(self, roster: RosterImport, errors: Path | None) -> None:
        if roster.state == RosterState.COLUMNS:
            unknown = [head for head, field in zip(roster.headings, roster.fields, strict=True) if not field]
            raise CommandError(f"Columns not understood: {', '.join(unknown) or 'no name'}. Choose them on the site once.")
        if roster.state != RosterState.CHECKED:
            raise CommandError(str(sheets.REFUSALS.get(roster.reason, roster.reason)))
        self.stdout.write(", ".join(f"{status}: {number}" for status, number in roster.counts.items()))
        acting = sum(roster.counts[status] for status in ACTING)
        self.stdout.write(f"rows that change something: {acting}")
        if errors:
            header, rows = error_rows(roster)
            content = write_csv(header, rows) if errors.suffix == ".csv" else write_xlsx("Lỗi", header, rows)
            errors.write_bytes(content)
            self.stdout.write(f"wrong rows: {errors}")
