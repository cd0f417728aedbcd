"""Who may touch people in Wagtail's admin: superusers only, whatever permissions a group was given.

Wagtail holds that whoever may edit users may become superuser (its policy, security V32), so this power is not delegated.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from wagtail import hooks
from wagtail.admin.menu import MenuItem


@hooks.register("construct_settings_menu")
def hide_users_and_groups(request: HttpRequest, menu_items: list[MenuItem]) -> None:
    if not request.user.is_superuser:
        menu_items[:] = [item for item in menu_items if item.name not in {"users", "groups"}]


def _superuser_only(request: HttpRequest, *objects: Any) -> None:
    if not request.user.is_superuser:
        raise PermissionDenied


hooks.register("before_create_user", _superuser_only)
hooks.register("before_edit_user", _superuser_only)
hooks.register("before_delete_user", _superuser_only)
