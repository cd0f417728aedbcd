"""A class from planned to archived: its state, days, rules, and the trail of what was changed."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from classes import actions, queries
from classes.forms import DatesForm, ReasonForm, RulesForm
from classes.views.access import taught_class


@login_required
@require_GET
def settings(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Everything about the class itself, and its trail."""
    found = taught_class(request, pk)
    context = {
        "class": found, "trainers": queries.trainers_of(found), "trail": queries.trail(found), "reason": ReasonForm(),
        "free": queries.free_places(found),
    }  # fmt: skip
    return render(request, "classes/settings.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def dates(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = taught_class(request, pk)
    form = DatesForm(request.POST or None, initial={"starts_on": found.starts_on, "ends_on": found.ends_on})
    if request.method == "POST" and form.is_valid():
        try:
            actions.correct_dates(training_class=found, by=request.user, now=timezone.now(), **form.cleaned_data)
        except actions.ClassClosed:
            form.add_error(None, _("Lớp đã lưu kho nên chỉ xem được. Hãy lấy lớp ra khỏi kho trước."))
        else:
            messages.success(request, _("Đã sửa ngày của lớp. Nhật ký ghi lại ngày cũ, ngày mới và lý do."))
            return redirect("classes:settings", pk)
    return render(request, "classes/dates.html", {"class": found, "form": form})


@login_required
@require_http_methods(["GET", "POST"])
def rules(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = taught_class(request, pk)
    named = ("capacity", "by_nomination", "attendance_needed")
    form = RulesForm(request.POST or None, initial={name: getattr(found, name) for name in named})
    if request.method == "POST" and form.is_valid():
        actions.change_rules(training_class=found, by=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Đã lưu quy định của lớp."))
        return redirect("classes:settings", pk)
    return render(request, "classes/rules.html", {"class": found, "form": form})


@login_required
@require_POST
def open_up(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    actions.open_class(training_class=taught_class(request, pk), by=request.user, now=timezone.now())
    messages.success(request, _("Lớp đã mở: người có mã vào được từ bây giờ."))
    return redirect("classes:detail", pk)


@login_required
@require_POST
def close(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    actions.close_class(training_class=taught_class(request, pk), by=request.user, now=timezone.now())
    messages.success(request, _("Đã đóng lớp. Kết quả vẫn xem được; mở lại lúc nào cũng được."))
    return redirect("classes:detail", pk)


@login_required
@require_POST
def reopen(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = taught_class(request, pk)
    actions.reopen_class(training_class=found, by=request.user, now=timezone.now())
    messages.success(request, _("Đã mở lại lớp."))
    if found.ends_on and not found.is_over:
        messages.info(request, _("Ngày kết thúc là %(day)s; qua ngày đó lớp tự đóng.") % {"day": f"{found.ends_on:%d/%m/%Y}"})
    return redirect("classes:detail", pk)


@login_required
@require_POST
def cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found, form = taught_class(request, pk), ReasonForm(request.POST)
    if form.is_valid():
        actions.cancel_class(training_class=found, by=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Đã hủy lớp. Lớp không tính vào số lớp đã tổ chức."))
    else:
        messages.error(request, _("Chưa hủy lớp: hãy ghi vì sao."))
    return redirect("classes:settings", pk)


@login_required
@require_POST
def archive(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    actions.archive_class(training_class=taught_class(request, pk), by=request.user, now=timezone.now())
    messages.success(request, _("Đã đưa lớp vào kho. Lớp chỉ còn xem được."))
    return redirect("classes:settings", pk)


@login_required
@require_POST
def unarchive(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    actions.unarchive_class(training_class=taught_class(request, pk), by=request.user, now=timezone.now())
    messages.success(request, _("Đã lấy lớp ra khỏi kho."))
    return redirect("classes:settings", pk)
