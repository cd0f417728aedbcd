"""Settings of the test suite: as local, quicker, and nothing written outside a temporary directory."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

os.environ.setdefault("VAR_DIR", str(Path(tempfile.gettempdir()) / f"hocai-test-{os.getuid()}"))

from .base import *  # noqa: F403
from .base import CACHES, STORAGES, VAR_DIR

SECRET_KEY = "test-only-key-that-protects-nothing-at-all"  # noqa: S105
DEBUG = False
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
DEMO_ALLOWED = True
# Browsers take http://localhost for safe, allauth only when told.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
MEDIA_ROOT = VAR_DIR / "media"
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = False  # type: ignore[no-redef]
# Workers of one run share a Redis: each has its own prefix.
CACHES["default"]["KEY_PREFIX"] = f"test-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
STORAGES["private"]["OPTIONS"]["location"] = str(VAR_DIR / f"private-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")
