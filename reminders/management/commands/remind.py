from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from reminders import actions, queries
from reminders.judgement import DEFAULTS, Rule
from reminders.models import Round
from reminders.wording import NAMES


class Command(BaseCommand):
    help = "Walk the round of reminders of today to its end. --dry-run only counts who would be told what."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true")
        parser.add_argument("--rule", choices=[rule.value for rule in Rule], help="With --dry-run: this one, on or off.")

    def handle(self, *, dry_run: bool, rule: str | None, **options: Any) -> None:
        now = timezone.now()
        if not dry_run:
            if rule:
                raise CommandError("--rule goes with --dry-run")
            actions.remind(now=now, more=lambda: True)
            self._say(Round.objects.filter(day=timezone.localdate(now), rehearses="").first())
            return
        on = queries.policies_on()
        for one in [Rule(rule)] if rule else on:
            made = actions.rehearse(rule=one, policy=on.get(one, DEFAULTS[one]), by=None, now=now)
            actions.advance(made, now=now, more=lambda: True)
            self._say(made)

    def _say(self, one: Round | None) -> None:
        if one is None:
            self.stdout.write("no round today: no rule is on, or it is outside the sending hours")
            return
        tally = one.tally
        title = NAMES[Rule(one.rehearses)] if one.rehearses else one.day
        self.stdout.write(f"{title}: people looked at {tally.get('people', 0)}")
        for name, words in (("letters", "letters"), ("nowhere", "no address"), ("stopped", "do not want it"),
                            ("capped", "had enough today")):  # fmt: skip
            self.stdout.write(f"{tally.get(name, 0):8d}  {words}")
        for rule, count in tally.get("rules", {}).items():
            self.stdout.write(f"{count:8d}  told by {rule}")
