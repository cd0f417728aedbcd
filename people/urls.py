from __future__ import annotations

from django.urls import path

from people import views

urlpatterns = [
    path("", views.account, name="account"),
    path("sign-up/", views.sign_up_start, name="sign_up_start"),
    path("name/", views.change_name, name="account_name"),
    path("consents/<slug:purpose>/", views.answer_consent, name="account_consent"),
    path("activate/", views.activate, name="account_activate"),
    path("activate/<str:token>/", views.activate_link, name="account_activate_link"),
    path("activate/<str:token>/join/", views.activate_join, name="account_activate_join"),
    path("data.json", views.data, name="account_data"),
]
