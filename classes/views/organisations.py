"""The tree of organisations, one organisation with its history, and the operations on it in two steps."""

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
from classes.agency_forms import (
    CloseForm,
    ConfirmForm,
    FileForm,
    MergeForm,
    MoveForm,
    OperationForm,
    RenameForm,
    SplitForm,
)
from classes.views.access import officer_scope, overseen, table_file
from people.models import OperationKind, Organisation, OrganisationFile
from people.organisation_file import KINDS
from people.text import nfc


@login_required
@require_GET
def tree(request: HttpRequest) -> HttpResponse:
    officer_scope(request)
    words, ended = nfc(request.GET.get("q", "")), request.GET.get("ended") == "1"
    rows, page = queries.tree_page(
        request.user, words=words, ended=ended, page=request.GET.get("page", 1), today=timezone.localdate()
    )
    context = {
        "rows": rows, "page": page, "words": words, "ended": ended, "kinds": KINDS, "owner": queries.held_paths(request.user),
    }  # fmt: skip
    return render(request, "agencies/tree.html", context)


@login_required
@require_GET
def unit(request: HttpRequest, code: str) -> HttpResponse:
    found = overseen(request, code)
    ended = request.GET.get("ended") == "1"
    context = {
        "unit": found, "ended": ended, "kinds": KINDS,
        "shown": queries.unit_page(
            found, viewer_above=queries.above(found, request.user), page=request.GET.get("page", 1), ended=ended,
            today=timezone.localdate(),
        ),
        "may_rename": queries.may_change(request.user, found, rename=True),
        "may_change": queries.may_change(request.user, found),
    }  # fmt: skip
    return render(request, "agencies/unit.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def rename(request: HttpRequest, code: str) -> HttpResponse:
    return _ask(request, code, OperationKind.RENAME, RenameForm)


@login_required
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, code: str) -> HttpResponse:
    return _ask(request, code, OperationKind.MOVE, MoveForm)


@login_required
@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, code: str) -> HttpResponse:
    return _ask(request, code, OperationKind.MERGE, MergeForm)


@login_required
@require_http_methods(["GET", "POST"])
def split(request: HttpRequest, code: str) -> HttpResponse:
    return _ask(request, code, OperationKind.SPLIT, SplitForm)


@login_required
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, code: str) -> HttpResponse:
    return _ask(request, code, OperationKind.CLOSE, CloseForm)


def _ask(request: HttpRequest, code: str, kind: OperationKind, form_class: type[OperationForm]) -> HttpResponse:
    """Fill in, see the effect, confirm. What was filled in travels hidden beside the preview."""
    found, today = _changeable(request, code, kind), timezone.localdate()
    within = queries.own_units(request.user)
    form = form_class(request.POST or None, unit=found, within=within, today=today)
    context = {"unit": found, "form": form, "kind": kind, "near": [], "undo_days": queries.UNDO_DAYS}
    context["above"] = queries.above(found, request.user)
    if kind not in {OperationKind.RENAME, OperationKind.SPLIT}:
        context["near"] = queries.near(found, request.user)
    if request.method == "POST" and form.is_valid() and not {"edit", "divide"} & set(request.POST):
        if "confirm" in request.POST:
            done = _confirmed(request, form)
            if done is not None:
                return done
            context["changed"] = True
        context["plan"] = queries.plan_for(form.wanted(), today=today)
        context["outside"] = not queries.in_charge(request.user, context["plan"])
    return render(request, "agencies/reorganise.html", context)


def _changeable(request: HttpRequest, code: str, kind: OperationKind) -> Organisation:
    found = overseen(request, code)
    if not queries.may_change(request.user, found, rename=kind == OperationKind.RENAME):
        raise Http404
    return found


def _confirmed(request: HttpRequest, form: OperationForm) -> HttpResponse | None:
    """The deed, or None when it must be looked at again."""
    data = form.cleaned_data
    try:
        done = actions.reorganise(
            key=data["key"], wanted=form.wanted(), seen=data["seen"], reason=data["reason"], by=request.user, now=timezone.now()
        )
    except (actions.PlanChanged, actions.PlanRefused):
        return None
    except actions.NotInCharge:
        raise Http404 from None
    messages.success(request, _("Đã xong: %(what)s.") % {"what": done.get_kind_display().lower()})
    return redirect("agencies:operation", done.pk)


# --- what was done ------------------------------------------------------------------------------------------------------


@login_required
@require_GET
def operations(request: HttpRequest) -> HttpResponse:
    officer_scope(request)
    page = queries.operations(request.user, page=request.GET.get("page", 1))
    return render(request, "agencies/operations.html", {"page": page, "owner": queries.held_paths(request.user)})


@login_required
@require_GET
def operation(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = get_object_or_404(queries.visible_operations(request.user), pk=pk)
    context = {
        "operation": found, "changes": found.changes.select_related("organisation").order_by("pk")[:200],
        "effect": queries.effect_words(found), "verdict": queries.undo_verdict(found, now=timezone.now()),
        "may_undo": queries.may_undo(request.user, found),
    }  # fmt: skip
    return render(request, "agencies/operation.html", context)


@login_required
@require_POST
def undo(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = get_object_or_404(queries.visible_operations(request.user), pk=pk)
    try:
        actions.undo_operation(operation=found, by=request.user, now=timezone.now())
    except actions.NotInCharge:
        raise Http404 from None
    except actions.UndoRefused as error:
        messages.error(request, _("Không hoàn tác được. %(why)s") % {"why": error})
        return redirect("agencies:operation", pk)
    messages.success(request, _("Đã hoàn tác. Mọi thứ trở lại như trước."))
    return redirect("agencies:operations")


# --- import -------------------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
def import_file(request: HttpRequest) -> HttpResponse:
    _owner(request)
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        kept = actions.keep_file(
            key=data["key"], name=data["file"].name, table=data["table"], by=request.user, now=timezone.now()
        )
        return redirect("agencies:import_preview", kept.pk)
    return render(request, "agencies/import.html", {"form": form})


@login_required
@require_GET
def import_template(request: HttpRequest, extension: str) -> HttpResponse:
    _owner(request)
    header, rows = queries.import_template()
    return table_file("mau-co-quan", extension, _("Cơ quan"), header, rows)


@login_required
@require_http_methods(["GET", "POST"])
def import_preview(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The dry run, made anew each time it is looked at; confirmed, it is applied."""
    _owner(request)
    kept = get_object_or_404(OrganisationFile, pk=pk, uploaded_by=request.user)
    form = ConfirmForm(request.POST or None)
    context = {"file": kept, "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            data = form.cleaned_data
            done = actions.apply_table(key=kept.pk, table=kept.table, by=request.user, now=timezone.now(), **data)
        except (actions.PlanChanged, actions.PlanRefused):
            context["changed"] = True
        else:
            messages.success(request, _("Đã nhập tệp %(name)s.") % {"name": kept.name})
            return redirect("agencies:operation", done.pk)
    context["shown"] = queries.import_plan(kept.table, today=timezone.localdate(), by=request.user)
    return render(request, "agencies/import_preview.html", context)


@login_required
@require_GET
def import_errors(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The wrong lines to mend and send again."""
    _owner(request)
    kept = get_object_or_404(OrganisationFile, pk=pk, uploaded_by=request.user)
    header, rows = queries.import_errors(kept.table, today=timezone.localdate(), by=request.user)
    return table_file(f"dong-loi-{kept.name.rpartition('.')[0]}", "xlsx", _("Dòng lỗi"), header, rows)


def _owner(request: HttpRequest) -> None:
    if not queries.held_paths(request.user):
        raise Http404
