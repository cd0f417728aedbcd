"""My account: what is kept of me, what I change."""

from __future__ import annotations

from allauth.socialaccount.internal.flows.signup import get_pending_signup
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from people import holdings, queries
from people.actions import accounts, restrictions, sessions
from people.consents import current_texts
from people.forms import SIGN_UP_KEY, NameForm, StartForm
from people.models import OVERSEEING, Membership, OpenedAccount, Restriction, RoleKind
from people.queries.duplicates import MERGING
from people.views.reader import reader_of, safe_next


@never_cache
@require_http_methods(["GET", "POST"])
def sign_up_start(request: HttpRequest) -> HttpResponse:
    """The year of birth and as what one learns, kept in the session until the account is made."""
    if request.user.is_authenticated:
        return redirect(safe_next(request) or "account")
    form = StartForm(request.POST or None, initial=request.session.get(SIGN_UP_KEY))
    if request.method == "POST" and form.is_valid():
        request.session[SIGN_UP_KEY] = form.cleaned_data
        target = safe_next(request)
        if get_pending_signup(request):
            return redirect("socialaccount_signup")
        return redirect(reverse("account_signup") + (f"?{urlencode({'next': target})}" if target else ""))
    return render(request, "account/sign_up_start.html", {"form": form, "next": safe_next(request)})


def _account_page(request: HttpRequest, form: NameForm) -> HttpResponse:
    reader = reader_of(request)
    email, waiting = queries.addresses(reader)
    context = {
        "form": form,
        "email": email,
        "waiting_email": waiting,
        "consents": queries.consent_states(reader, timezone.localdate()),
        "opened": OpenedAccount.objects.filter(user=reader).select_related("organisation").first(),
        "memberships": Membership.objects.current().filter(user=reader).select_related("organisation").order_by("since", "pk"),
        "roles": queries.roles_of(reader),
        "devices": queries.devices(reader, request.session.session_key, timezone.now()),
        "restriction": Restriction.objects.current().filter(person=reader).first(),
        "oversees": bool(queries.role_kinds(reader) & set(OVERSEEING)),
        "owns": RoleKind.OWNER in queries.role_kinds(reader),
        "merges": bool(queries.role_kinds(reader) & MERGING),
    }
    return render(request, "people/account.html", context)


@never_cache
@login_required
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    return _account_page(request, NameForm(initial={"full_name": reader_of(request).full_name}))


@never_cache
@login_required
@require_POST
def change_name(request: HttpRequest) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return _account_page(request, form)
    accounts.change_name(user=reader_of(request), full_name=form.cleaned_data["full_name"], now=timezone.now())
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
        accounts.answer_consent(user=reader_of(request), purpose=purpose, agreed=agreed, channel="web", now=timezone.now())
    except accounts.ChildConsent:
        messages.warning(request, _("Mục này chỉ hỏi người từ 16 tuổi. Em không cần nó để học."))
    except accounts.DataHeldBack:
        messages.warning(request, _("Bạn đang hạn chế dùng dữ liệu của mình. Bỏ hạn chế trước, rồi chọn lại."))
    except accounts.ConsentBinding:
        messages.warning(request, _("Mục này đi cùng tài khoản. Muốn rút, bạn yêu cầu xóa tài khoản ở cuối trang."))
    else:
        messages.success(request, _("Đã ghi nhận bạn đồng ý.") if agreed else _("Đã ghi nhận bạn rút đồng ý."))
    return redirect(reverse("account") + "#du-lieu")


@login_required
@require_POST
def lift_restriction(request: HttpRequest) -> HttpResponse:
    if restrictions.lift_restriction(person=reader_of(request), now=timezone.now()):
        messages.success(request, _("Đã bỏ hạn chế. Dữ liệu của bạn được dùng như trước."))
    return redirect(reverse("account") + "#du-lieu")


@login_required
@require_POST
def end_session(request: HttpRequest) -> HttpResponse:
    """The one named by `device`, or without it all the others. One's own is ended by logging out."""
    here, device = request.session.session_key or "", request.POST.get("device", "")
    only = int(device) if device.isascii() and device.isdigit() and len(device) < 19 else None
    if device and only is None:
        raise Http404
    if sessions.end_sign_ins(user=reader_of(request), keep=here, only=only):
        messages.success(request, _("Đã đăng xuất khỏi máy ấy.") if device else _("Đã đăng xuất khỏi mọi máy khác."))
    else:
        messages.info(request, _("Máy ấy không còn đăng nhập."))
    return redirect(reverse("account") + "#cac-may")


@never_cache
@login_required
@require_GET
def data(request: HttpRequest) -> HttpResponse:
    """Everything kept about the reader, as a file: the account in short, then every declared field."""
    reader = reader_of(request)
    copy = {**queries.personal_data(reader), "everything": holdings.everything(reader)}
    response = JsonResponse(copy, json_dumps_params={"ensure_ascii": False, "indent": 2})
    response.headers["Content-Disposition"] = 'attachment; filename="du-lieu-cua-toi.json"'
    return response


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
