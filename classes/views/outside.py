"""What counts as done without having been done here: one by one, as a list, and by a teacher for one of her class."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from classes import actions, queries
from classes.evidence import PaperRefused
from classes.forms import CompletionFileForm, OutsideForm, ReasonForm, WaiveForm
from classes.models import CompletionFile
from classes.views.access import class_member, note_reading, overseen, table_file
from courses.models import OutsideCompletion
from people.models import Organisation, ReadingKind


def _in_charge(request: HttpRequest, code: str) -> Organisation:
    unit = overseen(request, code)
    if not queries.may_require(request.user, unit):  # type: ignore[arg-type]
        raise Http404
    return unit


@login_required
@never_cache
@require_GET
def outside(request: HttpRequest, code: str) -> HttpResponse:
    unit = _in_charge(request, code)
    page = queries.outside_of(unit, page=request.GET.get("page", 1))
    note_reading(request, ReadingKind.UNIT, people=len(page), organisation=unit)
    files = CompletionFile.objects.filter(organisation=unit).order_by("-sent_at")[:10]
    shown = [(file, file.may_be_undone(timezone.now())) for file in files.select_related("sent_by")]
    return render(request, "agencies/outside.html", {"unit": unit, "page": page, "files": shown})


@login_required
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, code: str) -> HttpResponse:
    unit, now = _in_charge(request, code), timezone.now()
    form = OutsideForm(
        request.POST or None, request.FILES or None, organisation=unit, by=request.user, today=queries.day_of(now)
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.record_outside(organisation=unit, by=request.user, now=now, **form.wanted())
        except PaperRefused as error:
            form.add_error("file", str(error))
        else:
            told = _("Đã ghi nhận “%(title)s” cho %(name)s.") % {"title": made.course.title, "name": made.learner.full_name}
            messages.success(request, told)
            return redirect("agencies:outside", code)
    return render(request, "agencies/outside_add.html", {"unit": unit, "form": form})


@login_required
@require_POST
def withdraw(request: HttpRequest, code: str, pk: uuid.UUID) -> HttpResponse:
    unit, form = _in_charge(request, code), ReasonForm(request.POST)
    found = get_object_or_404(queries.outside_in(unit), pk=pk)
    if not form.is_valid():
        messages.error(request, _("Chưa rút: hãy ghi vì sao."))
        return redirect("agencies:outside", code)
    try:
        actions.withdraw_outside(outside=found, by=request.user, now=timezone.now(), **form.cleaned_data)
    except actions.NotOfficerHere:
        messages.error(request, _("Không ai tự rút của mình. Nhờ người phụ trách khác."))
    else:
        told = _("Đã rút. Khóa này không còn tính là đã xong cho %(name)s.")
        messages.success(request, told % {"name": found.learner.full_name})
    return redirect("agencies:outside", code)


@login_required
@never_cache
@require_GET
def evidence(request: HttpRequest, code: str, pk: uuid.UUID) -> FileResponse:
    """As a file to save, never shown within the site."""
    unit = _in_charge(request, code)
    found = get_object_or_404(queries.outside_in(unit), pk=pk)
    file = queries.evidence_of(found)
    if file is None:
        raise Http404
    note_reading(request, ReadingKind.PERSON, person=found.learner, organisation=unit)
    name = f"minh-chung.{file.name.rpartition('.')[2]}"
    return FileResponse(file.open("rb"), as_attachment=True, filename=name, content_type="application/octet-stream")


# --- a list -------------------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
def send(request: HttpRequest, code: str) -> HttpResponse:
    unit = _in_charge(request, code)
    form = CompletionFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data, proof = form.cleaned_data, form.cleaned_data["evidence"]
        try:
            kept = actions.keep_completions(
                key=data["key"], organisation=unit, name=data["file"].name, table=data["table"], by=request.user,
                now=timezone.now(), file=(proof, proof.size) if proof else None,
            )  # fmt: skip
        except PaperRefused as error:
            form.add_error("evidence", str(error))
        else:
            return redirect("agencies:completion_list", code, kept.pk)
    return render(request, "agencies/outside_send.html", {"unit": unit, "form": form})


@login_required
@require_GET
def template(request: HttpRequest, code: str, extension: str) -> HttpResponse:
    _in_charge(request, code)
    header, rows = queries.completion_template()
    return table_file("mau-hoc-noi-khac", extension, _("Học ở nơi khác"), header, rows)


def _list(request: HttpRequest, code: str, pk: uuid.UUID) -> CompletionFile:
    """One's own, of an organisation one is in charge of."""
    rows = CompletionFile.objects.filter(organisation=_in_charge(request, code), sent_by=request.user)
    return get_object_or_404(rows.select_related("organisation"), pk=pk)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def preview(request: HttpRequest, code: str, pk: uuid.UUID) -> HttpResponse:
    """The dry run, made anew each time it is looked at; confirmed, it is applied."""
    found, context = _list(request, code, pk), {}
    if request.method == "POST":
        try:
            done = actions.apply_completions(file=found, seen=request.POST.get("seen", ""), by=request.user, now=timezone.now())
        except actions.PlanMoved:
            context["changed"] = True
        else:
            messages.success(request, _("Đã ghi nhận %(n)s dòng.") % {"n": done.added})
            return redirect("agencies:outside", code)
    elif found.applied_at:
        return redirect("agencies:outside", code)
    plan = queries.completion_plan(found, by=request.user, now=timezone.now())
    shown: dict[str, Any] = {"unit": found.organisation, "file": found, "plan": plan, **context}
    return render(request, "agencies/outside_preview.html", shown)


