from __future__ import annotations

import hashlib
import logging

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from people import queries
from people.actions import accounts, activation
from people.consents import current_texts
from people.forms import SIGN_UP_KEY, ActivationForm, NameForm, NewPasswordForm, StartForm
from people.models import Channel, Membership, OpenedAccount, Role, User

log = logging.getLogger(__name__)


def _reader(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # behind login_required
    return request.user


def _safe_next(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return target if safe else ""


@never_cache
@require_http_methods(["GET", "POST"])
def sign_up_start(request: HttpRequest) -> HttpResponse:
    """The year of birth and as what one learns, kept in the session until the account is made."""
    if request.user.is_authenticated:
        return redirect(_safe_next(request) or "account")
    form = StartForm(request.POST or None, initial=request.session.get(SIGN_UP_KEY))
    if request.method == "POST" and form.is_valid():
        request.session[SIGN_UP_KEY] = form.cleaned_data
        target = _safe_next(request)
        return redirect(reverse("account_signup") + (f"?{urlencode({'next': target})}" if target else ""))
    return render(request, "account/sign_up_start.html", {"form": form, "next": _safe_next(request)})


def _account_page(request: HttpRequest, form: NameForm) -> HttpResponse:
    reader = _reader(request)
    email, waiting = queries.addresses(reader)
    context = {
        "form": form,
        "email": email,
        "waiting_email": waiting,
        "consents": queries.consent_states(reader, timezone.localdate()),
        "opened": OpenedAccount.objects.filter(user=reader).select_related("organisation").first(),
        "memberships": Membership.objects.current().filter(user=reader).select_related("organisation").order_by("since", "pk"),
        "roles": Role.objects.current().filter(user=reader).select_related("organisation").order_by("since", "pk"),
    }
    return render(request, "people/account.html", context)


@never_cache
@login_required
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    return _account_page(request, NameForm(initial={"full_name": _reader(request).full_name}))


@never_cache
@login_required
@require_POST
def change_name(request: HttpRequest) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return _account_page(request, form)
    accounts.change_name(user=_reader(request), full_name=form.cleaned_data["full_name"], now=timezone.now())
    messages.success(request, _("Đã đổi tên."))
    return redirect("account")


@login_required
@require_POST
def answer_consent(request: HttpRequest, purpose: str) -> HttpResponse:
    """`answer` is "give" or "withdraw"."""
    if purpose not in current_texts():
        raise Http404
    agreed = request.POST.get("answer") == "give"
    try:
        accounts.answer_consent(user=_reader(request), purpose=purpose, agreed=agreed, channel="web", now=timezone.now())
    except accounts.ConsentBinding:
        messages.warning(request, _("Mục này đi cùng tài khoản. Muốn rút, bạn yêu cầu xóa tài khoản ở cuối trang."))
    else:
        messages.success(request, _("Đã ghi nhận bạn đồng ý.") if agreed else _("Đã ghi nhận bạn rút đồng ý."))
    return redirect(reverse("account") + "#du-lieu")


@never_cache
@login_required
@require_GET
def data(request: HttpRequest) -> HttpResponse:
    """What this app keeps about the reader, as a file."""
    response = JsonResponse(queries.personal_data(_reader(request)), json_dumps_params={"ensure_ascii": False, "indent": 2})
    response.headers["Content-Disposition"] = 'attachment; filename="du-lieu-cua-toi.json"'
    return response


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
        activation.join(opened=opened, user=_reader(request), stays="stays" in request.POST, now=timezone.now())
    except (activation.NotTheirs, activation.WrongCode):
        raise Http404 from None
    messages.success(request, _("Đã nối vào tài khoản này. Nơi công tác của bạn đã cập nhật."))
    return redirect("account")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Says what happened and gives long texts back to be copied. It never offers to send them again: the form may
    have come from another site."""
    came_from = request.META.get("HTTP_REFERER", "")
    ours = url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    texts = [
        value
        for name, values in request.POST.lists()
        for value in values
        if len(value) >= 30 and "password" not in name and name not in {"csrfmiddlewaretoken", "next"}
    ]
    return render(request, "403_csrf.html", {"back": came_from if ours else "/", "texts": texts}, status=403)
