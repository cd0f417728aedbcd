"""The site on one's own machine (`make run`): no service needed, real error pages, demo city allowed."""

from __future__ import annotations

import secrets

from lms import env

from .base import *  # noqa: F403
from .base import VAR_DIR

_key_file = VAR_DIR / "secret_key"
if not _key_file.exists():
    _key_file.write_text(secrets.token_urlsafe(50), encoding="utf-8")
    _key_file.chmod(0o600)
SECRET_KEY = _key_file.read_text(encoding="utf-8")

DEBUG = env.flag("DEBUG", False)
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *env.words("ALLOWED_HOSTS")]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http"
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"
DEMO_ALLOWED = True
# Browsers take http://localhost for safe, allauth only when told.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
