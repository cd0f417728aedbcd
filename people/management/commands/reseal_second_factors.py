from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from people.actions.identity import reseal_second_factors


class Command(BaseCommand):
    help = "Seal the secrets of second factors with the newest key; after this an old key may go."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"{reseal_second_factors()} second factors resealed")
