from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from classes.actions import count_agencies
from lms.simulation.city import Simulation, Size, already_made
from plans.actions import measure
from plans.models import Plan, PlanStatus


class Command(BaseCommand):
    help = "Fill the database with a city of invented learners, with the rows the site's own actions leave."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--learners", type=int, default=1000)
        parser.add_argument("--classes", type=int, default=20)
        parser.add_argument("--days", type=int, default=90)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--organisations", type=int, default=0, help="so many stand at least")
        parser.add_argument(
            "--without-statements", action="store_true",
            help="leave the learning records of the learners out: most of the rows of a large city, and read by no workplace",
        )  # fmt: skip

    def handle(self, *, learners: int, classes: int, days: int, seed: int, organisations: int, **options: Any) -> None:
        if not settings.DEMO_ALLOWED:
            raise CommandError("Invented learners have no place on this site (DEMO_ALLOWED is off).")
        if already_made(seed).exists():
            raise CommandError(f"The city with seed {seed} is already here; choose another seed.")
        began = time.monotonic()
        size = Size(
            learners=learners, classes=classes, days=days, seed=seed, organisations=organisations,
            statements=not options["without_statements"],
        )  # fmt: skip
        rows = Simulation(size=size, now=timezone.now(), say=self.stdout.write).run()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        count_agencies(now=timezone.now())
        for plan in Plan.objects.filter(status=PlanStatus.ACTIVE):
            measure(plan=plan, now=timezone.now())
        self.stdout.write(f"{learners} learners, {rows} rows in {time.monotonic() - began:.0f} s")
