"""The national sign-in: allauth's OpenID Connect provider, with what it leaves out.

allauth 65 brings state and PKCE. It asks for no nonce, does not look at `acr`, takes an id_token without looking at its
signature because it came over TLS, lets the address of the log-in change scopes and parameters, and keeps all claims. Here a
nonce binds the token to this browser, every token is verified, and nothing of the claims is kept but the subject.
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialAccount, SocialLogin, SocialToken
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from requests import RequestException

from people import oidc
from people.models import User


class NotSureEnough(ProviderException):
    """oidc.TooLow, as allauth passes it on."""


class NationalAdapter(OpenIDConnectOAuth2Adapter):
    """One exchange with the provider."""

    # What we noted before the browser left; set by the callback.
    state: dict[str, Any] = {}

    @property
    def openid_config(self) -> dict[str, Any]:
        """The provider's description of itself. It must be of the issuer we were told to trust, to the letter."""
        if not hasattr(self, "_openid_config"):
            described = self._json(self.get_provider().server_url)
            if described.get("issuer") != settings.OIDC_ISSUER:
                raise OAuth2Error("issuer")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if urlsplit(str(described.get(name))).scheme not in {"https", urlsplit(settings.OIDC_ISSUER).scheme}:
                    raise OAuth2Error(name)
            self._openid_config = described
        return self._openid_config

    def _json(self, url: str, **more: Any) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            answer = session.get(url, **more)
            answer.raise_for_status()
        found = answer.json()
        if not isinstance(found, dict):
            raise OAuth2Error(url)
        return found

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        """Used once, for what else there is to know about the person; never kept."""
        return SocialToken(token=str(data["access_token"]))

    def complete_login(self, request: HttpRequest, app: Any, token: SocialToken, **kwargs: Any) -> SocialLogin:
        try:
            claims = oidc.verified(
                kwargs["response"].get("id_token"), self._json(self.openid_config["jwks_uri"]), nonce=self.state.get("nonce", "")
            )
            read = oidc.read({**self._told_besides(claims, token), **claims})
        except oidc.NotTrusted as error:
            raise OAuth2Error(str(error)) from error
        except oidc.TooLow as error:
            raise NotSureEnough from error
        login = SocialLogin(
            user=User(), account=SocialAccount(provider=self.provider_id, uid=read.subject), provider=self.get_provider()
        )
        login.claims = read  # type: ignore[attr-defined]
        return login

    def _told_besides(self, claims: dict[str, Any], token: SocialToken) -> dict[str, Any]:
        """What stands in userinfo. It counts only if it is about the same person."""
        where = self.openid_config.get("userinfo_endpoint")
        if not where or not settings.OIDC_USERINFO:
            return {}
        told = self._json(where, headers={"Authorization": f"Bearer {token.token}"})
        if not constant_time_compare(str(told.get("sub", "")), str(claims["sub"])):
            raise oidc.NotTrusted("userinfo")
        # How sure the provider is, it says in what it signs.
        return {name: value for name, value in told.items() if name != "acr"}


class NationalProvider(OpenIDConnectProvider):
    oauth2_adapter_class = NationalAdapter

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, Any]:
        """Never from the address: a link could ask for less than we want."""
        return self.get_auth_params()

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        return self.get_scope()

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        kwargs["nonce"] = secrets.token_urlsafe(24)
        kwargs["auth_params"] = {**self.get_auth_params(), "nonce": kwargs["nonce"]}
        connecting = process == AuthProcess.CONNECT and request.user.is_authenticated
        if connecting:
            # Whose account it was: another may be signed in by the time the browser is back.
            kwargs["connect_to"] = request.user.pk
        try:
            return super().redirect(
                request, AuthProcess.CONNECT if connecting else AuthProcess.LOGIN, next_url=next_url, data=data, **kwargs
            )
        except (RequestException, OAuth2Error) as error:
            return render_authentication_error(request, self, exception=error)


class Callback(OAuth2CallbackView):
    adapter: NationalAdapter

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().dispatch(request, *args, **kwargs)
        except (RequestException, OAuth2Error) as error:  # allauth looks for the provider before it listens for errors
            return render_authentication_error(request, self.adapter.get_provider(), exception=error)
        return response

    def _get_state(self, request: HttpRequest, provider: Any) -> tuple[dict[str, Any] | None, HttpResponse | None]:
        state, response = super()._get_state(request, provider)
        # RFC 9207: a provider that names itself must be the one we went to.
        if state is not None and request.GET.get("iss", settings.OIDC_ISSUER) != settings.OIDC_ISSUER:
            return None, render_authentication_error(request, provider, exception=OAuth2Error("iss"))
        self.adapter.state = state or {}
        return state, response
