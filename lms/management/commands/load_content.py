from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from courses.actions import arrange, load_course
from courses.files import CourseFiles, read_course
from courses.queries import first_lesson
from pages.actions import ensure_home, load_content_page, set_first_lesson
from pages.markdown import COMMON_READERS, ContentError, read_file, stream
from people.models import Audience, Tier
from quizzes.actions import BankError, load_quiz


def place_in_catalogue(files: CourseFiles) -> tuple[int, int, str]:
    """Basic before advanced, the public before staff before pupils."""
    fields = files.fields
    return Tier.values.index(fields["tier"]), Audience.values.index(fields["audience"]), fields["code"]


class Command(BaseCommand):
    help = "Load the curriculum and the site's pages from content/. Loading twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="folder", default=str(settings.BASE_DIR / "content"))
        parser.add_argument("--force", action="store_true", help="Let the files win over what editors changed.")

    def handle(self, *args: Any, **options: Any) -> None:
        folder, force, now = Path(options["folder"]), options["force"], timezone.now()
        try:
            home = ensure_home(now=now)
            for path in sorted(folder.glob("pages/*.md")):
                head, body = read_file(path)
                _page, outcome = load_content_page(
                    home=home, slug=head["slug"], title=head["title"], lead=head.get("lead", ""),
                    body=stream(body, path, COMMON_READERS), path=f"pages/{path.stem}", now=now, force=force,
                )  # fmt: skip
                self.stdout.write(f"pages/{path.stem}: {outcome.value}")
            courses = [(read_course(path.parent)) for path in sorted(folder.glob("courses/*/course.yaml"))]
            for files in sorted(courses, key=place_in_catalogue):
                self._course(files, now, force)
        except (ContentError, BankError) as error:
            raise CommandError(str(error)) from error
        set_first_lesson(home=home, lesson=first_lesson())

    def _course(self, files: CourseFiles, now: dt.datetime, force: bool) -> None:
        course, report = load_course(files=files, now=now, force=force)
        if files.quiz:
            report["quiz"] = load_quiz(course=course, quiz=files.quiz, now=now, force=force)
        arrange(course=course, slugs=[*(lesson.slug for lesson in files.lessons), (files.quiz or {}).get("slug", "")])
        changed = {name: outcome.value for name, outcome in report.items() if outcome.value != "same"}
        self.stdout.write(f"{files.fields['code']}: {changed or 'same'}")
