from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from courses.files import write_lessons
from courses.models import CoursePage
from courses.queries import taught
from pages.files import Changes, apply, write_pages
from pages.markdown import ContentError
from pages.queries import content_pages, former_paths, page_address
from quizzes.files import BankError, write_quiz
from quizzes.models import QuizPage
from quizzes.queries import bank, tags_of


class Command(BaseCommand):
    help = "Write the published curriculum and pages into content/, the way load_content reads them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--course", action="append", default=[], metavar="CODE", help="Only this course; may be repeated.")
        content = str(settings.BASE_DIR / "content")
        parser.add_argument("--out", default=content, help="Where to; a new folder starts as a copy of content/.")
        parser.add_argument("--check", action="store_true", help="Write nothing; name the files that differ and exit with 1.")

    def handle(self, *, course: list[str], out: str, check: bool, **options: Any) -> None:
        target, content = Path(out), Path(settings.BASE_DIR) / "content"
        base = target if check or (target / "courses").exists() else content
        try:
            changes = {f"{folder}/{name}": text for folder, told in self._all(base, course) for name, text in told.items()}
        except (ContentError, BankError) as error:
            raise CommandError(str(error)) from error
        if not check:
            if base != target:
                for folder in ("courses", "pages"):
                    shutil.copytree(base / folder, target / folder)
            apply(target, changes)
        for name, text in sorted(changes.items()):
            self.stdout.write(f"{name}: {'gone' if text is None else 'changed' if (base / name).exists() else 'new'}")
        if check and changes:
            raise CommandError(f"{len(changes)} files differ from the pages")
        self.stdout.write(f"{len(changes)} files changed")

    def _all(self, base: Path, codes: list[str]) -> list[tuple[str, Changes]]:
        """What changes, by folder. Nothing is written before all of it is known."""
        found = CoursePage.objects.live().order_by("path")
        courses = list(found.filter(code__in=codes) if codes else found)
        unknown = set(codes) - {course.code for course in courses}
        if unknown:
            raise CommandError(f"not published: {', '.join(sorted(unknown))}")
        told = [] if codes else [("pages", write_pages(content_pages(), base / "pages", page_address))]
        return [*told, *((f"courses/{course.code}", self._course(course, base / "courses" / course.code)) for course in courses)]

    def _course(self, course: CoursePage, folder: Path) -> Changes:
        lessons, parts = taught(course)
        former = {page: path.rpartition("/")[2] for page, path in former_paths().items()}
        changes = write_lessons(course=course, lessons=lessons, former=former, folder=folder, address=page_address)
        quizzes = [part for part in parts if isinstance(part, QuizPage)]
        if parts[len(lessons) :] != quizzes or len(quizzes) > 1:
            raise ContentError(f"courses/{course.code}: files know one quiz, behind the lessons")
        if not quizzes:
            return {**changes, "quiz.yaml": None} if (folder / "quiz.yaml").exists() else changes
        quiz = quizzes[0]
        if quiz.category.code != course.code:
            raise ContentError(f"courses/{course.code}/{quiz.slug}: asks from the bank of {quiz.category.code}")
        kept = quiz.category_id
        return {**changes, **write_quiz(quiz=quiz, versions=bank(kept), tags=tags_of(kept), folder=folder)}
