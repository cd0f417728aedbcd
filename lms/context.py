"""What every template may use: reading settings, who is signed in, the navigation of that person."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from people.queries import role_kinds


@dataclass(frozen=True)
class Display:
    """The reader's own size, theme and view, "" for what the site and the device have."""

    size: str
    theme: str
    view: str

    sizes: ClassVar = (("", gettext_lazy("Thường")), ("lg", gettext_lazy("Lớn")), ("xl", gettext_lazy("Rất lớn")))
    themes: ClassVar = (("", gettext_lazy("Theo máy")), ("light", gettext_lazy("Sáng")), ("dark", gettext_lazy("Tối")))

    @property
    def simple(self) -> bool:
        """One idea a screen, large, no navigation. Workplaces stay as they are."""
        return self.view == "simple"


def display(request: HttpRequest) -> Display:
    """From cookies; an unknown value is as none."""
    known = {"size": {"lg", "xl"}, "theme": {"light", "dark"}, "view": {"simple"}}
    chosen = {name: request.COOKIES.get(name, "") for name in known}
    return Display(**{name: value if value in known[name] else "" for name, value in chosen.items()})


class Way(NamedTuple):
    label: str
    url: str
    current: bool


@cache
def _ways(kinds: frozenset[str], language: str) -> tuple[tuple[str, str], ...]:
    """In that language, which is the one of the request: texts and addresses are made once."""
    items: list[tuple[str, str]] = []
    if "teacher" in kinds:
        items.append((_("Lớp của tôi"), reverse("classes:list")))
    if kinds & {"officer", "owner", "auditor"}:
        items.append((_("Cơ quan"), reverse("agencies:overview")))
        items.append((_("Kế hoạch"), reverse("plans:list")))
    if kinds & {"owner", "support"}:
        items.append((_("Yêu cầu dữ liệu"), reverse("request_queue")))
    # An owner's row is full: marking and the bank are in the CMS for her (quizzes.wagtail_hooks), where editors have them too.
    if kinds & {"teacher", "editor"} and "owner" not in kinds:
        items.append((_("Chấm bài"), reverse("quizzes:marking")))
    if kinds & {"editor", "owner"}:
        items.append((_("Soạn bài"), reverse("wagtailadmin_home")))
    if "editor" in kinds and "owner" not in kinds:
        items.append((_("Câu hỏi"), reverse("quizzes:bank")))
    return (*items, (_("Khóa học"), "/khoa-hoc/"), (_("Việc học của tôi"), reverse("learn")), (_("Trợ giúp"), "/tro-giup/"))


def navigation(request: HttpRequest) -> tuple[Way, ...]:
    """The way through the site for this person: staff have their workplaces first, then what every learner has."""
    user = request.user
    kinds = frozenset(role_kinds(user)) if user.is_authenticated else frozenset()
    return tuple(Way(label, url, request.path.startswith(url)) for label, url in _ways(kinds, get_language() or ""))


def site(request: HttpRequest) -> dict[str, Any]:
    def account() -> str:
        return request.user.get_short_name() if request.user.is_authenticated else ""

    return {
        "display": display(request),
        "navigation": SimpleLazyObject(lambda: navigation(request)),
        "account": SimpleLazyObject(account),
        "languages": tuple(settings.LANGUAGES),
        "support_email": settings.SUPPORT_EMAIL,
        # None where no national sign-in is set up: then there is no button either.
        "national": _national(),
    }


def _national() -> dict[str, str] | None:
    if not settings.OIDC_ISSUER:
        return None
    return {"name": settings.OIDC_NAME, "url": reverse("openid_connect_login", args=[settings.OIDC_ID])}
