"""Sends one letter by e-mail. The same letter always has the same Message-ID."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _


def send(*, key: str, address: str, subject: str, body: str) -> None:
    """Raises OSError (SMTPException is one) where the letter was not taken."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    headers = {"Message-ID": f"<class-letter-{key}@{domain}>", "Auto-Submitted": "auto-generated"}
    EmailMessage(subject=subject, body=body, to=[address], headers=headers).send()


def send_export_notice(*, key: str, address: str, language: str, ready: bool) -> None:
    """That a table can be fetched, or could not be made; nothing of what is in it. Raises OSError."""
    with translation.override(language):
        subject = _("Bảng bạn yêu cầu đã xong") if ready else _("Chưa làm được bảng bạn yêu cầu")
        told = (
            _("Bảng bạn yêu cầu đã làm xong. Bạn tải trong 7 ngày, sau đó tệp được xóa.") if ready
            else _("Chúng tôi chưa làm được bảng bạn yêu cầu. Bạn mở trang dưới đây và yêu cầu lại.")
        )  # fmt: skip
        body = "\n\n".join([
            _("Chào bạn,"), told, f"{settings.PUBLIC_URL}/agencies/exports/",
            _("Thư này không kèm dữ liệu. Chỉ bạn tải được, sau khi đăng nhập."), _("Học AI, Thành phố Hồ Chí Minh"),
        ])  # fmt: skip
    send(key=f"export-{key}", address=address, subject=f"Học AI: {subject}", body=body)
