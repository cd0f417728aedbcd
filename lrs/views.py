"""The LRS resources other tools speak to: Statements and About.

Answers are in English and short: they are read by the developers of those tools.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from lrs import actions, queries
from lrs.auth import credential_of
from lrs.models import Credential
from lrs.validation import Invalid, as_uuid, parse_json

_VERSIONS = re.compile(r"^(1\.0(\.[0-3])?|2\.0(\.0)?)$")
_LATEST = "2.0.0"
_KINDS: dict[type[Exception], int] = {
    Invalid: 400,
    RequestDataTooBig: 413,
    queries.NotYours: 403,
    actions.NotAllowed: 403,
    actions.Conflict: 409,
}


def _error(status: int, message: str) -> JsonResponse:
    return JsonResponse({"error": message}, status=status)


def _version(request: HttpRequest) -> str:
    return request.headers.get("X-Experience-API-Version", "")


def _finish(response: HttpResponse, version: str) -> HttpResponse:
    """The version is the request's own, by which a client of either edition is content."""
    response.headers["X-Experience-API-Version"] = version
    response.headers["X-Experience-API-Consistent-Through"] = queries.consistent_through(timezone.now())
    response.headers["Cache-Control"] = "no-store"
    return response


# Without CSRF protection, because no cookie counts here: every call proves itself by its key and secret.
@csrf_exempt
def statements(request: HttpRequest) -> HttpResponse:
    version = _version(request)
    if not _VERSIONS.match(version):
        return _finish(_error(400, "X-Experience-API-Version must be 1.0.3 or 2.0.0"), _LATEST)
    credential = credential_of(request.headers.get("Authorization", ""))
    if credential is None:
        response = _error(401, "a key and its secret are needed (HTTP Basic)")
        response.headers["WWW-Authenticate"] = 'Basic realm="xAPI", charset="UTF-8"'
        return _finish(response, version)
    handler = _HANDLERS.get(request.method or "")
    if handler is None:
        response = _error(405, "use GET, PUT or POST")
        response.headers["Allow"] = ", ".join(_HANDLERS)
        return _finish(response, version)
    try:
        return _finish(handler(request, credential), version)
    except tuple(_KINDS) as error:
        status = next(code for kind, code in _KINDS.items() if isinstance(error, kind))
        return _finish(_error(status, str(error) or "not allowed with this key"), version)


def _read(request: HttpRequest, credential: Credential) -> HttpResponse:
    if not credential.may_read:
        return _error(403, "this key may not read")
    doubled = [name for name, values in request.GET.lists() if len(values) > 1]
    if doubled:
        raise Invalid(f"the parameter {doubled[0][:80]!r} stands twice")
    body = queries.read_statements(parameters=request.GET.dict(), credential=credential, path=request.path)
    return HttpResponse(body, content_type="application/json") if body is not None else _error(404, "no such statement")


def _post(request: HttpRequest, credential: Credential) -> HttpResponse:
    if not credential.may_write:
        return _error(403, "this key may not write")
    if request.GET:
        raise Invalid("POST takes no parameters")
    value = _body(request)
    posted = value if isinstance(value, list) else [value]
    kept = actions.ingest(statements=posted, credential=credential, version=_version(request), now=timezone.now())
    return JsonResponse([str(one) for one in kept], safe=False)


def _put(request: HttpRequest, credential: Credential) -> HttpResponse:
    if not credential.may_write:
        return _error(403, "this key may not write")
    if set(request.GET) != {"statementId"}:
        raise Invalid("PUT takes the parameter statementId and no other")
    only_id: uuid.UUID = as_uuid(request.GET["statementId"], "statementId")
    actions.ingest(
        statements=[_body(request)], credential=credential, version=_version(request), now=timezone.now(), only_id=only_id
    )
    return HttpResponse(status=204)


def _body(request: HttpRequest) -> Any:
    if request.content_type != "application/json":
        raise Invalid("Content-Type must be application/json; attachments are not accepted here")
    return parse_json(request.body)


_HANDLERS: dict[str, Callable[[HttpRequest, Credential], HttpResponse]] = {
    "GET": _read,
    "HEAD": _read,
    "POST": _post,
    "PUT": _put,
}


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Open to all. A client of 1.0 is told of 1.0 only: tincan fails on a version it does not know."""
    version = _version(request)
    old = version.startswith("1.")
    body = json.dumps({"version": ["1.0.3"] if old else ["2.0.0", "1.0.3"]})
    return _finish(HttpResponse(body, content_type="application/json"), version if _VERSIONS.match(version) else _LATEST)
