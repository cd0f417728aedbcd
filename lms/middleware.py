from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import urlencode
from wagtail.models import PageLogEntry

from courses.actions import GuestProgress, adopt_guest_progress
from courses.guests import SESSION_KEY
from lms.access import rule_of_request
from people.actions.sessions import note_sign_in
from people.queries import Proof, proof

Handler = Callable[[HttpRequest], HttpResponse]


class ChosenLanguage:
    """The language the reader chose, else Vietnamese.

    Django's own LocaleMiddleware would follow the phone: a phone sold in English would show English buttons
    around Vietnamese lessons to somebody who reads no English.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.known = {code for code, _name in settings.LANGUAGES}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in self.known else settings.LANGUAGE_CODE
        translation.activate(language)
        request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class SharedPageCache:
    """Public pages for readers without a session are answered from memory until the page tree changes.

    The key holds the last id of Wagtail's page log: publishing, moving, reordering, unpublishing and deleting each
    write an entry, so nothing has to be told to forget. A response is kept only when it is a plain 200 HTML page that
    sets no cookie and was not marked private; readers with a session cookie never get here (fault drill F44).

    The public pages of plans say themselves of when their figures are, and a minute later they may be a minute older.
    """

    seconds, of_plans = 600, 60

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self.shared(request):
            return self.get_response(request)
        key = self.key(request)
        kept = cache.get(key)
        if kept is not None:
            body, headers = kept
            return HttpResponse(body, headers={**headers, "X-Page-Cache": "hit"})
        response = self.get_response(request)
        if (
            response.status_code == 200
            and not response.streaming
            and not response.cookies
            and response.get("Content-Type", "").startswith("text/html")
            and "private" not in response.get("Cache-Control", "")
            and "no-store" not in response.get("Cache-Control", "")
        ):
            seconds = self.of_plans if request.path.startswith("/plans/") else self.seconds
            cache.set(key, (response.content, dict(response.items())), seconds)
        return response

    @staticmethod
    def shared(request: HttpRequest) -> bool:
        return (
            request.method == "GET"
            and settings.SESSION_COOKIE_NAME not in request.COOKIES
            and settings.CSRF_COOKIE_NAME not in request.COOKIES
            and (request.path == "/" or request.path.startswith(("/khoa-hoc/", "/plans/")))
            and len(request.META.get("QUERY_STRING", "")) < 200
        )

    @staticmethod
    def key(request: HttpRequest) -> str:
        last = PageLogEntry.objects.order_by("-pk").values_list("pk", flat=True).first()
        cookies = (request.COOKIES.get(name, "") for name in ("size", "theme", "view", settings.LANGUAGE_COOKIE_NAME))
        parts = "\n".join([str(last), request.get_host(), request.get_full_path(), *cookies])
        return "page:" + hashlib.sha256(parts.encode()).hexdigest()


class GuestWorkFollows:
    """What was done as a guest is brought into the account at the first request after signing in.

    The session survives signing in; nothing else knows of both the guest's work and the account.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and SESSION_KEY in request.session:
            kept = request.session.pop(SESSION_KEY)
            progress = [GuestProgress(course_key=key, **record) for key, record in kept.items()]
            adopt_guest_progress(learner=request.user, progress=progress, now=timezone.now())
        return self.get_response(request)


class EditorPolicy:
    """Wagtail's editor runs inline scripts (Wagtail issue 1288): under /cms/ alone the content policy allows them."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith("/cms/"):
            response._csp_update = {  # type: ignore[attr-defined]
                "script-src": ["'unsafe-inline'", "'unsafe-eval'"],
                "style-src": ["'unsafe-inline'"],
                "img-src": ["blob:"],
                "worker-src": ["blob:"],
            }
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Who is signed in and is no editor finds nothing here. Wagtail would send her to the log-in page, which sends who
        is signed in back again, without end."""
        if not request.path.startswith("/cms/") or request.user.is_anonymous:
            return
        if not request.user.has_perm("wagtailadmin.access_admin"):
            raise Http404


class SecondFactor:
    """Who holds power over others opens its screens with two factors only (security V28).

    Which screens those are stands in lms.access; an address without a rule counts as one. What the learner sees stays
    open with a password alone. Guarded pages, where factors are changed, ask everybody who has one for it: a session
    opened before there was a factor must not take it away again.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.user.is_anonymous:
            return None
        match = request.resolver_match
        rule = rule_of_request(match) if match else None
        if rule is not None and not (rule.staff or rule.guarded):
            return None
        records = get_authentication_records(request, request.user)
        staff, editor = rule is None or rule.staff, request.path.startswith("/cms/")
        owed = proof(request.user, records, staff=staff, always=editor)
        if owed in {Proof.NOT_NEEDED, Proof.GIVEN}:
            return None
        target = request.get_full_path() if request.method == "GET" else reverse("learn")
        page = "second_factor" if owed is Proof.NO_FACTOR else "mfa_reauthenticate"
        return HttpResponseRedirect(f"{reverse(page)}?{urlencode({'next': target})}")


class SignInNoted:
    """Keeps the list of devices in step: once an hour a session, and when its key has changed. Otherwise no query."""

    marker, seconds = "sign_in", 3600

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.session.session_key
        if key and request.user.is_authenticated:
            before, seen = request.session.get(self.marker, ("", 0))
            now = timezone.now()
            if before != key or now.timestamp() - seen > self.seconds:
                agent = request.headers.get("User-Agent", "")
                note_sign_in(user=request.user, session_key=key, before=before, user_agent=agent, now=now)
                request.session[self.marker] = [key, int(now.timestamp())]
        return self.get_response(request)
