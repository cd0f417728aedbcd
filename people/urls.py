from __future__ import annotations

from django.urls import path

from people.views import account, activation, duplicates, entrance, national, privacy, staff

urlpatterns = [
    path("", account.account, name="account"),
    path("sign-up/", account.sign_up_start, name="sign_up_start"),
    path("name/", account.change_name, name="account_name"),
    path("consents/<slug:purpose>/", account.answer_consent, name="account_consent"),
    path("activate/", activation.activate, name="account_activate"),
    path("activate/<str:token>/", activation.activate_link, name="account_activate_link"),
    path("activate/<str:token>/join/", activation.activate_join, name="account_activate_join"),
    path("data.json", account.data, name="account_data"),
    path("data/", privacy.copy, name="account_copy"),
    path("requests/", privacy.data_requests, name="data_requests"),
    path("requests/<uuid:pk>/cancel/", privacy.cancel_request, name="cancel_request"),
    path("requests/queue/", privacy.request_queue, name="request_queue"),
    path("requests/queue/<uuid:pk>/", privacy.handle_request, name="handle_request"),
    path("sessions/end/", account.end_session, name="account_end_session"),
    path("ways-in/", national.ways_in, name="ways_in"),
    path("ways-in/<int:pk>/unlink/", national.unlink, name="unlink_identity"),
    path("second-factor/", entrance.second_factor, name="second_factor"),
    path("staff/", staff.powers, name="staff_powers"),
    path("staff/grant/", staff.grant, name="staff_grant"),
    path("staff/requests/<int:pk>/", staff.decide, name="staff_decide"),
    path("staff/roles/<int:pk>/end/", staff.end, name="staff_end"),
    path("staff/duplicates/", duplicates.listing, name="staff_duplicates"),
    path("staff/merge/<int:kept>/<int:closed>/", duplicates.merge, name="staff_merge"),
    path("staff/merges/<int:pk>/undo/", duplicates.undo, name="staff_unmerge"),
    path("staff/<int:pk>/reset-second-factor/", staff.reset_second_factor, name="staff_reset_second_factor"),
]
