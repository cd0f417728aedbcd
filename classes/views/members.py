"""Who is in a class: lists pasted by the teacher, slips to sign in with, one member."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from classes import actions, queries
from classes.forms import MemberForm, RosterForm
from classes.models import TrainingClass
from classes.views.access import class_member, note_reading, taught_class
from people.models import ReadingKind


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """First what was understood of the list; the second time, with the plan confirmed, the deed."""
    training_class = taught_class(request, pk)
    form = RosterForm(request.POST or None)
    context: dict[str, Any] = {"class": training_class, "form": form}
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        text, keep, start = data["names"], data["keep_namesakes"], data["start"]
        if "confirm" in request.POST and start:
            try:
                added = actions.add_learners(
                    training_class=training_class, text=text, keep_namesakes=keep, start=start,
                    birth_year=data["birth_year"], now=timezone.now(),
                )  # fmt: skip
                return show_slips(request, training_class, added.slips, added.plan)
            except (actions.ListChanged, actions.ClassClosed):
                context["changed"] = True
            except actions.ClassFull:
                form.add_error(None, _("Lớp không còn đủ chỗ cho danh sách này. Hãy bớt người hoặc tăng sĩ số tối đa."))
        context["plan"] = queries.roster_plan(training_class=training_class, text=text, keep_namesakes=keep)
    return render(request, "classes/add.html", context)


def show_slips(
    request: HttpRequest, training_class: TrainingClass, slips: tuple[actions.Slip, ...], plan: queries.RosterPlan | None = None
) -> HttpResponse:
    """Passwords are in this answer and nowhere else, so it is no redirect and is kept by nobody."""
    note_reading(request, ReadingKind.SLIPS, people=len(slips), group=training_class.pk)
    context = {"class": training_class, "slips": slips, "plan": plan, "site": request.get_host()}
    return render(request, "classes/slips.html", context)


@login_required
@never_cache
@require_POST
def slips(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """New slips for all who have never signed in: when the first ones were lost before they were handed out."""
    training_class = taught_class(request, pk)
    waiting = queries.never_signed_in(training_class)
    return show_slips(request, training_class, actions.reset_passwords(training_class=training_class, members=waiting))


@login_required
@never_cache
@require_POST
def password(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    found = class_member(request, pk, number)
    try:
        made = actions.reset_passwords(training_class=found.training_class, members=[found])
    except actions.NotOurAccount:
        raise Http404 from None
    return show_slips(request, found.training_class, made)


@login_required
@require_GET
def member(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    found = class_member(request, pk, number)
    board = queries.member_board(found, now=timezone.now())
    context = {
        "class": found.training_class, "member": found, "board": board, "row": board.rows[0],
        "ours": queries.is_our_account(found), "form": MemberForm(initial={"name": found.shown_as}),
    }  # fmt: skip
    note_reading(request, ReadingKind.PERSON, person=found.learner, group=pk)
    return render(request, "classes/member.html", context)


@login_required
@require_POST
def rename(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    found = class_member(request, pk, number)
    form = MemberForm(request.POST)
    if form.is_valid():
        actions.rename_member(member=found, name=form.cleaned_data["name"])
        messages.success(request, _("Đã sửa tên thành %(name)s.") % {"name": form.cleaned_data["name"]})
    else:
        messages.error(request, _("Chưa sửa tên: hãy gõ họ và tên, nhiều nhất 120 chữ."))
    return redirect("classes:member", pk, number)


@login_required
@require_POST
def remove(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    found = class_member(request, pk, number)
    actions.remove_member(member=found, now=timezone.now())
    messages.success(request, _("%(name)s không còn trong lớp. Muốn thêm lại: xem cuối trang này.") % {"name": found.shown_as})
    return redirect("classes:detail", pk)


@login_required
@require_POST
def restore(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    found = class_member(request, pk, number)
    try:
        actions.restore_member(member=found, now=timezone.now())
    except actions.ClassFull:
        messages.error(request, _("Lớp đã đủ người. Hãy tăng sĩ số tối đa rồi thêm lại."))
    else:
        messages.success(request, _("Đã thêm lại %(name)s vào lớp.") % {"name": found.shown_as})
    return redirect("classes:detail", pk)
