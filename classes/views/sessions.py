"""When a class meets: sessions are set, moved, called off; trainers are added."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from classes import actions, queries
from classes.forms import ChangedSessionForm, ReasonForm, SessionForm, TrainerForm
from classes.models import ClassSession
from classes.views.access import class_session, taught_class


@login_required
@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """All sessions, and a form for one more."""
    found = taught_class(request, pk)
    trainers = queries.trainers_of(found)
    form, clashes = SessionForm(request.POST or None, trainers=trainers), []
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.add_session(training_class=found, key=form.cleaned_data["key"], **form.wanted())
        except actions.SessionClash as error:
            clashes = error.clashes
        except actions.ClassClosed:
            form.add_error(None, _("Lớp đã đóng nên không thêm buổi được. Hãy mở lại lớp trước."))
        else:
            return _added(request, made)
    context = {"class": found, "form": form, "clashes": clashes, "sessions": queries.sessions_of(found), "now": timezone.now()}
    return render(request, "classes/sessions.html", context)


def _added(request: HttpRequest, session: ClassSession) -> HttpResponse:
    messages.success(request, _("Đã thêm buổi %(number)s.") % {"number": session.number})
    busy = queries.members_with_clash(session)
    if busy:
        told = _("%(count)s người trong lớp đã có buổi học khác cùng giờ: %(names)s.")
        names = ", ".join(one.shown_as for one in busy[:10])
        messages.warning(request, told % {"count": len(busy), "names": names})
    return redirect("classes:sessions", session.training_class_id)


@login_required
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    session = class_session(request, pk, number)
    trainers = queries.trainers_of(session.training_class)
    form, clashes = ChangedSessionForm(request.POST or None, trainers=trainers, session=session), []
    if request.method == "POST" and form.is_valid():
        told = {"by": request.user, "now": timezone.now(), "reason": form.cleaned_data["reason"]}
        try:
            actions.change_session(session=session, **form.wanted(), **told)
        except actions.SessionClash as error:
            clashes = error.clashes
        except actions.ClassClosed:
            form.add_error(None, _("Buổi này đã hủy hoặc lớp đã lưu kho nên không sửa được."))
        else:
            messages.success(request, _("Đã sửa buổi %(number)s.") % {"number": number})
            return redirect("classes:sessions", pk)
    context = {"class": session.training_class, "session": session, "form": form, "clashes": clashes}
    return render(request, "classes/session_change.html", context)


@login_required
@require_POST
def cancel(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    session, form = class_session(request, pk, number), ReasonForm(request.POST)
    if form.is_valid():
        actions.cancel_session(session=session, by=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Đã hủy buổi %(number)s.") % {"number": number})
    else:
        messages.error(request, _("Chưa hủy buổi: hãy ghi vì sao."))
    return redirect("classes:sessions", pk)


@login_required
@require_http_methods(["GET", "POST"])
def trainer(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found, form = taught_class(request, pk), TrainerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = actions.add_trainer(training_class=found, account=form.cleaned_data["account"])
        except actions.NotTrainer:
            form.add_error("account", _("Không có giáo viên nào của đơn vị có tên đăng nhập hay e-mail này."))
        else:
            messages.success(request, _("Từ nay %(name)s cùng phụ trách lớp.") % {"name": added.full_name})
            return redirect("classes:settings", pk)
    return render(request, "classes/trainer.html", {"class": found, "form": form})
