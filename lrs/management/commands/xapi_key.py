from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from lrs import actions
from lrs.models import Credential


class Command(BaseCommand):
    help = "Make a key for /xapi/ and print it with its secret, once; or end one with --revoke KEY."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--label", default="", help="what the key is for")
        parser.add_argument("--write", action="store_true", help="the key may also post statements")
        parser.add_argument("--revoke", default="", metavar="KEY")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["revoke"]:
            self._revoke(options["revoke"])
        elif options["label"].strip():
            made, secret = actions.create_credential(
                label=options["label"].strip(), may_write=options["write"], now=timezone.now()
            )
            self.stdout.write(f"key:    {made.key}\nsecret: {secret}")
            self.stderr.write(_("Hãy cất mã bí mật ngay: nó không được lưu lại và không xem lại được."))
        else:
            raise CommandError(_("Hãy ghi --label để biết khóa dùng cho việc gì."))

    def _revoke(self, key: str) -> None:
        credential = Credential.objects.filter(key=key).first()
        if credential is None:
            raise CommandError(_("Không có khóa này."))
        actions.revoke_credential(credential=credential, now=timezone.now())
        self.stdout.write(_("Đã thu hồi khóa %(label)s.") % {"label": credential.label})
