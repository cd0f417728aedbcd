"""Where things are. Fixed addresses, see docs/design.md §5."""

from __future__ import annotations

from django.urls import include, path, re_path
from django.views.generic import RedirectView
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from courses.views import page as course_page
from lms import views

urlpatterns = [
    path("livez", views.livez, name="livez"),
    path("readyz", views.readyz, name="readyz"),
    path("display/", views.display, name="display"),
    path("learn/", views.learn, name="learn"),
    path("account/readings/", views.readings, name="readings"),
    path("account/", include("people.urls")),
    path("accounts/", include("people.entrance_urls")),
    # Not allauth.urls: its own way to an OpenID provider checks less than ours (people/national.py).
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("courses/", include("courses.urls")),
    path("quizzes/", include("quizzes.urls")),
    path("certificates/", include("certificates.urls")),
    path("classes/", include("classes.urls")),
    path("agencies/", include("classes.agency_urls")),
    path("plans/", include("plans.urls")),
    path("reminders/", include("reminders.urls")),
    path("xapi/", include("lrs.urls")),
    # Wagtail's own doors would let people in past our limits and past the second factor: log-in and reset of the editor,
    # and the log-in it has for private pages.
    path("cms/login/", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    re_path(r"^cms/password_reset/", RedirectView.as_view(pattern_name="account_reset_password")),
    path("_util/login/", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    path("cms/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("khoa-hoc/<path:path>", course_page),
    path("khoa-hoc/", course_page, {"path": ""}),
    path("", include(wagtail_urls)),
]
