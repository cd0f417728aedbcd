"""The second factor: why staff need one, and the way to it and back."""

from __future__ import annotations

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from people import queries
from people.views.reader import reader_of, safe_next

# Where the reader wanted to go before she was asked for a second factor.
AFTERWARDS = "after_second_factor"


@never_cache
@login_required
@require_GET
def second_factor(request: HttpRequest) -> HttpResponse:
    """Why, and the way to it; who has given hers is sent on to where she wanted to go."""
    reader, wanted = reader_of(request), safe_next(request)
    if wanted:
        request.session[AFTERWARDS] = wanted
    proof = queries.proof(reader, get_authentication_records(request, reader), staff=True)
    if proof is queries.Proof.NOT_YET:
        return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': reverse('second_factor')})}")
    if proof is not queries.Proof.NO_FACTOR:
        return redirect(request.session.pop(AFTERWARDS, "") or "learn")
    return render(request, "people/second_factor.html", {"roles": queries.roles_of(reader)})


class ProvenAtOnce:
    """Setting a factor up has proven it for this session: it is not asked for again at the next click."""

    request: HttpRequest

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        made = Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES).filter(user=self.request.user).latest("pk")
        record_authentication(self.request, self.request.user, "mfa", id=made.pk, type=made.type)
        return response


class ActivateTOTP(ProvenAtOnce, ActivateTOTPView):
    pass


class AddPasskey(ProvenAtOnce, AddWebAuthnView):
    pass


activate_totp = ActivateTOTP.as_view()
add_passkey = AddPasskey.as_view()
