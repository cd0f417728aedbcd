from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from lms.simulation.demo import make_demo, remove_demo


class Command(BaseCommand):
    help = "Load curriculum and plans and make the demo city with its log-ins. Never on the city's own servers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--learners", type=int, default=400)
        parser.add_argument("--remove", action="store_true", help="Close the demo accounts.")

    def handle(self, *, learners: int, remove: bool, **options: Any) -> None:
        if remove:
            self.stdout.write(f"{remove_demo()} demo accounts closed")
            return
        if not settings.DEMO_ALLOWED:
            raise CommandError("Demo people have no place on this site (DEMO_ALLOWED is off).")
        call_command("load_organisations", stdout=self.stdout)
        call_command("load_plans", stdout=self.stdout)
        call_command("load_content", stdout=self.stdout)
        make_demo(learners=learners, now=timezone.now())
        self.stdout.write("demo city: ready")
