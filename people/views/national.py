"""To the national sign-in and back, and the page of the ways into one's account."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2LoginView
from allauth.socialaccount.views import SignupView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from people.actions import identities
from people.national import Callback, NationalAdapter
from people.views.reader import reader_of


def _require(provider_id: str = "") -> None:
    """Where none is set up there is nothing at these addresses."""
    if not settings.OIDC_ISSUER or provider_id not in {"", settings.OIDC_ID}:
        raise Http404


@never_cache
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    _require(provider_id)
    # Whoever is given a new key to an account has shown a moment ago that it is hers.
    if request.method == "POST" and request.POST.get("process") == AuthProcess.CONNECT and request.user.is_authenticated:
        view = reauthentication_required(OAuth2LoginView.adapter_view(NationalAdapter(request, provider_id)))
    else:
        view = OAuth2LoginView.adapter_view(NationalAdapter(request, provider_id))
    response: HttpResponse = view(request)
    return response


@never_cache
@require_GET
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    _require(provider_id)
    response: HttpResponse = Callback.adapter_view(NationalAdapter(request, provider_id))(request)
    return response


class SignUp(SignupView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Without allauth's `account`, which hides the name in our header."""
        return {name: value for name, value in super().get_context_data(**kwargs).items() if name != "account"}

    def get_authenticated_redirect_url(self) -> str:
        return reverse("ways_in")


@never_cache
@require_http_methods(["GET", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    _require()
    response: HttpResponse = SignUp.as_view()(request)
    return response


@never_cache
@require_GET
def cancelled(request: HttpRequest) -> HttpResponse:
    _require()
    return render(request, "socialaccount/login_cancelled.html")


@never_cache
@require_GET
def merged(request: HttpRequest) -> HttpResponse:
    """To whoever came by a way that leads into an account which was merged into another one of hers."""
    _require()
    return render(request, "people/merged.html")


@never_cache
@login_required
@require_GET
def ways_in(request: HttpRequest) -> HttpResponse:
    reader = reader_of(request)
    linked = list(SocialAccount.objects.filter(user=reader).order_by("pk"))
    context = {
        "linked": linked, "email": reader.email, "has_password": reader.has_usable_password(),
        "passkeys": Authenticator.objects.filter(user=reader, type=Authenticator.Type.WEBAUTHN).count(),
        "last": len(linked) == 1 and not identities.enters_otherwise(reader),
        "may_link": bool(settings.OIDC_ISSUER) and settings.OIDC_ID not in {one.provider for one in linked},
        "provider": settings.OIDC_NAME, "login_url": reverse("openid_connect_login", args=[settings.OIDC_ID]),
    }  # fmt: skip
    return render(request, "people/ways_in.html", context)


@login_required
@require_POST
def unlink(request: HttpRequest, pk: int) -> HttpResponse:
    reader = reader_of(request)
    identity = get_object_or_404(SocialAccount, pk=pk, user=reader)
    try:
        identities.unlink(user=reader, identity=identity, session_key=request.session.session_key or "", now=timezone.now())
    except identities.LastWayIn:
        messages.error(request, _("Đây là cách duy nhất để vào. Đặt mật khẩu hoặc xác nhận thư điện tử trước, rồi hãy gỡ."))
    else:
        messages.success(request, _("Đã gỡ cách đăng nhập này. Các máy khác đã được đăng xuất."))
    return redirect("ways_in")
