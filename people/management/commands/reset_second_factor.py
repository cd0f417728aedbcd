from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from people.actions.identity import reset_second_factor
from people.models import User


class Command(BaseCommand):
    help = "The last resort: take every second factor from somebody whom no owner can help. It is kept and told by letter."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--reason", required=True)

    def handle(self, *, username: str, reason: str, **options: Any) -> None:
        user = User.objects.filter(username=User.normalize_username(username)).first()
        if user is None:
            raise CommandError(f"Nobody is called {username}.")
        if not reason.strip():
            raise CommandError("Say why.")
        done = reset_second_factor(user=user, by=None, reason=reason, now=timezone.now())
        self.stdout.write(f"{username}: {'second factors taken away' if done else 'had none'}")
