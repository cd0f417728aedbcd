from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from quizzes.actions import BankError, Imported, import_questions
from quizzes.formats.items import Reading, Unreadable
from quizzes.formats.registry import READERS, read
from quizzes.queries import path_of


class Command(BaseCommand):
    help = (
        "Bring questions of a file into the bank. Each question is taken whole or refused with its line and reason. "
        "Look first with --dry-run; --whole takes nothing while anything is refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--format", choices=sorted(READERS), default="", help="Recognised by what is in the file when not given."
        )
        parser.add_argument(
            "--category", default="", help='Path of names from the outermost, with "/"; the name of the file by default.'
        )
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen and write nothing.")
        parser.add_argument("--whole", action="store_true", help="Import nothing if anything is refused.")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        path = path_of(options["category"] or file.name.partition(".")[0])
        try:
            reading = read(file.read_bytes(), kind=options["format"])
            rest = {"dry_run": options["dry_run"], "whole": options["whole"]}
            outcome = import_questions(reading=reading, path=path, now=timezone.now(), **rest)
        except (OSError, Unreadable, BankError) as error:
            raise CommandError(str(error)) from error
        self._tell(reading, outcome, options["dry_run"])
        if options["whole"] and outcome.refusals and not options["dry_run"]:
            raise CommandError(_("Có câu bị từ chối nên chưa nhập câu nào."))

    def _tell(self, reading: Reading, outcome: Imported, dry_run: bool) -> None:
        for one in outcome.refusals:
            named = f" “{one.name}”" if one.name else ""
            self.stderr.write(_("Dòng %(line)s%(name)s: %(reason)s") % {"line": one.line, "name": named, "reason": one.reason})
        for line, sentence in outcome.lost:
            self.stdout.write(_("Dòng %(line)s, không giữ được: %(what)s") % {"line": line, "what": sentence})
        for code, other in outcome.alike.items():
            self.stdout.write(_("%(code)s hỏi giống câu %(other)s đã có.") % {"code": code, "other": other})
        counts = {
            "found": reading.found, "imported": outcome.imported, "refused": len(outcome.refusals), "new": len(outcome.new),
            "changed": len(outcome.changed), "same": len(outcome.same),
        }  # fmt: skip
        self.stdout.write("found {found} / imported {imported} / refused {refused}".format(**counts))
        self.stdout.write(_("Mới %(new)s, đổi %(changed)s, như cũ %(same)s.") % counts)
        if dry_run:
            self.stdout.write(_("Mới thử, chưa ghi gì."))