@login_required
@require_GET
def errors(request: HttpRequest, code: str, pk: uuid.UUID) -> HttpResponse:
    found = _list(request, code, pk)
    header, rows = queries.completion_errors(found, queries.completion_plan(found, by=request.user, now=timezone.now()))
    return table_file("dong-loi", "xlsx", _("Dòng lỗi"), header, rows)


@login_required
@require_POST
def undo(request: HttpRequest, code: str, pk: uuid.UUID) -> HttpResponse:
    try:
        ended = actions.undo_completions(file=_list(request, code, pk), by=request.user, now=timezone.now())
    except actions.PlanMoved:
        messages.error(request, _("Không hoàn tác được nữa. Hãy rút từng dòng."))
    else:
        messages.success(request, _("Đã hoàn tác: %(n)s dòng không còn được ghi nhận.") % {"n": ended})
    return redirect("agencies:outside", code)


# --- by a teacher -------------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
def waive(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    member = class_member(request, pk, number)
    form = WaiveForm(request.POST or None, training_class=member.training_class)
    if request.method == "POST" and form.is_valid():
        try:
            actions.waive_in_class(member=member, by=request.user, now=timezone.now(), **form.cleaned_data)
        except (actions.NotOfClass, actions.ForOneself):
            form.add_error(None, _("Không ghi nhận được: người này không còn trong lớp, hoặc chính là bạn."))
        else:
            messages.success(request, _("Đã ghi nhận hoàn thành cho %(name)s.") % {"name": member.shown_as})
            return redirect("classes:member", pk, number)
    kept = OutsideCompletion.objects.standing().filter(learner=member.learner, group=pk).select_related("course", "recorded_by")
    return render(request, "classes/waive.html", {"class": member.training_class, "member": member, "form": form, "kept": kept})


@login_required
@require_POST
def unwaive(request: HttpRequest, pk: uuid.UUID, number: int, outside: uuid.UUID) -> HttpResponse:
    member, form = class_member(request, pk, number), ReasonForm(request.POST)
    found = get_object_or_404(OutsideCompletion.objects.select_related("learner", "course", "recorded_by"), pk=outside,
                              learner=member.learner, group=pk)  # fmt: skip
    if form.is_valid():
        try:
            actions.withdraw_outside(outside=found, by=request.user, now=timezone.now(), **form.cleaned_data)
        except actions.NotOfficerHere:  # of herself nobody does it
            raise Http404 from None
        messages.success(request, _("Đã rút ghi nhận."))
    else:
        messages.error(request, _("Chưa rút: hãy ghi vì sao."))
    return redirect("classes:waive", pk, number)
