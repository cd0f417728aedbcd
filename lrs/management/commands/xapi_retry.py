from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from lrs import actions


class Command(BaseCommand):
    help = "Owe again the statements the outside LRS refused, after the cause was mended there."

    def handle(self, *args: Any, **options: Any) -> None:
        count = actions.retry_refused(now=timezone.now())
        self.stdout.write(_("Sẽ gửi lại %(count)s bản ghi.") % {"count": count})
