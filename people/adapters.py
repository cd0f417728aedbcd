"""Where allauth asks us: who may sign up now, what an address is worth before it is proven, what happens to letters."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.models import EmailAddress
from allauth.account.utils import passthrough_next_redirect_url
from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from people.forms import SIGN_UP_KEY
from people.models import User
from people.queries import belongs_to_another, person
from people.sealing import seal, unseal

logger = logging.getLogger(__name__)

_WRONG_PAIR = _(
    "Tên hoặc mật khẩu chưa khớp. Xem lại bộ gõ tiếng Việt và phím Caps Lock, hoặc bấm “Hiện” để đọc mật khẩu vừa gõ."
)


class SignedIn(AuthenticationBackend):
    """allauth's, which reads the person of each request in the cheap way."""

    def get_user(self, user_id: Any) -> User | None:
        found = person(int(user_id))
        return found if found and self.user_can_authenticate(found) else None


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _WRONG_PAIR,
        "username_password_mismatch": _WRONG_PAIR,
        "incorrect_password": _("Mật khẩu chưa đúng. Bấm “Hiện” để đọc lại những gì vừa gõ."),
        "enter_current_password": _("Mật khẩu đang dùng chưa đúng. Bấm “Hiện” để đọc lại những gì vừa gõ."),
        "too_many_login_attempts": _("Đã sai nhiều lần. Đợi 5 phút rồi thử lại, hoặc lấy lại mật khẩu qua thư điện tử."),
        "incorrect_code": _("Mã chưa đúng hoặc đã hết hạn. Xem lại thư mới nhất, hoặc xin mã khác."),
        "rate_limited": _("Bạn gửi hơi nhanh. Đợi một phút rồi thử lại."),
        "same_as_current": _("Đây là địa chỉ đang dùng. Viết địa chỉ khác."),
        "duplicate_email": _("Tài khoản này đang dùng địa chỉ đó rồi."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody sees the form before saying in which year he was born."""
        if SIGN_UP_KEY not in request.session:
            start = passthrough_next_redirect_url(request, reverse("sign_up_start"), REDIRECT_FIELD_NAME)
            raise ImmediateHttpResponse(HttpResponseRedirect(start))
        return True

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        return reverse("account") if self.request.user.is_authenticated else reverse("account_login")

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        if belongs_to_another(email_address):
            self.add_message(
                request, messages.ERROR, "account/messages/email_confirmation_failed.txt", {"email": email_address.email}
            )
            return False
        return super().confirm_email(request, email_address)

    def send_confirmation_mail(self, request: HttpRequest, emailconfirmation: Any, signup: bool) -> None:
        """To the owner of an address somebody typed again we say so; the page says the same as for a new address."""
        address = emailconfirmation.email_address
        if belongs_to_another(address):
            context = {
                "username": address.user.username,
                "login_url": request.build_absolute_uri(reverse("account_login")),
                "password_reset_url": request.build_absolute_uri(reverse("account_reset_password")),
            }
            self.send_mail("account/email/address_taken", address.email, context)
        else:
            super().send_confirmation_mail(request, emailconfirmation, signup)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A dead mail server takes no page with it: what was done stays done and the reader is told."""
        try:
            super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError):
            logger.exception("could not send %s", template_prefix)
            request = allauth_context.request
            request.mail_failed = True
            self.add_message(request, messages.WARNING, "account/messages/email_not_sent.txt")

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        if message_template == "account/messages/email_confirmation_sent.txt" and getattr(request, "mail_failed", False):
            return
        super().add_message(request, level, message_template, *args, **kwargs)


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("Mã chưa đúng hoặc đã hết hạn. Đợi mã mới hiện trong ứng dụng rồi gõ lại."),
        "unverified_email": _("Xác nhận địa chỉ thư điện tử trước, rồi mới bật xác thực hai bước."),
        "add_email_blocked": _("Tài khoản có xác thực hai bước: tắt tạm xác thực hai bước trước khi đổi địa chỉ thư."),
        "cannot_generate_recovery_codes": _("Bật ứng dụng xác thực trước, rồi mới tạo mã dự phòng."),
    }

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Khóa số %(number)s") % {"number": number}

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)
