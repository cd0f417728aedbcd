from __future__ import annotations

from django.urls import path

from courses import views

app_name = "courses"
urlpatterns = [
    path("<int:page_id>/enrol/", views.enrol, name="enrol"),
    path("lessons/<int:page_id>/answer/", views.answer, name="answer"),
    path("lessons/<int:page_id>/opened/", views.opened, name="opened"),
    path("lessons/<int:page_id>/done/", views.done, name="done"),
    path("enrolments/<uuid:enrolment_id>/withdraw/", views.withdraw, name="withdraw"),
]
