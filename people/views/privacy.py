"""What somebody asks about her data: she sends it, owner and support answer from a queue."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from people import holdings, queries
from people.actions import readings, requests
from people.forms import AnswerForm, FileRequestForm
from people.models import DataRequest, ReadingKind, User
from people.views.reader import reader_of


@never_cache
@login_required
@require_GET
def copy(request: HttpRequest) -> HttpResponse:
    """Everything kept about the reader, to read."""
    return render(request, "people/copy.html", {"parts": list(holdings.copy_for(reader_of(request)))})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def data_requests(request: HttpRequest) -> HttpResponse:
    """What the reader has asked, and a form to ask."""
    reader = reader_of(request)
    form = FileRequestForm(request.POST or None, initial={"kind": request.GET.get("kind", "")})
    if request.method == "POST" and form.is_valid():
        requests.file_request(person=reader, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Đã gửi yêu cầu. Trong 2 ngày làm việc bạn nhận được trả lời."))
        return redirect("data_requests")
    asked = DataRequest.objects.filter(person=reader).prefetch_related("steps").order_by("-filed_at")
    return render(request, "people/requests.html", {"form": form, "asked": asked})


@login_required
@require_POST
def cancel_request(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    mine = get_object_or_404(DataRequest, person=reader_of(request), pk=pk)
    try:
        requests.cancel_request(request=mine, now=timezone.now())
    except requests.RequestClosed:
        messages.warning(request, _("Yêu cầu này đã được trả lời, không rút lại được nữa."))
    else:
        messages.success(request, _("Đã rút yêu cầu."))
    return redirect("data_requests")


def _to_handle(request: HttpRequest, pk: uuid.UUID) -> DataRequest:
    queue = DataRequest.objects.to_handle(request.user).select_related("person", "handled_by")
    return get_object_or_404(queue, pk=pk)


@never_cache
@login_required
@require_GET
def request_queue(request: HttpRequest) -> HttpResponse:
    """What owner and support have to answer, the most urgent first; what is answered behind `?closed=1`."""
    if not queries.handles_requests(reader_of(request)):
        raise Http404
    closed = bool(request.GET.get("closed"))
    page = Paginator(queries.request_queue(reader_of(request), closed=closed), 50).get_page(request.GET.get("page"))
    return render(request, "people/queue.html", {"page": page, "closed": closed, "now": timezone.now()})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def handle_request(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One request: who asks, what was done so far, and the next step."""
    asked = _to_handle(request, pk)
    form = AnswerForm(request.POST or None, kind=asked.kind)
    if request.method == "POST" and form.is_valid():
        try:
            _take(asked, request.POST.get("step", ""), form.cleaned_data, reader_of(request))
        except (requests.RequestClosed, requests.AlreadyExtended):
            messages.warning(request, _("Yêu cầu này đã được trả lời hoặc đã gia hạn một lần."))
        else:
            messages.success(request, _("Đã ghi."))
        return redirect("handle_request", pk)
    readings.record_reading(reader=reader_of(request), kind=ReadingKind.PERSON, person=asked.person, people=1, now=timezone.now())
    steps = asked.steps.select_related("by").order_by("at", "pk")
    may_view = queries.may_view_as(reader_of(request), asked.person)
    context = {"asked": asked, "form": form, "steps": steps, "late": asked.overdue(timezone.now()), "may_view": may_view}
    return render(request, "people/request.html", context)


def _take(asked: DataRequest, step: str, said: dict[str, Any], by: User) -> None:
    now, answer = timezone.now(), said["answer"]
    if step == "acknowledge":
        requests.acknowledge_request(request=asked, by=by, now=now)
    elif step == "extend":
        requests.extend_request(request=asked, reason=answer, by=by, now=now)
    elif step == "refuse":
        requests.refuse_request(request=asked, answer=answer, by=by, now=now)
    elif step == "fulfil":
        requests.fulfil_request(request=asked, answer=answer, by=by, now=now, corrected=said)
    else:
        raise Http404
