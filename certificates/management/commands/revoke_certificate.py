from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates import actions, queries
from people.models import User


class Command(BaseCommand):
    help = "Withdraw a certificate for good: revoke_certificate CODE --reason … --by USERNAME (an owner of the programme)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code")
        parser.add_argument("--reason", required=True)
        parser.add_argument("--by", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        certificate = queries.by_code(options["code"])
        by = User.objects.filter(username__iexact=options["by"]).first()
        if certificate is None or by is None:
            raise CommandError(_("Không có giấy mang mã này, hoặc không có người dùng này."))
        try:
            actions.revoke(certificate=certificate, reason=options["reason"], by=by, now=timezone.now())
        except actions.NotAllowed as error:
            raise CommandError(_("Chỉ người chủ trì chương trình được thu hồi giấy xác nhận.")) from error
        except actions.ReasonMissing as error:
            raise CommandError(_("Hãy ghi lý do thu hồi.")) from error
        self.stdout.write(_("Đã thu hồi %(code)s.") % {"code": certificate.shown_code})
