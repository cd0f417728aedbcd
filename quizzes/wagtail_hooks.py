"""The ways from the CMS to the bank of questions and to the pages on which answers are marked."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from people.queries import role_kinds
from quizzes.models import EDITING
from quizzes.queries import may_mark_somewhere


class MarkingItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return may_mark_somewhere(request.user)  # type: ignore[arg-type]


class BankItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return not set(EDITING).isdisjoint(role_kinds(request.user))  # type: ignore[arg-type]


@hooks.register("register_admin_menu_item")
def bank_item() -> MenuItem:
    return BankItem(_("Ngân hàng câu hỏi"), reverse("quizzes:bank"), name="question-bank", icon_name="list-ul", order=640)


@hooks.register("register_admin_menu_item")
def marking_item() -> MenuItem:
    return MarkingItem(_("Chấm bài"), reverse("quizzes:marking"), name="marking", icon_name="edit", order=650)
