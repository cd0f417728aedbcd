"""PINs of pupils: signing in with one, and the slips that the teacher prints."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from classes import actions, codes, queries
from classes.forms import PinForm
from classes.models import ClassMember, TrainingClass
from classes.views.access import class_member, failed_too_often, note_failure, note_reading, taught_class
from people.models import ReadingKind
from people.text import fold

# Failures in ten minutes: of one pupil, and of one class, so that nobody tries one PIN on all names.
OF_ONE, OF_CLASS = 8, 100


@sensitive_post_parameters("pin")
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    form, status = PinForm(request.POST or None, initial={"code": request.GET.get("ma", "")}), 200
    if request.method == "POST" and form.is_valid():
        code = codes.read_join_code(form.cleaned_data["code"])
        pupil = f"{code}:{fold(form.cleaned_data['name'])}"
        if failed_too_often("pin", pupil, OF_ONE) or failed_too_often("pin", code, OF_CLASS):
            form.add_error(None, _("Đã thử sai nhiều lần. Hãy chờ mười phút, hoặc nhờ thầy cô đặt lại mã PIN."))
            status = 429
        else:
            try:
                member = actions.member_by_pin(**form.cleaned_data)
            except actions.WrongPin:
                note_failure("pin", pupil)
                note_failure("pin", code)
                form.add_error(None, _("Mã lớp, tên và mã PIN chưa khớp. Em xem lại thẻ; thầy cô đặt lại mã PIN được."))
            else:
                return _in(request, member)
    return render(request, "classes/sign_in.html", {"form": form}, status=status)


def _in(request: HttpRequest, member: ClassMember) -> HttpResponse:
    login(request, member.learner, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session.set_expiry(0)  # a computer of the school is shared
    messages.success(request, _("Chào %(name)s.") % {"name": member.shown_as.split()[-1]})
    return redirect("learn")


@login_required
@never_cache
@require_POST
def slips(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """New PINs for all accounts of the class."""
    training_class = taught_class(request, pk)
    return _show(request, training_class, queries.with_own_account(training_class))


@login_required
@never_cache
@require_POST
def reset(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    member = class_member(request, pk, number)
    return _show(request, member.training_class, [member])


def _show(request: HttpRequest, training_class: TrainingClass, members: list[ClassMember]) -> HttpResponse:
    """PINs are in this answer and nowhere else, so it is no redirect and is kept by nobody."""
    try:
        made = actions.set_pins(training_class=training_class, members=members)
    except actions.NotOurAccount:
        raise Http404 from None
    note_reading(request, ReadingKind.SLIPS, people=len(made), group=training_class.pk)
    context = {"class": training_class, "slips": made, "page": request.get_host() + "/classes/sign-in/"}
    return render(request, "classes/pin_slips.html", context)
