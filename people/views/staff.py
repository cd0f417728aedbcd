"""Who holds which power, and helping a colleague who has lost her second factor."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from people import queries
from people.actions import identity
from people.forms import ReasonForm
from people.models import RoleKind, overseen_roots
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
    context = {"page": page, "kinds": RoleKind.choices, "kind": kind, "owner": RoleKind.OWNER in queries.role_kinds(reader)}
    return render(request, "people/powers.html", context)


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
