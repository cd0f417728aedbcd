"""Looking up, verifying, claiming and opening certificates."""

from __future__ import annotations

import logging
import re
import uuid
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from certificates import actions, queries
from certificates.forms import LookupForm
from certificates.models import Certificate
from courses.models import Enrolment
from people.text import fold

log = logging.getLogger(__name__)

_TRIES, _SECONDS = 60, 600


def _too_many(request: HttpRequest) -> bool:
    """Whether this address has asked for more than 60 codes in ten minutes. Never blocks while the cache is down."""
    key = f"certificate-lookup:{get_adapter().get_client_ip(request)}"
    try:
        cache.add(key, 0, _SECONDS)
        return cache.incr(key) > _TRIES
    except Exception:
        log.warning("look-ups of certificates are not limited: the cache does not answer", exc_info=True)
        return False


def _page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page no search engine keeps. `never_cache` around the views sees to caches: a revoked paper shows at once."""
    response = render(request, f"certificates/{template}.html", context, status=status)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _unknown(request: HttpRequest) -> HttpResponse:
    limited = _too_many(request)
    return _page(request, "unknown", {"form": LookupForm(), "limited": limited}, 429 if limited else 404)


@never_cache
@require_safe
def lookup(request: HttpRequest) -> HttpResponse:
    if "code" not in request.GET:
        return _page(request, "lookup", {"form": LookupForm()})
    if _too_many(request):
        return _page(request, "unknown", {"form": LookupForm(), "limited": True}, 429)
    form = LookupForm(request.GET)
    if form.is_valid():
        return redirect("certificates:verify", form.certificate.code)
    return _page(request, "lookup", {"form": form})


@never_cache
@require_safe
def verify(request: HttpRequest, code: str) -> HttpResponse:
    page = queries.public_page(typed=code, viewer=request.user)
    if page is None:
        return _unknown(request)
    if page.certificate.code != code:
        return redirect("certificates:verify", page.certificate.code)
    if page.mine and page.certificate.valid:
        return _page(request, "mine", {"page": page, "facts": queries.facts(page.certificate)})
    return _page(request, "verify", {"page": page, "form": LookupForm(), "checked_at": timezone.now()})


@never_cache
@login_required
@require_safe
def pdf(request: HttpRequest, code: str) -> HttpResponseBase:
    """The document, drawn now if no sweep has done so yet. `?open=1` shows it for printing."""
    certificate = get_object_or_404(Certificate.objects.visible_to(request.user), code=code)
    try:
        drawn = actions.render(certificate=certificate)
    except actions.Revoked:
        return redirect("certificates:verify", code)
    response = FileResponse(
        drawn.pdf.open("rb"),
        as_attachment="open" not in request.GET,
        filename=_file_name(drawn),
        content_type="application/pdf",
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return response


def _file_name(certificate: Certificate) -> str:
    """Plain letters only: some phones and mail programs still spoil accents in file names."""
    words = re.findall(r"[a-z0-9]+", fold(f"{certificate.course_code} {certificate.full_name}"))
    return "-".join(["xac-nhan", *words]) + ".pdf"


@login_required
@require_POST
def claim(request: HttpRequest, enrolment_id: uuid.UUID) -> HttpResponse:
    """Issue now what the sweep would issue within a minute, so that nobody waits at the finish."""
    enrolment = get_object_or_404(
        Enrolment.objects.filter(learner_id=request.user.pk).select_related("learner", "course", "outline"), pk=enrolment_id
    )
    try:
        certificate = actions.issue(enrolment=enrolment, now=timezone.now())
    except actions.NotCompleted as error:
        parts = ", ".join(error.missing)
        messages.warning(request, _("Chưa có giấy xác nhận vì khóa học chưa xong. Còn thiếu: %(parts)s.") % {"parts": parts})
        return redirect("learn")
    except actions.NoTemplate:
        messages.error(request, _("Giấy xác nhận đang được chuẩn bị. Bạn đã hoàn thành khóa học, hãy quay lại sau ít phút."))
        return redirect("learn")
    return redirect("certificates:verify", certificate.code)
