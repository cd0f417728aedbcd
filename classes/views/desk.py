"""What lies on the officer's own desk: the views she kept and the files she asked for. Nobody else's is found."""

from __future__ import annotations

import uuid
from itertools import islice
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from classes import actions, queries
from classes.exports import CSV, XLSX
from classes.models import ExportState
from classes.views.access import note_reading, officer_scope, overseen, table_file


def table_or_export(request: HttpRequest, wanted: queries.TableAsked, extension: str) -> HttpResponse:
    """The table at once, or where it is long a file to be fetched later."""
    header, rows = queries.table(wanted, now=timezone.now())
    first = list(islice(rows, queries.AT_ONCE + 1))
    if len(first) <= queries.AT_ONCE:
        if wanted.kind == "people":
            note_reading(request, queries.ReadingKind.UNIT_FILE, people=len(first), organisation=wanted.unit)
        return table_file(wanted.name, extension, wanted.title, header, first)
    actions.ask_for_export(
        owner=request.user, wanted=wanted, extension=extension, language=get_language() or "vi", now=timezone.now()
    )  # fmt: skip
    told = _("Bảng dài hơn 5.000 dòng nên được làm ở phía sau. Xong thì bạn nhận một lá thư, và tải ở trang này.")
    messages.info(request, told)
    return redirect("agencies:exports")


@login_required
@never_cache
@require_GET
def exports(request: HttpRequest) -> HttpResponse:
    officer_scope(request)
    return render(request, "agencies/exports.html", {"exports": queries.exports_of(request.user)[:50]})


@login_required
@never_cache
@require_GET
def progress(request: HttpRequest) -> JsonResponse:
    officer_scope(request)
    rows = queries.exports_of(request.user)[:50]
    return JsonResponse({str(row.pk): {"state": row.state, "done": row.done, "percent": row.percent} for row in rows})


@login_required
@never_cache
@require_GET
def fetch(request: HttpRequest, pk: uuid.UUID) -> FileResponse:
    """To its owner, while she still oversees all that is in it."""
    found = get_object_or_404(queries.exports_of(request.user).select_related("owner"), pk=pk, state=ExportState.READY)
    wanted = queries.table_of(found)
    if wanted is None:
        raise Http404
    note_reading(request, **queries.reading_of(found))
    kind = XLSX if found.extension == "xlsx" else CSV
    name = f"{wanted.name}.{found.extension}"
    answer = FileResponse(found.file.open("rb"), as_attachment=True, filename=name, content_type=kind)
    answer["Cache-Control"] = "private, no-store"
    return answer


@login_required
@require_POST
def drop(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    actions.drop_export(export=get_object_or_404(queries.exports_of(request.user), pk=pk), owner=request.user)
    messages.success(request, _("Đã xóa tệp."))
    return redirect("agencies:exports")


# --- kept views ---------------------------------------------------------------------------------------------------------


@login_required
@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """`code` is the agency the view is of, `query` what stands behind the question mark."""
    officer_scope(request)
    code, name = request.POST.get("code", ""), request.POST.get("name", "").strip()
    address = queries.kept_address(overseen(request, code).code if code else "", request.POST.get("query", ""))
    if not name:
        messages.error(request, _("Chưa lưu: hãy đặt tên cho góc nhìn."))
        return redirect(_at(address))
    try:
        actions.save_view(owner=request.user, name=name, address=address, now=timezone.now())
    except actions.TooMany:
        messages.error(request, _("Bạn đã có 30 góc nhìn. Xóa bớt rồi lưu lại."))
    else:
        messages.success(request, _("Đã lưu góc nhìn “%(name)s”.") % {"name": name})
    return redirect(_at(address))


@login_required
@never_cache
@require_GET
def views(request: HttpRequest) -> HttpResponse:
    officer_scope(request)
    shown = [(view, _at(view.address)) for view in queries.saved_views(request.user)]
    return render(request, "agencies/views.html", {"views": shown})


@login_required
@require_POST
def change_view(request: HttpRequest, pk: int) -> HttpResponse:
    """`do` is "rename", "start", "stop" or "delete"."""
    found = get_object_or_404(queries.saved_views(request.user), pk=pk)
    name, deed = request.POST.get("name", "").strip(), request.POST.get("do", "")
    try:
        _do(found, deed, name)
    except actions.NameTaken:
        messages.error(request, _("Bạn đã có góc nhìn tên này. Chọn tên khác."))
    else:
        messages.success(request, _("Đã lưu."))
    return redirect("agencies:views")


def _do(view: Any, deed: str, name: str) -> None:
    if deed == "rename" and name:
        actions.rename_view(view=view, name=name)
    elif deed in {"start", "stop"}:
        actions.start_with(view=view, starts=deed == "start")
    elif deed == "delete":
        actions.delete_view(view=view)


def _at(address: str) -> str:
    return reverse("agencies:overview") + address
