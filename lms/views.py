"""What belongs to no single app: health, reading settings, "my learning"."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.paginator import Paginator
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from lms.celery import app as celery_app
from lms.queries import my_learning, readings_about

YEAR = 60 * 60 * 24 * 365


@require_GET
def livez(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, cache and broker answer, else 503 with what does not."""
    state = {name: answers(ask) for name, ask in {"database": _database, "cache": _cache, "broker": _broker}.items()}
    return JsonResponse(state, status=200 if set(state.values()) == {"ok"} else 503)


def answers(ask: Callable[[], None]) -> str:
    try:
        ask()
    except Exception:  # noqa: BLE001  whatever is wrong, the answer is the same
        return "down"
    return "ok"


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _cache() -> None:
    cache.set("readyz", "1", 5)
    if cache.get("readyz") != "1":
        raise RuntimeError("the cache forgot at once")


def _broker() -> None:
    with celery_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=2)


@csrf_exempt  # changes nothing but the reader's own cookie, and lets public pages be the same for everybody
@require_POST
def display(request: HttpRequest) -> HttpResponse:
    """Keep the reader's size, theme, view and language in cookies, then back to the page."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        target = "/"
    response = HttpResponseRedirect(target)
    known = {"size": {"", "lg", "xl"}, "theme": {"", "light", "dark"}, "view": {"", "simple"}}
    for name, values in known.items():
        value = request.POST.get(name)
        if value in values:
            response.set_cookie(name, value, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    language = request.POST.get("language")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    return response


@login_required
@require_GET
def learn(request: HttpRequest) -> HttpResponse:
    """What to continue, what is due, what is earned."""
    return render(request, "learn.html", my_learning(request.user, timezone.now()))


@never_cache
@login_required
@require_GET
def readings(request: HttpRequest) -> HttpResponse:
    """Which members of staff read the reader's data, the last time first."""
    page = Paginator(readings_about(request.user), 50).get_page(request.GET.get("page"))
    return render(request, "people/readings.html", {"page": page})
