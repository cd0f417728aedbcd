from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from quizzes.formats.registry import WRITERS
from quizzes.queries import bank_file, category_named


class Command(BaseCommand):
    help = "Write the questions of a category, and of those inside it, as a file of another system. The keys are in it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("category", help='Its code, or names from the outermost with "/" between.')
        parser.add_argument("--format", choices=sorted(WRITERS), required=True)
        parser.add_argument("--out", type=Path, help="Standard output when not given.")

    def handle(self, *args: Any, **options: Any) -> None:
        category = category_named(options["category"])
        if category is None:
            raise CommandError(_("Không có chủ đề “%(name)s”.") % {"name": options["category"]})
        found = bank_file(category)
        written = WRITERS[options["format"]](found.items, found.media)
        if options["out"] is None:
            sys.stdout.buffer.write(written)
            return
        options["out"].write_bytes(written)
        self.stdout.write(_("%(count)s câu, %(path)s") % {"count": len(found.items), "path": options["out"]})
