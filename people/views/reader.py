"""Who reads, and where she wanted to go."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from people.models import User


def reader_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # behind login_required
    return request.user


def safe_next(request: HttpRequest) -> str:
    """The address in `next` if it is one of ours, else ""."""
    target = request.POST.get("next") or request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return target if safe else ""
