"""Where allauth asks us: who may sign up now, what an address is worth before it is proven, what happens to letters."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.account.models import EmailAddress
from allauth.account.utils import passthrough_next_redirect_url
from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal.flows.signup import get_pending_signup
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from requests import RequestException

from people.actions import identities
from people.forms import SIGN_UP_KEY
from people.models import AccountMerge, User
from people.national import NationalProvider, NotSureEnough
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


def national_app() -> SocialApp:
    """The one provider there is, from the settings. Raises SocialApp.DoesNotExist where none is set up."""
    if not settings.OIDC_ISSUER:
        raise SocialApp.DoesNotExist
    told: dict[str, Any] = {"oauth_pkce_enabled": True, "scope": settings.OIDC_SCOPES}
    told["server_url"] = settings.OIDC_ISSUER.rstrip("/")
    if settings.OIDC_ACR_VALUES:
        told["auth_params"] = {"acr_values": " ".join(settings.OIDC_ACR_VALUES)}
    return SocialApp(
        provider=NationalProvider.id, provider_id=settings.OIDC_ID, name=settings.OIDC_NAME, settings=told,
        client_id=settings.OIDC_CLIENT_ID, secret=settings.OIDC_CLIENT_SECRET,
    )  # fmt: skip


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Who comes from the national sign-in, and whose account that is (decision 0021)."""

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> NationalProvider:
        app = national_app()
        if provider not in {app.provider, app.provider_id} or client_id not in {None, app.client_id}:
            raise SocialApp.DoesNotExist
        return NationalProvider(request, app=app)

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        claims, state = sociallogin.claims, sociallogin.state
        sociallogin.token = None
        state["claims"] = claims.kept()
        if state.get("process") == AuthProcess.CONNECT:
            self._connect(request, sociallogin)
        given = {"provider": sociallogin.account.provider, "claims": claims, "now": timezone.now()}
        if sociallogin.is_existing:
            identities.renew_key(user=sociallogin.user, claims=claims, now=given["now"])
        else:
            sociallogin.user = identities.recognise(**given) or sociallogin.user
        user = sociallogin.user
        if not sociallogin.is_existing:
            return
        if not user.is_active and AccountMerge.objects.standing().filter(closed=user).exists():
            raise ImmediateHttpResponse(redirect("account_merged"))
        # What allauth notes itself says nothing of how sure the provider was.
        record_authentication(request, user, "national", acr=claims.acr)

    def _connect(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Ours instead of allauth's, which would leave the number and the letter out."""
        user = request.user
        if not isinstance(user, User) or sociallogin.state.get("connect_to") != user.pk:
            raise ImmediateHttpResponse(redirect("account_login"))
        if is_reauthentication_required(request, app="allauth.socialaccount"):
            messages.warning(request, gettext("Đã lâu bạn chưa gõ lại mật khẩu. Bấm nối lần nữa để làm lại từ đầu."))
            raise ImmediateHttpResponse(redirect("ways_in"))
        provider = sociallogin.account.provider
        try:
            identities.link(user=user, provider=provider, claims=sociallogin.claims, now=timezone.now())
        except identities.BelongsToAnother:
            said = gettext("Danh tính này đang mở một tài khoản khác. Gỡ ở tài khoản kia trước, hoặc nhờ gộp hai tài khoản.")
            messages.error(request, said)
        else:
            messages.success(request, gettext("Đã nối. Lần sau bạn đăng nhập bằng %(name)s được.") % {"name": settings.OIDC_NAME})
        raise ImmediateHttpResponse(redirect("ways_in"))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """The year is asked first here too; what the provider says of it stands there already."""
        born = sociallogin.state["claims"]["birth_year"]
        if get_pending_signup(request) is None:
            request.session["socialaccount_sociallogin"] = sociallogin.serialize()
            if born:
                request.session[SIGN_UP_KEY] = {"birth_year": born}
            raise ImmediateHttpResponse(redirect("sign_up_start"))
        if "audience" not in request.session.get(SIGN_UP_KEY, {}):
            raise ImmediateHttpResponse(redirect("sign_up_start"))
        return True

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        return reverse("ways_in")

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """One page for all that goes wrong, which says what to do. Why in detail is for the log, without what was sent."""
        if error == "cancelled":
            return
        if isinstance(exception, NotSureEnough):
            why, status = "too_low", 403
        elif isinstance(exception, RequestException):
            why, status = "down", 503
        else:
            why, status = ("stale", 400) if exception is None else ("not_trusted", 403)
        logger.warning("national sign-in: %s %s", why, type(exception).__name__)
        context = {"why": why, "provider": provider.name}
        raise ImmediateHttpResponse(render(request, "socialaccount/authentication_error.html", context, status=status))
