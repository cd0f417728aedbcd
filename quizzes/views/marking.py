"""Marking by hand and marking anew: for teachers, editors and owners."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people.actions.readings import record_reading
from people.models import ReadingKind
from quizzes import actions, queries
from quizzes.forms import DecisionForm, MarkForm, ReasonForm, ScopeForm
from quizzes.models import Attempt, ManualMark, QuizPage, RegradedAttempt, Slot

_A_PAGE = 25


def _marker(request: HttpRequest) -> Any:
    """Whoever may mark somewhere, else 404."""
    if not queries.may_mark_somewhere(request.user):  # type: ignore[arg-type]
        raise Http404
    return request.user


@login_required
@never_cache
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """What waits, by question."""
    user = _marker(request)
    context = {"piles": queries.piles(user), "may_regrade": queries.may_regrade(user)}
    return render(request, "quizzes/marking/queue.html", context)


@login_required
@never_cache
@require_safe
def pile(request: HttpRequest, quiz_id: int, question_id: int) -> HttpResponse:
    """The answers to one question: those that wait, and those that this reader has marked. 404 where there is neither."""
    user, quiz = _marker(request), get_object_or_404(QuizPage, pk=quiz_id)
    marked = list(queries.marked(user, quiz, question_id)[:_A_PAGE])
    page = Paginator(queries.pile(user, quiz, question_id), _A_PAGE).get_page(request.GET.get("page"))
    first = next(iter([*page, *marked]), None)
    if first is None:
        if not Attempt.objects.markable_by(user).filter(quiz=quiz, slots__version__question=question_id).exists():
            raise Http404
        return redirect("quizzes:marking")
    context = {"quiz": quiz, "version": first.version, "page": page, "marked": marked}
    return render(request, "quizzes/marking/pile.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mark(request: HttpRequest, slot_id: int) -> HttpResponse:
    """One answer with its rubric; POST gives it a mark and goes on to the next."""
    slot = _slot(request, slot_id)
    paper = queries.paper(slot, request.user)  # type: ignore[arg-type]
    form = MarkForm(request.POST if request.method == "POST" else None, paper=paper)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            given = _give(request, paper, form.wanted())
        except actions.MarkedMeanwhile as error:
            paper, status = queries.paper(slot, request.user), 409  # type: ignore[arg-type]
            form.add_error(None, _overtaken(error))
        except (actions.NotWaiting, actions.NotMarker):
            messages.info(request, _("Bài này không còn chờ bạn chấm."))
            return redirect("quizzes:pile", slot.attempt.quiz_id, slot.version.question_id)
        else:
            return _on(request, paper, given)
    context = {"paper": paper, "form": form, "quiz": slot.attempt.quiz, "version": slot.version}
    return render(request, "quizzes/marking/mark.html", context, status=422 if form.errors and status == 200 else status)


def _slot(request: HttpRequest, slot_id: int) -> Slot:
    try:
        slot = queries.paper_of(request.user, slot_id)
    except Slot.DoesNotExist as error:
        raise Http404 from error
    learner = slot.attempt.enrolment.learner
    record_reading(reader=request.user, kind=ReadingKind.PERSON, people=1, now=timezone.now(), person=learner)  # type: ignore[arg-type]
    return slot


def _give(request: HttpRequest, paper: queries.Paper, wanted: dict[str, Any]) -> ManualMark:
    """Raises MarkedMeanwhile, NotWaiting, NotMarker."""
    act: dict[str, Any] = {"slot": paper.slot, "marker": request.user, "now": timezone.now()}
    if not paper.late:
        return actions.give_mark(**act, **wanted)
    return actions.correct_mark(**act, reason=wanted.pop("comment"), **wanted)


def _overtaken(error: actions.MarkedMeanwhile) -> str:
    told = {"name": error.mark.marker.full_name}
    return _("%(name)s vừa chấm bài này. Bạn xem điểm ấy ở dưới rồi quyết định.") % told


def _on(request: HttpRequest, paper: queries.Paper, given: ManualMark) -> HttpResponse:
    """To the next answer to the same question, or back to the list."""
    mark, most = (number_format(one.normalize()) for one in (given.mark, paper.slot.max_mark))
    told = {"name": paper.name, "mark": mark, "most": most}
    messages.success(request, _("Đã chấm %(name)s: %(mark)s trên %(most)s điểm.") % told)
    following = None if paper.late else queries.next_waiting(request.user, paper.slot)
    if following:
        return redirect("quizzes:mark", following.pk)
    return redirect("quizzes:pile", paper.slot.attempt.quiz_id, paper.slot.version.question_id)


# --- marking anew ------------------------------------------------------------------------------------------------------


def _regrader(request: HttpRequest) -> Any:
    if not queries.may_regrade(request.user):
        raise Http404
    return request.user


@login_required
@never_cache
@require_safe
def regradings(request: HttpRequest) -> HttpResponse:
    """Which quizzes can be marked anew, what was, and what a person has yet to look at."""
    user = _regrader(request)
    context = {
        "quizzes": queries.quizzes_sat(), "history": queries.regradings()[:_A_PAGE], "flagged": queries.flagged()[:100],
        "may_decide": queries.may_decide(user), "form": DecisionForm(),
    }  # fmt: skip
    return render(request, "quizzes/marking/regradings.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def regrade(request: HttpRequest, quiz_id: int) -> HttpResponse:
    """The dry run of what is asked for; POST confirms exactly the one that was shown."""
    user, quiz = _regrader(request), get_object_or_404(QuizPage, pk=quiz_id)
    form = ScopeForm(request.GET if "hand_too" in request.GET else None, quiz=quiz)
    context: dict[str, Any] = {"quiz": quiz, "form": form, "reason": ReasonForm(request.POST or None)}
    scope = form.scope() if form.is_valid() else None
    if request.method == "POST" and scope and context["reason"].is_valid():
        try:
            made = actions.confirm_regrading(scope=scope, by=user, now=timezone.now(), **context["reason"].cleaned_data)
        except actions.PlanMoved:
            context["moved"] = True
        else:
            actions.apply_regradings(now=timezone.now(), regrading=made)
            messages.success(request, _("Đã ghi quyết định chấm lại. Người học được báo kèm lý do."))
            return redirect("quizzes:regradings")
    context["plan"] = queries.plan(scope) if scope else None
    return render(request, "quizzes/marking/regrade.html", context)


@login_required
@require_POST
def look(request: HttpRequest, pk: int) -> HttpResponse:
    """What a person decided about a flagged result."""
    if not queries.may_decide(request.user):  # type: ignore[arg-type]
        raise Http404
    row, form = get_object_or_404(RegradedAttempt.objects.exclude(flag=""), pk=pk), DecisionForm(request.POST)
    if form.is_valid():
        actions.look_at_flag(row=row, by=request.user, now=timezone.now(), **form.cleaned_data)  # type: ignore[arg-type]
        messages.success(request, _("Đã ghi quyết định."))
    else:
        messages.error(request, _("Chưa ghi: hãy viết bạn quyết định gì."))
    return redirect("quizzes:regradings")
