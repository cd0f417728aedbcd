from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lms.access import GROUPS, MISSING, ROLES, RULES, Rule, routes, rule_for


class Command(BaseCommand):
    help = "Print who may open what: every address of the site × every role."

    def handle(self, **options: Any) -> None:
        shown: dict[str, Rule] = {}
        missing = []
        for route in routes():
            rule = rule_for(route.key, route.path)
            if rule is None:
                missing.append(MISSING.format(key=route.key, path=route.path))
                continue
            group = next((start for start in GROUPS if route.path.startswith(start)), "")
            shown[route.key if route.key in RULES else f"{group}…"] = rule
        self.stdout.write("+ their own and another's   o their own   x another's   · not   * with a second factor")
        self.stdout.write(f"{'':<40}{''.join(f'{role:<10}' for role in ROLES)}")
        for key, rule in shown.items():
            marks = "".join(f"{_mark(rule, role):<10}" for role in ROLES)
            self.stdout.write(f"{key:<40}{marks}{'* ' if rule.staff else ''}{rule.words}")
        self.stdout.write(f"{len(shown)} addresses × {len(ROLES)} roles")
        if missing:
            raise CommandError("\n".join(missing))


def _mark(rule: Rule, role: str) -> str:
    return {(True, True): "+", (True, False): "o", (False, True): "x", (False, False): "·"}[role in rule.own, role in rule.other]
