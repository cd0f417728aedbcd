"""Lists of people an officer sends in for her organisation, and who still has to take over an account."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from classes.forms import ColumnsForm, RosterFileForm, mended
from classes.views.access import note_reading, overseen, table_file
from people import slips, tasks
from people.actions import activation, rosters
from people.models import OpenedAccount, Organisation, ReadingKind, RosterImport, RosterKind
from people.queries import rosters as queries
from people.sheets import REFUSALS, Refused


def _managed(request: HttpRequest, code: str) -> Organisation:
    """An organisation whose lists the reader may send, else 404, the same as for one that does not exist."""
    unit = overseen(request, code)
    if not queries.may_import(request.user, unit):
        raise Http404
    return unit


def _roster(request: HttpRequest, code: str, pk: uuid.UUID) -> RosterImport:
    found = RosterImport.objects.filter(organisation=_managed(request, code)).select_related("organisation", "sent_by")
    return get_object_or_404(found, pk=pk)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def roster_list(request: HttpRequest, code: str) -> HttpResponse:
    """What was sent before, and the form for the next file. The file is only looked at here; a worker reads it."""
    unit = _managed(request, code)
    form = RosterFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = rosters.receive(
                organisation=unit, kind=data["kind"], category=data["category"], complete=data["complete"], key=data["key"],
                file=data["file"], name=data["file"].name, by=request.user, now=timezone.now(),
            )  # fmt: skip
        except Refused as error:
            form.add_error("file", REFUSALS[error.reason])
        else:
            tasks.nudge()
            return redirect("agencies:roster", code, made.pk)
    context = {"unit": unit, "form": form, "rosters": queries.rosters_of(unit), "kinds": RosterKind.choices,
               "waiting": queries.waiting(unit).count()}  # fmt: skip
    return render(request, "agencies/rosters.html", context)


@login_required
@require_GET
def template(request: HttpRequest, code: str, kind: str, extension: str) -> HttpResponse:
    unit = _managed(request, code)
    if kind not in RosterKind.values:
        raise Http404
    header, rows = queries.template_rows(kind)
    return table_file(f"mau-{kind}-{unit.code}", extension, _("Danh sách"), header, rows)


@login_required
@never_cache
@require_GET
def roster(request: HttpRequest, code: str, pk: uuid.UUID) -> HttpResponse:
    found = _roster(request, code, pk)
    if found.is_owed:
        return render(request, "agencies/roster_busy.html", {"unit": found.organisation, "roster": found})
    page = queries.wrong_page(found, request.GET.get("page", 1))
    context: dict[str, Any] = {
        "unit": found.organisation, "roster": found, "page": page, "troubles": queries.troubles(page),
        "questions": queries.questions(found), "refusal": REFUSALS.get(found.reason, ""),
        "undoable": found.may_be_undone(timezone.now()), "undo_until": found.undo_until, "outcome": queries.outcome(found),
    }  # fmt: skip
    if found.headings and found.file:
        context["columns"] = ColumnsForm(roster=found)
    return render(request, "agencies/roster.html", context)


@login_required
@never_cache
@require_GET
def progress(request: HttpRequest, code: str, pk: uuid.UUID) -> JsonResponse:
    """How far the worker is, for the bar."""
    found = _roster(request, code, pk)
    return JsonResponse({"busy": found.is_owed, "percent": found.percent, "done": f"{localize(found.done)}"})


@login_required
@require_POST
def columns(request: HttpRequest, code: str, pk: uuid.UUID) -> HttpResponse:
    found = _roster(request, code, pk)
    form = ColumnsForm(request.POST, roster=found)
    try:
        rosters.choose_columns(roster=found, fields=form.chosen(), by=request.user, now=timezone.now())
    except rosters.ColumnsMissing:
        messages.error(request, _("Chưa cột nào là họ và tên. Chọn cột có họ tên, hoặc hai cột họ đệm và tên."))
    except rosters.NotNow:
        messages.warning(request, _("Danh sách này vừa được xử lý ở nơi khác. Đây là tình trạng mới nhất."))
    else:
        tasks.nudge()
    return redirect("agencies:roster", code, pk)


@login_required
@require_POST
def mend(request: HttpRequest, code: str, pk: uuid.UUID) -> HttpResponse:
    """Values typed beside wrong cells, and answers to what was asked."""
    found = _roster(request, code, pk)
    values, answers = mended(request.POST)
    try:
        if "all-known" in request.POST:
            right = rosters.answer_all_as_known(roster=found, by=request.user, now=timezone.now())
        else:
            right = rosters.mend(roster=found, values=values, answers=answers, by=request.user, now=timezone.now())
    except rosters.NotNow:
        messages.warning(request, _("Danh sách này vừa được xử lý ở nơi khác. Đây là tình trạng mới nhất."))
    else:
        told = ngettext("%(n)s dòng đã ổn sau khi sửa.", "%(n)s dòng đã ổn sau khi sửa.", right)
        messages.success(request, told % {"n": right})
    return redirect("agencies:roster", code, pk)


def _step(request: HttpRequest, code: str, pk: uuid.UUID, deed: Any) -> HttpResponse:
    found = _roster(request, code, pk)
    try:
        deed(roster=found, by=request.user, now=timezone.now())
    except rosters.NotNow:
        messages.warning(request, _("Danh sách này vừa được xử lý ở nơi khác. Đây là tình trạng mới nhất."))
    else:
        tasks.nudge()
    return redirect("agencies:roster", code, pk)


@login_required
@require_POST
def apply(request: HttpRequest, code: str, pk: uuid.UUID) -> HttpResponse:
    return _step(request, code, pk, rosters.apply)


@login_required
@require_POST
def undo(request: HttpRequest, code: str, pk: uuid.UUID) -> HttpResponse:
    return _step(request, code, pk, rosters.undo)


@login_required
@require_POST
def drop(request: HttpRequest, code: str, pk: uuid.UUID) -> HttpResponse:
    _step(request, code, pk, rosters.drop)
    return redirect("agencies:rosters", code)


@login_required
@require_GET
def errors(request: HttpRequest, code: str, pk: uuid.UUID) -> HttpResponse:
    found = _roster(request, code, pk)
    header, rows = queries.error_rows(found)
    return table_file(f"dong-loi-{found.file_name.rpartition('.')[0] or code}", "xlsx", _("Dòng lỗi"), header, rows)


@login_required
@never_cache
@require_GET
def waiting(request: HttpRequest, code: str) -> HttpResponse:
    unit = _managed(request, code)
    page, lines = queries.waiting_page(unit, request.GET.get("page", 1))
    note_reading(request, ReadingKind.UNIT, people=len(lines), organisation=unit)
    return render(request, "agencies/waiting.html", {"unit": unit, "page": page, "lines": lines, "most": slips.MOST})


def _chosen(request: HttpRequest, unit: Organisation) -> QuerySet[OpenedAccount]:
    """The people ticked; all who wait if none is, as many as one job takes."""
    ticked = [int(one) for one in request.POST.getlist("opened") if one.isdecimal()]
    everybody = queries.waiting(unit)
    return everybody.filter(pk__in=ticked[: slips.MOST]) if ticked else everybody[: slips.MOST]


@login_required
@never_cache
@require_POST
def papers(request: HttpRequest, code: str) -> HttpResponse:
    """Codes are in this answer and nowhere else, so it is no redirect and is kept by nobody."""
    unit, now = _managed(request, code), timezone.now()
    opened = list(_chosen(request, unit))
    made = activation.issue_slips(opened=opened, organisation=unit, now=now)
    note_reading(request, ReadingKind.UNIT_FILE, people=len(made), organisation=unit)
    frame = slips.Frame(
        organisation=unit.name, address=request.build_absolute_uri(reverse("account_activate")),
        pupils=queries.only_pupils(opened), good_until=timezone.localdate(now + activation.GOOD_FOR),
    )  # fmt: skip
    draw = slips.draw_letters if request.POST.get("paper") == "letter" else slips.draw_slips
    name = content_disposition_header(True, f"nhan-tai-khoan-{code}.pdf") or "attachment"
    headers = {"Content-Disposition": name, "Cache-Control": "private, no-store"}
    return HttpResponse(draw(made, frame), content_type="application/pdf", headers=headers)


@login_required
@require_POST
def letters(request: HttpRequest, code: str) -> HttpResponse:
    owed = activation.owe_letters(opened=list(_chosen(request, _managed(request, code))))
    told = ngettext("Đang gửi %(n)s thư mời. Người không có địa chỉ thư thì in giấy.",
                    "Đang gửi %(n)s thư mời. Người không có địa chỉ thư thì in giấy.", owed)  # fmt: skip
    messages.success(request, told % {"n": owed})
    return redirect("agencies:waiting", code)
