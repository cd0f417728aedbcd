"""The teacher's workplace: her classes, one class, what is given to it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from classes import actions, queries
from classes.forms import ClassForm, CopyForm
from classes.models import ClassMember
from classes.views.access import note_reading, table_file, taught_class
from people.models import ReadingKind


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
    context = {"class": training_class, "board": board, "show": show, "sort": sort, "gone": gone, "sorts": _sorts()}
    note_reading(request, ReadingKind.CLASS, people=len(board.rows), group=pk)
    return render(request, "classes/detail.html", context)


def _sorts() -> list[tuple[str, str]]:
    words = (_("số thứ tự"), _("tên"), _("ít xong nhất"), _("quá hạn nhiều nhất"), _("lâu chưa quay lại"))
    return list(zip(queries.SORTS, words, strict=True))


@login_required
@require_GET
def export(request: HttpRequest, pk: uuid.UUID, extension: str) -> HttpResponse:
    training_class = taught_class(request, pk)
    show, sort = request.GET.get("show", "all"), request.GET.get("sort", "number")
    header, rows = queries.board_rows(queries.board(training_class, now=timezone.now(), show=show, sort=sort))
    note_reading(request, ReadingKind.CLASS_FILE, people=len(rows), group=pk)
    return table_file(f"lop-{training_class.name}", extension, training_class.name, header, rows)


@login_required
@require_http_methods(["GET", "POST"])
def copy(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Last year's class again, under a new name and with its dates moved on."""
    source, now = taught_class(request, pk), timezone.now()
    form = CopyForm(request.POST or None, source=source, today=timezone.localdate(now))
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.copy_class(source=source, teacher=request.user, now=now, **form.cleaned_data)
        except actions.NotTeacherHere:
            raise Http404 from None
        told = _("Đã chép lớp: %(members)s người, %(assigned)s bài với hạn đã dời.")
        messages.success(request, told % {"members": made.members, "assigned": made.assigned})
        if made.skipped:
            messages.warning(request, _("Chưa giao lại vì hạn đã qua hoặc khóa đang đóng: %(titles)s.") % {
                "titles": ", ".join(made.skipped)})  # fmt: skip
        return redirect("classes:detail", made.training_class.pk)
    return render(request, "classes/copy.html", {"class": source, "form": form})
