from __future__ import annotations

from django.urls import path

from lrs import views

app_name = "lrs"
urlpatterns = [
    path("statements", views.statements, name="statements"),
    path("about", views.about, name="about"),
]
