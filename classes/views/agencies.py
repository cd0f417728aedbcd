"""The officer's workplace: completion by agency, what is required, people of one unit."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from classes import actions, queries
from classes.forms import RequirementForm
from classes.models import StaffGroup, StaffRequirement
from classes.queries import lists
from classes.views.access import note_reading, officer_scope, overseen, table_file
from people.models import Organisation, ReadingKind
from people.text import nfc


@login_required
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    roots, now = officer_scope(request), timezone.now()
    views = lists.kept_views(request.user)
    if not request.GET and (opened := next((one for one in views if one.first and one.query), None)):
        return redirect(f"{request.path}?{opened.query}")
    may_require = len(roots) == 1 and queries.may_require(request.user, roots[0])
    state = queries.state_of_counts()
    context = {
        "roots": roots, "today": timezone.localdate(now), "may_require": may_require, "views": views,
        "query": lists.view_of(request.GET.urlencode()),
        # All that the page shows follows from these, so it is made once for whoever oversees the same.
        "kept_by": [state, timezone.localdate(now), may_require, *(root.pk for root in roots), request.get_full_path()],
        "standing": SimpleLazyObject(lambda: _standing(request, roots, now, state[0])),
    }  # fmt: skip
    return render(request, "agencies/overview.html", context)


@login_required
@require_GET
def agency(request: HttpRequest, code: str) -> HttpResponse:
    officer_scope(request)
    unit, now, state = overseen(request, code), timezone.now(), request.GET.get("state", "")
    courses = queries.course_choices()
    asked, page, may_require = _asked(request, courses), request.GET.get("page", 1), queries.may_require(request.user, unit)
    course_title = dict(courses).get(asked["course_id"], "")
    required = queries.in_force([unit])
    people = queries.people(
        unit, now=now, course_id=asked["course_id"], state=state, page=page, required=required, course_title=course_title
    )
    # People are read anew each time; the figures follow from these and are the same for whoever may do the same here.
    counted_at = queries.counted_at()
    kept_by = [
        counted_at, [(one.pk, one.set_at) for one in required], timezone.localdate(now), may_require, unit.pk,
        request.get_full_path(),
    ]  # fmt: skip
    context = {
        "unit": unit, "above": queries.above(unit, request.user), "states": queries.PEOPLE_STATES.items(), "state": state,
        "people": people, "may_require": may_require, "course_title": course_title, "kept_by": kept_by,
        "standing": SimpleLazyObject(lambda: _standing(request, [unit], now, counted_at, required=required, courses=courses)),
    }  # fmt: skip
    note_reading(request, ReadingKind.UNIT, people=len(people.page), organisation=unit)
    return render(request, "agencies/agency.html", context)


@login_required
@require_GET
def export(request: HttpRequest, extension: str, code: str = "") -> HttpResponse:
    roots = officer_scope(request)
    shown = queries.agency_table([overseen(request, code)] if code else roots, now=timezone.now(), **_asked(request))
    header, rows = queries.agency_rows(shown)
    return table_file(f"hoan-thanh-{code or 'theo-co-quan'}", extension, _("Hoàn thành theo cơ quan"), header, rows)


@login_required
@require_GET
def export_people(request: HttpRequest, code: str, extension: str) -> HttpResponse:
    officer_scope(request)
    unit, state = overseen(request, code), request.GET.get("state", "")
    header, rows = queries.people_rows(unit, now=timezone.now(), course_id=_asked(request)["course_id"], state=state)
    note_reading(request, ReadingKind.UNIT_FILE, people=len(rows), organisation=unit)
    return table_file(f"danh-sach-{code}", extension, unit.label, header, rows)


@login_required
@require_http_methods(["GET", "POST"])
def require(request: HttpRequest, code: str) -> HttpResponse:
    """Fill in, see whom it concerns, confirm. `?course=` opens what is required already."""
    unit, now = overseen(request, code), timezone.now()
    if not queries.may_require(request.user, unit):
        raise Http404
    form = RequirementForm(request.POST or None, now=now, existing=queries.requirement_in(unit, request.GET.get("course", "")))
    context: dict[str, Any] = {"unit": unit, "form": form}
    if request.method == "POST" and form.is_valid() and "edit" not in request.POST:
        if "confirm" in request.POST and _required(request, unit, form, now):
            return redirect("agencies:agency", code)
        wanted = form.wanted()
        context |= {
            "covered": queries.covered(unit, now=now, **wanted), "wanted": wanted,
            "groups": [StaffGroup(group).label for group in wanted["groups"]],
            "existing": queries.requirement_in(unit, str(wanted["course"].pk)),
        }  # fmt: skip
    return render(request, "agencies/require.html", context)


def _required(request: HttpRequest, unit: Organisation, form: RequirementForm, now: dt.datetime) -> bool:
    try:
        made = actions.require_course(organisation=unit, officer=request.user, now=now, **form.wanted())  # type: ignore[arg-type]
    except actions.NothingToAssign:
        form.add_error("course", _("Khóa này chưa có bài nào mở. Hãy chọn khóa khác."))
        return False
    told = _("Từ nay “%(title)s” là bắt buộc ở %(unit)s.")
    messages.success(request, told % {"title": made.course.title, "unit": unit.label})
    return True


@login_required
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """What comes of it, then it is done."""
    unit = overseen(request, code)
    if not queries.may_require(request.user, unit):
        raise Http404
    row = get_object_or_404(StaffRequirement.objects.filter(organisation=unit).select_related("organisation", "course"), pk=pk)
    if request.method == "GET":
        return render(request, "agencies/withdraw.html", {"unit": unit, "asked": row})
    actions.withdraw_requirement(requirement=row, officer=request.user, now=timezone.now())
    messages.success(request, _("“%(title)s” không còn bắt buộc ở %(unit)s.") % {"title": row.course.title, "unit": unit.label})
    return redirect("agencies:agency", code)


def _standing(
    request: HttpRequest, roots: list[Organisation], now: dt.datetime, counted_at: dt.datetime | None, *,
    required: list[StaffRequirement] | None = None, courses: list[tuple[int, str]] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What both pages show of their agencies: the table, what is required, and the filter as it stands."""
    courses = queries.course_choices() if courses is None else courses
    asked, required = _asked(request, courses), queries.in_force(roots) if required is None else required
    return {
        "table": queries.agency_table(roots, now=now, counted=(counted_at,), **asked),
        "overview": queries.overview(roots, now=now, course_id=asked["course_id"], required=required),
        "deeper": queries.units_found(roots, name=asked["name"], today=timezone.localdate(now)),
        "courses": courses,
        "course_title": dict(courses).get(asked["course_id"], ""),
        "asked": asked,
        "now": now,
    }


def _asked(request: HttpRequest, courses: list[tuple[int, str]] | None = None) -> dict[str, Any]:
    """The filter in the address. A course that does not exist is as none."""
    known = {str(course_id): course_id for course_id, _title in courses or queries.course_choices()}
    return {
        "course_id": known.get(request.GET.get("course", "")), "name": nfc(request.GET.get("q", "")),
        "sort": request.GET.get("sort", ""), "descending": request.GET.get("desc") == "1",
    }  # fmt: skip
