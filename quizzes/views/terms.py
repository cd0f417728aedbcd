"""Other terms for some learners: more time, another attempt, another window; who gave them and why."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from people.actions.readings import record_readings_of_people
from people.models import ReadingKind
from quizzes import actions, queries
from quizzes.forms import AccommodationForm, OverrideForm
from quizzes.models import QuizPage

A_PAGE = 50


def _page(request: HttpRequest, rows: Any) -> Any:
    """A page of rows that name learners, noted as read."""
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    people = [row.learner_id for row in page.object_list]
    record_readings_of_people(reader=request.user, kind=ReadingKind.TERMS, people=people, now=timezone.now())  # type: ignore[arg-type]
    return page


def _in_charge(request: HttpRequest) -> None:
    if not queries.gives_terms(request.user):
        raise Http404


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def terms(request: HttpRequest, page_id: int) -> HttpResponse:
    _in_charge(request)
    quiz = get_object_or_404(QuizPage.objects.live(), pk=page_id)
    form = OverrideForm(request.POST or None, quiz=quiz, by=request.user)
    if request.method == "POST" and form.is_valid():
        people = form.cleaned_data["people"]
        actions.give_override(
            quiz=quiz, learners=people, change=form.change, reason=form.cleaned_data["reason"], by=request.user,  # type: ignore[arg-type]
            now=timezone.now(), group=form.cleaned_data["key"] if len(people) > 1 else None,
        )  # fmt: skip
        told = ngettext("Đã ghi cho %(n)s người.", "Đã ghi cho %(n)s người.", len(people))
        messages.success(request, told % {"n": len(people)})
        return redirect("quizzes:terms", page_id)
    return render(request, "quizzes/terms.html", {
        "quiz": quiz, "form": form, "page": _page(request, queries.overrides_of(quiz, request.user)),
    })  # fmt: skip


@login_required
@require_POST
def withdraw_override(request: HttpRequest, pk: int) -> HttpResponse:
    """One, or with `group` all of its group whom she reaches."""
    _in_charge(request)
    found = get_object_or_404(queries.overrides_by(request.user), pk=pk)
    rows = [found]
    if found.group and "group" in request.POST:
        rows = list(queries.overrides_by(request.user).filter(group=found.group, withdrawn_at__isnull=True))
    for row in rows:
        actions.withdraw_override(override=row, by=request.user, now=timezone.now())  # type: ignore[arg-type]
    messages.success(request, _("Đã rút. Lượt đang làm vẫn giữ giờ đã hứa."))
    return redirect("quizzes:terms", found.quiz_id)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def accommodations(request: HttpRequest) -> HttpResponse:
    _in_charge(request)
    form = AccommodationForm(request.POST or None, by=request.user)
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        learner = wanted.pop("people")[0]
        actions.give_accommodation(learner=learner, by=request.user, now=timezone.now(), **wanted)  # type: ignore[arg-type]
        messages.success(request, _("Đã ghi cho %(name)s, ở mọi bài có tính giờ.") % {"name": learner.full_name})
        return redirect("quizzes:accommodations")
    page = _page(request, queries.accommodations_of(request.user))
    return render(request, "quizzes/accommodations.html", {"form": form, "page": page, "today": timezone.localdate()})


@login_required
@require_POST
def withdraw_accommodation(request: HttpRequest, pk: int) -> HttpResponse:
    _in_charge(request)
    found = get_object_or_404(queries.accommodations_of(request.user), pk=pk)
    actions.withdraw_accommodation(accommodation=found, by=request.user, now=timezone.now())  # type: ignore[arg-type]
    messages.success(request, _("Đã rút. Lượt đang làm vẫn giữ giờ đã hứa."))
    return redirect("quizzes:accommodations")
