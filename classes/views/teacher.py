"""The teacher's workplace: her classes, one class, what is given to it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from classes import actions, queries
from classes.forms import AssignForm, ClassForm, DueForm
from classes.models import Assignment, ClassMember
from classes.views.access import table_file, taught_class


@login_required
@require_GET
def class_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    context = {
        "may_create": bool(queries.teaching_organisations(request.user, timezone.localdate(now))),
        "taught": queries.taught_classes(request.user, now),
        "learning": queries.learning_classes(request.user),
    }
    return render(request, "classes/list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    organisations = queries.teaching_organisations(request.user, today)
    if not organisations:
        raise Http404
    form = ClassForm(request.POST or None, organisations=organisations, today=today)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.create_class(teacher=request.user, now=timezone.now(), **form.cleaned_data)
        except actions.CodeTaken:
            form.add_error("code", _("Đơn vị đã có lớp mang mã này. Hãy xem lại mã."))
        else:
            messages.success(request, _("Đã tạo lớp %(name)s. Bây giờ hãy thêm người học.") % {"name": made.name})
            return redirect("classes:detail", made.pk)
    return render(request, "classes/new.html", {"form": form})


@login_required
@require_GET
def detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    training_class = taught_class(request, pk)
    show, sort = request.GET.get("show", "all"), request.GET.get("sort", "number")
    board = queries.board(training_class, now=timezone.now(), show=show, sort=sort)
    gone = ClassMember.objects.filter(training_class=training_class, left_at__isnull=False).order_by("number")
    context = {"class": training_class, "board": board, "show": show, "sort": sort, "gone": gone}
    return render(request, "classes/detail.html", context)


@login_required
@require_GET
def export(request: HttpRequest, pk: uuid.UUID, extension: str) -> HttpResponse:
    training_class = taught_class(request, pk)
    show, sort = request.GET.get("show", "all"), request.GET.get("sort", "number")
    header, rows = queries.board_rows(queries.board(training_class, now=timezone.now(), show=show, sort=sort))
    return table_file(f"lop-{training_class.name}", extension, training_class.name, header, rows)


@login_required
@require_http_methods(["GET", "POST"])
def assign(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    training_class, now = taught_class(request, pk), timezone.now()
    initial = {"what": request.GET.get("what", "")}
    form = AssignForm(request.POST or None, courses=queries.assignable(training_class), now=now, initial=initial)
    if request.method == "POST" and form.is_valid():
        wanted = {name: form.cleaned_data[name] for name in ("course", "part", "due_at")}
        try:
            given = actions.assign(training_class=training_class, teacher=request.user, now=now, **wanted)
        except actions.ClassClosed:
            form.add_error(None, _("Lớp đã đóng nên không giao thêm được. Hãy mở lại lớp trước."))
        except actions.NothingToAssign:
            form.add_error("what", _("Bài này vừa được gỡ xuống. Hãy chọn bài khác."))
        else:
            messages.success(request, _("Đã giao “%(title)s” cho cả lớp.") % {"title": given.title})
            return redirect("classes:detail", pk)
    return render(request, "classes/assign.html", {"class": training_class, "form": form})


@login_required
@require_http_methods(["GET", "POST"])
def due(request: HttpRequest, pk: uuid.UUID, assignment: uuid.UUID) -> HttpResponse:
    training_class, now = taught_class(request, pk), timezone.now()
    given = get_object_or_404(Assignment.objects.current().filter(training_class=training_class), pk=assignment)
    form = DueForm(request.POST or None, now=now, due_at=given.due_at)
    if request.method == "POST" and form.is_valid():
        actions.change_due(assignment=given, due_at=form.cleaned_data["due_at"], now=now)
        messages.success(request, _("Đã đổi hạn của “%(title)s”.") % {"title": given.title})
        return redirect("classes:detail", pk)
    return render(request, "classes/due.html", {"class": training_class, "given": given, "form": form})


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: uuid.UUID, assignment: uuid.UUID) -> HttpResponse:
    given = get_object_or_404(Assignment.objects.filter(training_class=taught_class(request, pk)), pk=assignment)
    actions.withdraw_assignment(assignment=given, now=timezone.now())
    told = _("Đã rút “%(title)s”. Phần các bạn đã học vẫn còn; giao lại lúc nào cũng được.")
    messages.success(request, told % {"title": given.title})
    return redirect("classes:detail", pk)
