"""The way from the CMS to the pages on which answers are marked."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from quizzes.queries import may_mark_somewhere


class MarkingItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return may_mark_somewhere(request.user)  # type: ignore[arg-type]


@hooks.register("register_admin_menu_item")
def marking_item() -> MenuItem:
    return MarkingItem(_("Chấm bài"), reverse("quizzes:marking"), name="marking", icon_name="edit", order=650)
