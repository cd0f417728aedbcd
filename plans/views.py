from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from plans import actions, queries, reports_pdf, reports_xlsx
from plans.forms import MeasurementForm
from plans.models import Plan
from plans.queries import Ledger


@require_safe
def plan_list(request: HttpRequest) -> HttpResponse:
    return render(request, "plans/list.html", {"plans": queries.plans_with_targets()})


@require_safe
def plan(request: HttpRequest, code: str) -> HttpResponse:
    found = _plan(code)
    whole = queries.ledger(plan=found, viewer=request.user, now=timezone.now(), period_code=request.GET.get("ky", ""))
    if whole is None:
        if request.GET.get("ky"):
            raise Http404
        kept = {"plan": found, "targets": queries.written_targets(found), "sections": queries.sections(found)}
        return render(request, "plans/plan_kept.html", kept)
    group, lead = request.GET.get("nhom", ""), request.GET.get("chu-tri", "")
    ledger = whole.filtered(group=group, lead=lead)
    return render(request, "plans/plan.html", {"plan": found, "whole": whole, "ledger": ledger, "group": group, "lead": lead})


def indicator(request: HttpRequest, code: str, indicator: str) -> HttpResponse:
    page = queries.indicator_page(plan=_plan(code), code=indicator, viewer=request.user, now=timezone.now())
    if page is None or (request.method == "POST" and not page.may_enter):
        raise Http404
    given = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = MeasurementForm(*given, indicator=page.indicator, periods=page.open_periods, initial={"period": page.period.code})
    if request.method == "POST" and form.is_valid():
        return _enter(request, page, form)
    return render(request, "plans/indicator.html", {"page": page, "form": form, "plan": page.plan})


def _enter(request: HttpRequest, page: queries.IndicatorPage, form: MeasurementForm) -> HttpResponse:
    given: dict[str, Any] = form.cleaned_data
    try:
        actions.enter_measurement(indicator=page.indicator, by=request.user, now=timezone.now(), **given)
    except actions.PeriodClosed:
        messages.error(request, _("Kỳ này đã chốt nên không sửa số được nữa. Hãy ghi vào kỳ sau."))
    except actions.NotAValue:
        messages.error(request, _("Con số không thể nhỏ hơn 0. Hãy xem lại rồi ghi lại."))
    else:
        done = {"code": page.indicator.code, "period": given["period"].name}
        messages.success(request, _("Đã ghi số của %(code)s cho %(period)s.") % done)
    return redirect("plans:indicator", page.plan.code, page.indicator.code)


@require_POST
@login_required
def close(request: HttpRequest, code: str, period: str) -> HttpResponse:
    found = _plan(code).periods.filter(code=period).first()
    if found is None:
        raise Http404
    try:
        actions.close_period(period=found, by=request.user, now=timezone.now())
    except actions.NotAllowed as error:
        raise Http404 from error
    except actions.NotYetCutOff:
        messages.error(request, _("Chưa đến giờ chốt số liệu nên chưa chốt kỳ được."))
    else:
        messages.success(request, _("Đã chốt %(period)s. Số của kỳ này không đổi nữa.") % {"period": found.name})
    return redirect("plans:plan", code)


@require_safe
@login_required
def report_pdf(request: HttpRequest, code: str, period: str) -> HttpResponse:
    ledger = _report(request, code, period)
    head = queries.report_head(request.user, ledger.plan)
    body = reports_pdf.draw(ledger, head=head, made_at=timezone.now(), made_by=request.user.get_full_name())
    return _download(body, "application/pdf", f"bao-cao-{code}-{period}.pdf")


@require_safe
@login_required
def report_xlsx(request: HttpRequest, code: str, period: str) -> HttpResponse:
    ledger = _report(request, code, period)
    body = reports_xlsx.write(ledger, made_at=timezone.now(), made_by=request.user.get_full_name())
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _download(body, kind, f"so-lieu-{code}-{period}.xlsx")


@require_safe
@login_required
def evidence(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    measurement = queries.evidence_for(request.user, pk)
    if measurement is None:
        raise Http404
    name = measurement.evidence_file.name.rsplit("/", 1)[-1]
    response = FileResponse(
        measurement.evidence_file.open("rb"), as_attachment=True, filename=name, content_type="application/octet-stream"
    )
    return _private(response)


def _plan(code: str) -> Plan:
    found = queries.plan_by_code(code)
    if found is None:
        raise Http404
    return found


def _report(request: HttpRequest, code: str, period: str) -> Ledger:
    with translation.override("vi"):  # the report is an administrative document, whatever language its reader chose
        ledger = queries.ledger(plan=_plan(code), viewer=request.user, now=timezone.now(), period_code=period)
    if ledger is None or not ledger.access.report:
        raise Http404
    return ledger


def _download(body: bytes, kind: str, name: str) -> HttpResponse:
    return _private(HttpResponse(body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}))


def _private(response: Any) -> Any:
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
