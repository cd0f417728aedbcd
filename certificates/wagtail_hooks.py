"""The wording of certificates is edited in the CMS; certificates themselves never appear there."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from certificates.models import CertificateTemplate


class EditOnly(ModelPermissionPolicy):
    """The one template is reworded, never added or deleted: without it nothing could be issued."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action not in {"add", "delete"} and super().user_has_permission(user, action)


register_permission_policy(CertificateTemplate, EditOnly(CertificateTemplate))


class CertificateTemplateViewSet(SnippetViewSet):
    model = CertificateTemplate
    icon = "doc-full"
    menu_label = _("Mẫu giấy xác nhận")
    menu_order = 700
    add_to_admin_menu = True
    copy_view_enabled = False
    inspect_view_enabled = False
    list_display = ["name", "title", "issuer", "is_default"]
    panels = [
        MultiFieldPanel(
            [FieldPanel("name"), FieldPanel("title"), FieldPanel("statement"), FieldPanel("notice")],
            _("Lời trên giấy"),
            help_text=_("Giấy đã cấp giữ nguyên lời cũ. Tiêu đề có chữ “chứng chỉ” chỉ dành cho cơ sở được phép cấp."),
        ),
        FieldPanel("issuer"),
        MultiFieldPanel([FieldRowPanel([FieldPanel("signatory_name"), FieldPanel("signatory_title")])], _("Người ký")),
    ]


register_snippet(CertificateTemplateViewSet)
