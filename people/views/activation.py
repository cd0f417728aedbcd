"""Taking over an account that an organisation opened: with the code of a paper, or the link of a letter."""

from __future__ import annotations

import hashlib
import logging

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from people.actions import activation
from people.forms import ActivationForm, NewPasswordForm
from people.models import Channel, OpenedAccount
from people.views.reader import reader_of

log = logging.getLogger(__name__)

_TRIES, _SECONDS = 10, 600


def _too_many(name: str) -> bool:
    """More than ten codes in ten minutes for one username. Never blocks while the cache is down."""
    key = f"activation:{hashlib.sha256(name.lower().encode()).hexdigest()}"
    try:
        cache.add(key, 0, _SECONDS)
        return cache.incr(key) > _TRIES
    except Exception:
        log.warning("tries of activation codes are not limited: the cache does not answer", exc_info=True)
        return False


@never_cache
@require_http_methods(["GET", "POST"])
def activate(request: HttpRequest) -> HttpResponse:
    """Take over an account with the code from a paper."""
    form = ActivationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            if _too_many(data["username"]):
                raise activation.WrongCode
            found = activation.find(code=data["code"], username=data["username"], channel=Channel.SLIP, now=timezone.now())
            activation.activate(opened=found, password=data["password"], now=timezone.now())
        except activation.WrongCode:
            form.add_error("code", _("Tên và mã chưa khớp, hoặc mã đã dùng rồi. Gõ sai mười lần thì đợi mười phút."))
        else:
            return _activated(request)
    return render(request, "account/activate.html", {"form": form})


def _activated(request: HttpRequest) -> HttpResponse:
    messages.success(request, _("Tài khoản đã là của bạn. Đăng nhập bằng mật khẩu vừa đặt."))
    return redirect("account_login")


def _from_letter(token: str) -> OpenedAccount | None:
    try:
        return activation.find(code=token, channel=Channel.LETTER, now=timezone.now())
    except activation.WrongCode:
        return None


@never_cache
@require_http_methods(["GET", "POST"])
def activate_link(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link of a letter. Opening it changes nothing: mail scanners open links too."""
    opened = _from_letter(token)
    if opened is None:
        return render(request, "account/activate_gone.html", status=404)
    form = NewPasswordForm(request.POST or None, user=opened.user)
    if request.method == "POST" and form.is_valid():
        try:
            activation.activate(opened=opened, password=form.cleaned_data["password"], now=timezone.now())
        except activation.WrongCode:
            return render(request, "account/activate_gone.html", status=404)
        return _activated(request)
    owner = activation.owner_of(opened.address)
    context = {"form": form, "opened": opened, "token": token, "owner": owner, "mine": owner and owner == request.user}
    return render(request, "account/activate_link.html", context)


@login_required
@never_cache
@require_POST
def activate_join(request: HttpRequest, token: str) -> HttpResponse:
    """The reader has an account already; what the organisation wrote moves to it."""
    opened = _from_letter(token)
    if opened is None:
        return render(request, "account/activate_gone.html", status=404)
    try:
        activation.join(opened=opened, user=reader_of(request), stays="stays" in request.POST, now=timezone.now())
    except (activation.NotTheirs, activation.WrongCode):
        raise Http404 from None
    messages.success(request, _("Đã nối vào tài khoản này. Nơi công tác của bạn đã cập nhật."))
    return redirect("account")
