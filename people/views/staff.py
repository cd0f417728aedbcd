"""Who holds which power, and helping a colleague who has lost her second factor."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from people import queries
from people.actions import identity
from people.actions import powers as powers_actions
from people.actions.accounts import GRANTABLE, RoleRefused, end_role
from people.forms import GrantForm, ReasonForm
from people.models import RoleKind, RoleRequest, overseen_roots
from people.views.reader import reader_of

ON_A_PAGE = 50


@never_cache
@login_required
@require_GET
def powers(request: HttpRequest) -> HttpResponse:
    """Every role held in the reader's part of the city: who, which, where, since when, given by whom."""
    reader, kind = reader_of(request), request.GET.get("kind", "")
    if not overseen_roots(reader):
        raise Http404
    page = Paginator(queries.powers(reader, kind=kind), ON_A_PAGE).get_page(request.GET.get("page"))
    held = queries.role_kinds(reader)
    context = {
        "page": page, "kinds": RoleKind.choices, "kind": kind, "owner": RoleKind.OWNER in held,
        "may_grant": bool(held & set(GRANTABLE)), "waiting": queries.waiting_roles(reader),
    }  # fmt: skip
    return render(request, "people/powers.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def grant(request: HttpRequest) -> HttpResponse:
    reader = reader_of(request)
    if not queries.role_kinds(reader) & set(GRANTABLE):
        raise Http404
    form = GrantForm(request.POST or None, giver=reader)
    if request.method == "POST" and form.is_valid():
        wanted = {"user": form.cleaned_data["person"], "organisation": form.cleaned_data["place"]}
        wanted |= {name: form.cleaned_data[name] for name in ("kind", "reason")}
        try:
            made = powers_actions.ask_role(by=reader, now=timezone.now(), **wanted)
        except RoleRefused:
            form.add_error("kind", _("Bạn không giao được vai trò này ở đó, hoặc không tự giao cho mình được."))
        else:
            waits = isinstance(made, RoleRequest)
            messages.success(request, _("Đã gửi, chờ người thứ hai đồng ý.") if waits else _("Đã giao vai trò."))
            return redirect("staff_powers")
    return render(request, "people/grant.html", {"form": form})


@login_required
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    waiting = get_object_or_404(queries.waiting_roles(reader_of(request)), pk=pk)
    agreed = request.POST.get("answer") == "agree"
    try:
        powers_actions.decide_role(request=waiting, by=reader_of(request), agreed=agreed, now=timezone.now())
    except RoleRefused:
        raise Http404 from None
    messages.success(request, _("Đã giao vai trò.") if agreed else _("Đã từ chối."))
    return redirect("staff_powers")


@login_required
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    role = get_object_or_404(queries.powers(reader_of(request)), pk=pk)
    try:
        end_role(role=role, by=reader_of(request), now=timezone.now())
    except RoleRefused:
        raise Http404 from None
    messages.success(request, _("Vai trò của %(name)s đã kết thúc.") % {"name": role.user.full_name})
    return redirect("staff_powers")


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def reset_second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    reader = reader_of(request)
    colleague = queries.colleague(reader, pk)
    if colleague is None:
        raise Http404
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = identity.reset_second_factor(user=colleague, by=reader, reason=form.cleaned_data["reason"], now=timezone.now())
        if done is None:
            messages.info(request, _("%(name)s không có xác thực hai bước nào để gỡ.") % {"name": colleague.full_name})
        else:
            messages.success(request, _("Đã gỡ xác thực hai bước của %(name)s.") % {"name": colleague.full_name})
        return redirect("staff_powers")
    return render(request, "people/reset_second_factor.html", {"colleague": colleague, "form": form})
