from __future__ import annotations

from django.urls import path

from reminders import views

app_name = "reminders"
urlpatterns = [
    path("", views.rules, name="rules"),
    path("hours/", views.sending_hours, name="hours"),
    path("changes/", views.changes, name="changes"),
    path("mine/", views.mine, name="mine"),
    path("phone/", views.phone, name="phone"),
    path("phone/code/", views.phone_code, name="phone_code"),
    path("phone/remove/", views.remove_phone, name="phone_remove"),
    path("stop/<str:token>/", views.stop, name="stop"),
    path("rehearsals/<uuid:pk>/", views.rehearsal, name="rehearsal"),
    path("rehearsals/<uuid:pk>/progress.json", views.progress, name="progress"),
    path("<slug:rule>/", views.rule, name="rule"),
    path("<slug:rule>/off/", views.switch_off, name="off"),
]
