from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from people.actions.accounts import grant_role
from people.models import Organisation, RoleKind
from people.queries import person_named


class Command(BaseCommand):
    help = "Give a role from the command line: the first owners, whom nobody else could name."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("person", help="username or e-mail address")
        parser.add_argument("kind", choices=RoleKind.values)
        parser.add_argument("organisation", help="its code")

    def handle(self, *, person: str, kind: str, organisation: str, **options: Any) -> None:
        user, place = person_named(person), Organisation.objects.filter(code=organisation).first()
        if user is None:
            raise CommandError(f"Nobody is called {person}.")
        if place is None:
            raise CommandError(f"No organisation has the code {organisation}.")
        role = grant_role(user=user, kind=kind, organisation=place, by=None, now=timezone.now())
        self.stdout.write(f"{user.username}: {role.kind} of {place.code} since {timezone.localtime(role.since):%d/%m/%Y %H:%M}")
