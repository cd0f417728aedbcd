"""Erase a person, or everybody erased before once a backup was restored."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from people.actions import privacy
from people.models import User


class Command(BaseCommand):
    help = "erase_person ID --reason … makes an account nobody's. erase_person --again repeats the ledger after a restore."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", nargs="?", type=int, metavar="ID")
        parser.add_argument("--reason", default="")
        parser.add_argument("--again", action="store_true")

    def handle(self, *, account: int | None, reason: str, again: bool, **options: Any) -> None:
        if again:
            done = privacy.erase_again(now=timezone.now())
            self.stdout.write(f"erased again: {done.erased} of {done.known} in the ledger")
            for number in done.strangers:
                self.stderr.write(f"account {number} belongs to somebody else since the restore: left alone")
            return
        user = User.objects.filter(pk=account).first() if account else None
        if user is None:
            raise CommandError("No account has this number.")
        try:
            erasure = privacy.erase_person(user=user, reason=reason, by=None, now=timezone.now())
        except privacy.ReasonMissing as error:
            raise CommandError("Say why: --reason …") from error
        owed = "" if erasure.noted_at else "; files or the ledger are still owed, the worker tries again"
        self.stdout.write(f"erased: account {erasure.account}{owed}")
