"""Lists of a unit and all below it, made at once or in the background; and the officer's views by name."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from classes.actions import lists as actions
from classes.exports import CSV, XLSX
from classes.forms import ViewForm
from classes.models import KeptView, StaffList
from classes.queries import lists as queries
from classes.tasks import nudge_lists
from classes.views.access import officer_scope, overseen, table_file
from people.actions.readings import record_readings_of_units
from people.models import Organisation


@login_required
@require_POST
def ask(request: HttpRequest, code: str) -> HttpResponse:
    """The file at once for few people, else a list that is owed."""
    officer_scope(request)
    unit, wanted = overseen(request, code), queries.filter_of(request.POST.get("query", ""))
    extension = "csv" if request.POST.get("extension") == "csv" else "xlsx"
    if queries.staff_below(unit).count() <= queries.AT_ONCE:
        return _at_once(request, unit, wanted, extension)
    actions.ask_for_list(owner=request.user, unit=unit, wanted=wanted, extension=extension, now=timezone.now())
    nudge_lists()
    return redirect("agencies:lists")


def _at_once(request: HttpRequest, unit: Organisation, wanted: queries.Filter, extension: str) -> HttpResponse:
    head, rows, lines = queries.rows_below(unit, wanted, timezone.now())
    record_readings_of_units(reader=request.user, people=lines, now=timezone.now())
    return table_file(f"danh-sach-{unit.code}", extension, unit.label, head, rows)


@login_required
@never_cache
@require_GET
def my_lists(request: HttpRequest) -> HttpResponse:
    officer_scope(request)
    found = queries.my_lists(request.user)
    busy = next((one for one in found if not one.made_at and not one.failed_at), None)
    return render(request, "agencies/lists.html", {"lists": found, "busy": busy, "days": queries.DAYS})


@login_required
@never_cache
@require_GET
def progress(request: HttpRequest, pk: uuid.UUID) -> JsonResponse:
    found = _mine(request, pk)
    return JsonResponse(
        {"busy": not found.made_at and not found.failed_at, "percent": found.percent, "done": localize(found.done)}
    )


@login_required
@require_GET
def fetch(request: HttpRequest, pk: uuid.UUID) -> HttpResponse | FileResponse:
    """Whether it may still be had is asked again: roles end, people are erased."""
    found = _mine(request, pk)
    if not found.made_at or not queries.may_list(request.user, found.unit):
        raise Http404
    if queries.is_stale(found):
        messages.warning(request, _("Danh sách này đã cũ vì có người vừa được xóa dữ liệu. Hãy lập lại."))
        return redirect("agencies:lists")
    kind = XLSX if found.extension == "xlsx" else CSV
    name = f"danh-sach-{found.unit.code}.{found.extension}"
    headers = {"Cache-Control": "private, no-store"}
    return FileResponse(found.file.open("rb"), as_attachment=True, filename=name, content_type=kind, headers=headers)


@login_required
@require_POST
def drop(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    actions.drop_list(wanted=_mine(request, pk))
    messages.success(request, _("Đã xóa danh sách."))
    return redirect("agencies:lists")


def _mine(request: HttpRequest, pk: uuid.UUID) -> StaffList:
    officer_scope(request)
    return get_object_or_404(StaffList.objects.of(request.user).select_related("unit"), pk=pk)


# --- views ------------------------------------------------------------------------------------------------------------------


@login_required
@require_POST
def keep_view(request: HttpRequest) -> HttpResponse:
    officer_scope(request)
    form, query = ViewForm(request.POST), queries.view_of(request.POST.get("query", ""))
    if not form.is_valid():
        messages.error(request, _("Chưa lưu: hãy đặt cho cách xem này một tên, nhiều nhất 60 ký tự."))
    else:
        try:
            kept = actions.keep_view(owner=request.user, name=form.cleaned_data["name"], query=query, now=timezone.now())
            messages.success(request, _("Đã lưu cách xem “%(name)s”.") % {"name": kept.name})
        except actions.TooManyViews as error:
            messages.error(request, _("Bạn đã có %(n)s cách xem. Hãy xóa bớt rồi lưu.") % {"n": error.args[0]})
    return redirect(f"{reverse('agencies:overview')}?{query or 'all=1'}")


@login_required
@require_POST
def change_view(request: HttpRequest, pk: int) -> HttpResponse:
    officer_scope(request)
    view, form = get_object_or_404(KeptView, pk=pk, owner=request.user), ViewForm(request.POST)
    if "drop" in request.POST:
        actions.drop_view(view=view)
        messages.success(request, _("Đã xóa cách xem “%(name)s”.") % {"name": view.name})
    elif not form.is_valid():
        messages.error(request, _("Chưa lưu: hãy đặt cho cách xem này một tên, nhiều nhất 60 ký tự."))
    else:
        try:
            actions.change_view(view=view, **form.cleaned_data)
            messages.success(request, _("Đã lưu cách xem “%(name)s”.") % {"name": form.cleaned_data["name"]})
        except actions.NameTaken:
            messages.error(request, _("Bạn đã có một cách xem tên này. Hãy chọn tên khác."))
    return redirect(f"{reverse('agencies:overview')}?all=1")
