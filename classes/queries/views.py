"""The views of her tables that an officer keeps, and what may be kept: parts of an address, never a whole one."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from django.db.models import QuerySet

from classes.models import SavedView
from people.models import Organisation, User

_KNOWN = ("course", "q", "sort", "desc", "state")
_MOST = 500


def kept_address(code: str, query: str) -> str:
    """Of the agency `code` ("" for the start page) with the parameters we know; everything else in `query` is dropped."""
    asked = [(name, value) for name, value in parse_qsl(query, max_num_fields=40) if name in _KNOWN][:10]
    return f"{f'{code}/' if code else ''}?{urlencode(asked)}"[:_MOST]


def saved_views(owner: User) -> QuerySet[SavedView]:
    return SavedView.objects.filter(owner=owner).order_by("name", "pk")


def start_view(owner: User) -> SavedView | None:
    """What the bare start page opens, while what it shows is still hers to see. Two queries at most."""
    found = SavedView.objects.filter(owner=owner, starts=True).first()
    if found is None:
        return None
    code = found.address.partition("?")[0].strip("/")
    return found if not code or Organisation.objects.visible_to(owner).filter(code=code).exists() else None
