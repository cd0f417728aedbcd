from __future__ import annotations

from django.urls import path

from people import views

urlpatterns = [
    path("", views.account, name="account"),
    path("sign-up/", views.sign_up_start, name="sign_up_start"),
    path("name/", views.change_name, name="account_name"),
    path("consents/<slug:purpose>/", views.answer_consent, name="account_consent"),
    path("data.json", views.data, name="account_data"),
    path("data/", views.copy, name="account_copy"),
    path("requests/", views.data_requests, name="data_requests"),
    path("requests/<uuid:pk>/cancel/", views.cancel_request, name="cancel_request"),
    path("requests/queue/", views.request_queue, name="request_queue"),
    path("requests/queue/<uuid:pk>/", views.handle_request, name="handle_request"),
]
