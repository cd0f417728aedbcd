from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from people.actions import merging
from people.models import AccountMerge, User


class Command(BaseCommand):
    help = "merge_people A B --reason … merges account B into A, by user name or number; --undo makes two of them again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kept", metavar="A")
        parser.add_argument("closed", metavar="B")
        parser.add_argument("--reason", default="")
        parser.add_argument("--undo", action="store_true")

    def handle(self, *, kept: str, closed: str, reason: str, undo: bool, **options: Any) -> None:
        first, second = self._account(kept), self._account(closed)
        if undo:
            merge = AccountMerge.objects.standing().filter(kept=first, closed=second).first()
            if merge is None:
                raise CommandError(f"{closed} is not merged into {kept}.")
            try:
                merging.undo_merge(merge=merge, by=None, now=timezone.now())
            except merging.CannotBeUndone as error:
                raise CommandError(f"This cannot be undone any more: {error}") from error
            self.stdout.write(f"{closed} is an account of its own again")
            return
        try:
            merge = merging.merge_people(kept=first, closed=second, reason=reason, by=None, now=timezone.now())
        except merging.NotMerged as error:
            said = "Say why: --reason …" if str(error) == "no_reason" else f"These are not merged: {error}"
            raise CommandError(said) from error
        moved = ", ".join(f"{label} {number}" for label, number in merge.counts.items() if number)
        self.stdout.write(f"{closed} is merged into {kept}: {moved or 'nothing to move'}")

    @staticmethod
    def _account(name: str) -> User:
        known = {"pk": int(name)} if name.isdigit() else {"username": User.normalize_username(name)}
        user = User.objects.filter(**known).first()
        if user is None:
            raise CommandError(f"Nobody is called {name}.")
        return user
