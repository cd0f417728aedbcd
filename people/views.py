from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from people import holdings, queries
from people.actions import accounts, readings, requests
from people.consents import current_texts
from people.forms import SIGN_UP_KEY, AnswerForm, FileRequestForm, NameForm, StartForm
from people.models import DataRequest, Membership, ReadingKind, Role, User


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
    """Everything kept about the reader, as a file: the account in short, then every declared field."""
    reader = _reader(request)
    copy = {**queries.personal_data(reader), "everything": holdings.everything(reader)}
    response = JsonResponse(copy, json_dumps_params={"ensure_ascii": False, "indent": 2})
    response.headers["Content-Disposition"] = 'attachment; filename="du-lieu-cua-toi.json"'
    return response


@never_cache
@login_required
@require_GET
def copy(request: HttpRequest) -> HttpResponse:
    """The same, to read."""
    return render(request, "people/copy.html", {"parts": list(holdings.copy_for(_reader(request)))})


# --- requests about one's data ----------------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def data_requests(request: HttpRequest) -> HttpResponse:
    """What the reader has asked, and a form to ask."""
    reader = _reader(request)
    form = FileRequestForm(request.POST or None, initial={"kind": request.GET.get("kind", "")})
    if request.method == "POST" and form.is_valid():
        requests.file_request(person=reader, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Đã gửi yêu cầu. Trong 2 ngày làm việc bạn nhận được trả lời."))
        return redirect("data_requests")
    asked = DataRequest.objects.filter(person=reader).prefetch_related("steps").order_by("-filed_at")
    return render(request, "people/requests.html", {"form": form, "asked": asked})


@login_required
@require_POST
def cancel_request(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    mine = get_object_or_404(DataRequest, person=_reader(request), pk=pk)
    try:
        requests.cancel_request(request=mine, now=timezone.now())
    except requests.RequestClosed:
        messages.warning(request, _("Yêu cầu này đã được trả lời, không rút lại được nữa."))
    else:
        messages.success(request, _("Đã rút yêu cầu."))
    return redirect("data_requests")


def _to_handle(request: HttpRequest, pk: uuid.UUID) -> DataRequest:
    queue = DataRequest.objects.to_handle(request.user).select_related("person", "handled_by")
    return get_object_or_404(queue, pk=pk)


@never_cache
@login_required
@require_GET
def request_queue(request: HttpRequest) -> HttpResponse:
    """What owner and support have to answer, the most urgent first; what is answered behind `?closed=1`."""
    if not queries.handles_requests(_reader(request)):
        raise Http404
    closed = bool(request.GET.get("closed"))
    page = Paginator(queries.request_queue(_reader(request), closed=closed), 50).get_page(request.GET.get("page"))
    return render(request, "people/queue.html", {"page": page, "closed": closed, "now": timezone.now()})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def handle_request(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One request: who asks, what was done so far, and the next step."""
    asked = _to_handle(request, pk)
    form = AnswerForm(request.POST or None, kind=asked.kind)
    if request.method == "POST" and form.is_valid():
        try:
            _take(asked, request.POST.get("step", ""), form.cleaned_data, _reader(request))
        except (requests.RequestClosed, requests.AlreadyExtended):
            messages.warning(request, _("Yêu cầu này đã được trả lời hoặc đã gia hạn một lần."))
        else:
            messages.success(request, _("Đã ghi."))
        return redirect("handle_request", pk)
    readings.record_reading(reader=_reader(request), kind=ReadingKind.PERSON, person=asked.person, people=1, now=timezone.now())
    steps = asked.steps.select_related("by").order_by("at", "pk")
    context = {"asked": asked, "form": form, "steps": steps, "late": asked.overdue(timezone.now())}
    return render(request, "people/request.html", context)


def _take(asked: DataRequest, step: str, said: dict[str, Any], by: User) -> None:
    now, answer = timezone.now(), said["answer"]
    if step == "acknowledge":
        requests.acknowledge_request(request=asked, by=by, now=now)
    elif step == "extend":
        requests.extend_request(request=asked, reason=answer, by=by, now=now)
    elif step == "refuse":
        requests.refuse_request(request=asked, answer=answer, by=by, now=now)
    elif step == "fulfil":
        requests.fulfil_request(request=asked, answer=answer, by=by, now=now, corrected=said)
    else:
        raise Http404


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
