"""Who is sent to a class: the officer's side and the trainer's."""

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
from classes.forms import ReasonForm
from classes.models import Nomination, TrainingClass
from classes.views.access import taught_class
from people.models import User
from people.text import nfc


@login_required
@require_GET
def open_classes(request: HttpRequest) -> HttpResponse:
    if not queries.is_officer(request.user):
        raise Http404
    return render(request, "classes/open_classes.html", {"classes": queries.open_classes(request.user)})


@login_required
@require_http_methods(["GET", "POST"])
def nominate(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Staff of the officer to tick; those who asked stand first."""
    found = get_object_or_404(queries.classes_for_agencies(request.user), pk=pk)
    name = nfc(request.GET.get("q", ""))
    if request.method == "POST":
        _send(request, found)
        return redirect(request.get_full_path())
    page = queries.candidates(request.user, found, name=name).get_page(request.GET.get("page"))
    people = queries.as_candidates(list(page.object_list), found)
    context = {"class": found, "page": page, "people": people, "name": name, "free": queries.free_places(found)}
    return render(request, "classes/nominate.html", context)


def _send(request: HttpRequest, training_class: TrainingClass) -> None:
    wanted = [int(value) for value in request.POST.getlist("person") if value.isdigit()][:500]
    people = list(User.objects.visible_to(request.user).filter(pk__in=wanted))
    if not people:
        messages.error(request, _("Chưa cử ai: hãy đánh dấu ít nhất một người."))
        return
    try:
        made = actions.nominate(training_class=training_class, people=people, officer=request.user, now=timezone.now())
    except actions.TimesClash as error:
        names = ", ".join(person.full_name for person in error.args[:10])
        told = _("Chưa cử ai: đã có buổi học khác cùng giờ: %(names)s. Hãy bỏ những người này.")
        messages.error(request, told % {"names": names})
    except (actions.NotYours, actions.ClassClosed):
        raise Http404 from None
    else:
        placed = sum(one.state == "placed" for one in made)
        told = _("Đã cử %(all)s người: %(placed)s người có chỗ, %(waiting)s người chờ có chỗ.")
        messages.success(request, told % {"all": len(made), "placed": placed, "waiting": len(made) - placed})


@login_required
@require_POST
def refuse(request: HttpRequest, pk: uuid.UUID, nomination: int) -> HttpResponse:
    """The agency does not send who asked."""
    found = get_object_or_404(queries.classes_for_agencies(request.user), pk=pk)
    mine = Nomination.objects.filter(training_class=found, person__in=queries.staff_of(request.user))
    one = get_object_or_404(mine, pk=nomination)
    _decline(request, one)
    return redirect("classes:nominate", pk)


@login_required
@require_GET
def waiting(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = taught_class(request, pk)
    context = {"class": found, "rows": queries.nominations_of(found), "free": queries.free_places(found)}
    return render(request, "classes/waiting.html", context)


@login_required
@require_POST
def turn_away(request: HttpRequest, pk: uuid.UUID, nomination: int) -> HttpResponse:
    found = taught_class(request, pk)
    _decline(request, get_object_or_404(Nomination.objects.filter(training_class=found), pk=nomination))
    return redirect("classes:waiting", pk)


def _decline(request: HttpRequest, nomination: Nomination) -> None:
    form = ReasonForm(request.POST)
    if form.is_valid():
        actions.decline(nomination=nomination, by=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Đã ghi: không nhận, kèm lý do."))
    else:
        messages.error(request, _("Chưa từ chối: hãy ghi vì sao."))
