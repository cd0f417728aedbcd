"""Pages of allauth that do a little more here; they stand before allauth's own."""

from __future__ import annotations

from django.urls import path

from people.views import entrance, national

urlpatterns = [
    path("2fa/totp/activate/", entrance.activate_totp, name="mfa_activate_totp"),
    path("2fa/webauthn/add/", entrance.add_passkey, name="mfa_add_webauthn"),
    path("oidc/<slug:provider_id>/login/", national.login, name="openid_connect_login"),
    path("oidc/<slug:provider_id>/login/callback/", national.callback, name="openid_connect_callback"),
    path("3rdparty/signup/", national.sign_up, name="socialaccount_signup"),
    path("3rdparty/login/cancelled/", national.cancelled, name="socialaccount_login_cancelled"),
    path("3rdparty/merged/", national.merged, name="account_merged"),
]
