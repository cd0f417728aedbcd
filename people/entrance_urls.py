"""Pages of allauth that do a little more here; they stand before allauth's own."""

from __future__ import annotations

from django.urls import path

from people.views import entrance

urlpatterns = [
    path("2fa/totp/activate/", entrance.activate_totp, name="mfa_activate_totp"),
    path("2fa/webauthn/add/", entrance.add_passkey, name="mfa_add_webauthn"),
]
