from __future__ import annotations

from django.urls import path

from certificates import views

app_name = "certificates"
urlpatterns = [
    path("", views.lookup, name="lookup"),
    path("claim/<uuid:enrolment_id>/", views.claim, name="claim"),
    path("<str:code>.pdf", views.pdf, name="pdf"),
    path("<str:code>/", views.verify, name="verify"),
]
