from __future__ import annotations

from django.urls import path

from plans import views

app_name = "plans"
urlpatterns = [
    path("", views.plan_list, name="list"),
    path("evidence/<int:pk>/", views.evidence, name="evidence"),
    path("<str:code>/", views.plan, name="plan"),
    path("<str:code>/indicators/<str:indicator>/", views.indicator, name="indicator"),
    path("<str:code>/periods/<str:period>/close/", views.close, name="close"),
    path("<str:code>/reports/<str:period>.pdf", views.report_pdf, name="report_pdf"),
    path("<str:code>/reports/<str:period>.xlsx", views.report_xlsx, name="report_xlsx"),
]
