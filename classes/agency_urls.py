"""The officer's workplace. An agency is named by its code, which is what officers write in their own tables."""

from __future__ import annotations

from django.urls import path, re_path

from classes.views import agencies

app_name = "agencies"
urlpatterns = [
    path("", agencies.overview, name="overview"),
    re_path(r"^export\.(?P<extension>csv|xlsx)$", agencies.export, name="export"),
    path("<str:code>/", agencies.agency, name="agency"),
    re_path(r"^(?P<code>[^/]+)/export\.(?P<extension>csv|xlsx)$", agencies.export, name="agency_export"),
    re_path(r"^(?P<code>[^/]+)/people\.(?P<extension>csv|xlsx)$", agencies.export_people, name="people_export"),
    path("<str:code>/require/", agencies.require, name="require"),
    path("<str:code>/requirements/<int:pk>/withdraw/", agencies.withdraw, name="withdraw"),
]
