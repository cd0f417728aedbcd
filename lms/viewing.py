"""Looking as a learner: the middleware that swaps the person for one request and lets that request change nothing.

The session stays the viewer's. Whether she still may is asked at every request; whatever a page would write is stopped
at the database, so that a page that writes when it is opened cannot write as somebody else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from classes.queries import teaches_member
from people.actions.impersonation import SESSION_KEY as KEY
from people.actions.impersonation import end
from people.models import Impersonation, User
from people.queries import Proof, live_impersonation, may_be_viewed, may_view_as, proof

# What a learner learns by. Never her account, certificates, attempts, classes' doors, nor any workplace or interface.
SHOWN = {"learn", "khoa-hoc/", "khoa-hoc/<path:path>", "wagtail_serve"}
# These stay the viewer's own: the way out, and what shows no person.
OWN = {"end_view_as", "account_logout", "livez", "readyz"}

_READS = re.compile(r"\s*(?:SELECT|EXPLAIN|BEGIN|SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT|PRAGMA)\b", re.IGNORECASE)


class WouldWrite(Exception):
    """The page tried to change something while it was only looked at."""


def _only_reads(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    if many or not _READS.match(str(sql)) or re.search(r"\bFOR UPDATE\b", str(sql), re.IGNORECASE):
        raise WouldWrite(str(sql)[:40])
    return execute(sql, params, many, context)


def still_may(viewer: User, held: Impersonation) -> bool:
    """Asked at each request, so that a role taken away ends the look at once."""
    if held.group:
        return may_be_viewed(held.person) and teaches_member(viewer, held.group, held.person)
    return may_view_as(viewer, held.person)


class ViewAs:
    """After everything that keeps the viewer's own session in step, before the page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(request, "viewing", None):
            response.headers["Cache-Control"] = "private, no-store"
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not request.user.is_authenticated or KEY not in request.session:
            return None
        viewer, match = request.user, request.resolver_match
        assert isinstance(viewer, User)
        held = live_impersonation(viewer, request.session[KEY], timezone.now())
        proven = proof(viewer, get_authentication_records(request, viewer), staff=True) in {Proof.GIVEN, Proof.NOT_NEEDED}
        if held is None or not proven or not still_may(viewer, held):
            del request.session[KEY]
            return render(request, "people/view_as_over.html", status=403)
        name = (match.view_name if match.url_name else match.route) if match else ""
        if name in OWN:
            if name == "account_logout" and request.method == "POST":
                end(viewer=viewer, now=timezone.now())
            return None
        request.viewing = held  # type: ignore[attr-defined]
        if request.method not in {"GET", "HEAD", "OPTIONS"} or name not in SHOWN:
            return render(request, "people/view_as_stop.html", {"why": "closed"}, status=403)
        return self._shown(request, viewer, held, view, args, kwargs)

    @staticmethod
    def _shown(request: HttpRequest, viewer: User, held: Impersonation, view: Any, args: Any, kwargs: Any) -> HttpResponse:
        """The page, rendered to its end inside the guard: a lazy response would write after it."""
        kept = dict(request.session.items())
        request.user = held.person
        wrappers = [connections[name].execute_wrapper(_only_reads) for name in connections]
        for wrapper in wrappers:
            wrapper.__enter__()
        try:
            with transaction.atomic():  # so that the refusal of one statement leaves the connection usable
                response = view(request, *args, **kwargs)
                if hasattr(response, "render"):
                    response.render()
            return response
        except WouldWrite:
            return render(request, "people/view_as_stop.html", {"why": "writes"}, status=403)
        finally:
            for wrapper in reversed(wrappers):
                wrapper.__exit__(None, None, None)
            request.user = viewer
            _put_back(request, kept)


def _put_back(request: HttpRequest, kept: dict[str, Any]) -> None:
    """What the page left in the session would be taken for the viewer's own work."""
    if dict(request.session.items()) == kept:
        return
    for name in set(request.session.keys()) - set(kept):
        del request.session[name]
    for name, value in kept.items():
        request.session[name] = value
