"""A real OpenID provider on loopback: discovery, authorisation code with PKCE, signed id_tokens, userinfo. It keeps to the
standard strictly, except where a test tells it to misbehave in one way."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "hoc-ai", "bi-mat-cua-khach"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ANOTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
AN = {"sub": "an-1", "name": "Nguyễn Thị An", "birthdate": "1956-03-02", "personal_id": "079156000123", "acr": "loa2"}


@dataclass
class Provider:
    """`person`: who signs in at it now. `twist`: what a test changes in the claims of the id_token."""

    person: dict[str, Any] = field(default_factory=lambda: dict(AN))
    twist: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    key: Any = KEY
    algorithm: str = "RS256"
    discovered: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] | None = None
    slow: float = 0
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    exchanged: list[dict[str, str]] = field(default_factory=list)
    issuer: str = ""

    # --- what the browser of the person does there ---

    def authorise(self, url: str) -> str:
        """Signs the person in and says where her browser is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.asked.append(asked)
        assert url.startswith(f"{self.issuer}/authorize?") and asked["response_type"] == "code" and asked["client_id"] == CLIENT
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    # --- what it answers ---

    def discovery(self) -> dict[str, Any]:
        here = self.issuer
        return {
            "issuer": here, "authorization_endpoint": f"{here}/authorize", "token_endpoint": f"{here}/token",
            "jwks_uri": f"{here}/jwks", "userinfo_endpoint": f"{here}/userinfo", "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"], "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"], "code_challenge_methods_supported": ["S256"],
            **self.discovered,
        }  # fmt: skip

    def jwks(self) -> dict[str, Any]:
        return {"keys": [{**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "k1", "use": "sig"}]}

    def token(self, sent: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.exchanged.append(sent)
        asked = self.codes.pop(sent.get("code", ""), None)
        if asked is None or (sent.get("client_id"), sent.get("client_secret")) != (CLIENT, SECRET):
            return 400, {"error": "invalid_grant"}
        proof = base64.urlsafe_b64encode(hashlib.sha256(sent.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        if asked.get("code_challenge_method") != "S256" or proof != asked.get("code_challenge"):
            return 400, {"error": "invalid_grant", "error_description": "code_verifier"}
        if sent.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "bearer-1", "token_type": "Bearer", "expires_in": 60, "id_token": self.id_token(asked)}

    def id_token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, **self.person}
        claims |= {"nonce": asked["nonce"]} if "nonce" in asked else {}
        if self.algorithm == "none":
            return jwt.encode(self.twist(claims), None, algorithm="none", headers={"kid": "k1"})
        return jwt.encode(self.twist(claims), self.key, algorithm=self.algorithm, headers={"kid": "k1"})


def serve(provider: Provider, port: int = 0) -> ThreadingHTTPServer:
    """Answers until `shutdown`."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *words: Any) -> None:
            pass

        def answer(self, status: int, body: Any) -> None:
            told = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def do_GET(self) -> None:
            time.sleep(provider.slow)
            path = urlsplit(self.path).path
            if path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorise(f"{provider.issuer}{self.path}"))
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif path == "/.well-known/openid-configuration":
                self.answer(200, provider.discovery())
            elif path == "/jwks":
                self.answer(200, provider.jwks())
            elif path == "/userinfo" and self.headers["Authorization"] == "Bearer bearer-1":
                self.answer(200, provider.person if provider.userinfo is None else provider.userinfo)
            else:
                self.answer(404, {})

        def do_POST(self) -> None:
            sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.answer(*provider.token({name: values[0] for name, values in sent.items()}))

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
