"""What holds everywhere. Nothing here depends on where the site runs; see local, test, production."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lms import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

INSTALLED_APPS = [
    "lms",
    "plans",
    "reminders",
    "certificates",
    "classes",
    "quizzes",
    "courses",
    "pages",
    "lrs",
    "people",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "treebeard",
    "django_filters",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "lms.middleware.EditorPolicy",
    "lms.middleware.SharedPageCache",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "lms.middleware.ChosenLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "lms.middleware.SecondFactor",
    "lms.middleware.SignInNoted",
    "lms.middleware.GuestWorkFollows",
    "lms.viewing.ViewAs",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]

ROOT_URLCONF = "lms.urls"
WSGI_APPLICATION = "lms.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lms.context.site",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "pages.templatetags.house"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'hocai.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL", "")
CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            # A dead or black-holed Redis must not hold a page (fault drill F9).
            "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
        }
        if REDIS_URL
        else {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "hocai",
            # Sessions live here beside the pages: with Django's 300, a busy hour would throw the catalogue out.
            "OPTIONS": {"MAX_ENTRIES": 2_000},
        }
    )
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_SAMESITE = "Lax"

# --- language, time, text -------------------------------------------------------------------------------------------
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
WAGTAIL_CONTENT_LANGUAGES = [("vi", "Tiếng Việt")]
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["lms.formats"]

# --- static and uploaded files --------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(VAR_DIR / "media")))
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    # Certificates and evidence are never public files: a view decides who may read each.
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(VAR_DIR / "private"), "base_url": None},
    },
}

# --- people ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
# Beside the database, not in it: a restored backup is told by it whom to forget (manage.py erase_person --again).
ERASURE_LEDGER = Path(env.text("ERASURE_LEDGER", str(VAR_DIR / "erasures.jsonl")))
AUTHENTICATION_BACKENDS = ["people.adapters.SignedIn"]
PASSWORD_HASHERS = [
    "people.hashers.Argon2id",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/learn/"
CSRF_FAILURE_VIEW = "people.views.account.csrf_failure"
ACCOUNT_ADAPTER = "people.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "people.forms.SignupForm",
    "login": "people.forms.LoginForm",
    "reset_password": "people.forms.ResetPasswordForm",
    "reset_password_from_key": "people.forms.ResetPasswordKeyForm",
    "change_password": "people.forms.ChangePasswordForm",
    "set_password": "people.forms.SetPasswordForm",
    "add_email": "people.forms.AddEmailForm",
    "reauthenticate": "people.forms.ReauthenticateForm",
    "request_login_code": "people.forms.RequestLoginCodeForm",
    "confirm_login_code": "people.forms.ConfirmLoginCodeForm",
}
ACCOUNT_LOGIN_METHODS = {"email", "username"}
# Our form asks for one of e-mail and username; allauth's check wants one that is always asked.
ACCOUNT_SIGNUP_FIELDS = ["email", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_USER_DISPLAY = str
# Usernames are kept in lower case (User.normalize_username), so that logging in is one look into the unique index.
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_LOGOUT_ON_GET = False
# Asked at each log-in: a phone is shared with the family, a computer with a whole reading room.
ACCOUNT_SESSION_REMEMBER = None
# Nobody learns from sign-up who has an account: a known address gives a second account without that address,
# and a letter to its owner (people.adapters). User.email holds proven addresses only.
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Học AI: "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"
# A class of 45 or a ward office shares one address: the per-address limits are wide, the per-account ones are not.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "login_failed": "300/m/ip,8/5m/key",
    "signup": "120/m/ip",
    "reset_password": "60/m/ip,5/h/key",
    "request_login_code": "120/m/ip,3/m/key",
}
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 60 * 10
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# A passkey stands for both factors, so the device must have asked for its owner's finger, face or PIN.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_RATE_LIMITS = {"webauthn_login": "300/m/ip"}
MFA_ADAPTER = "people.adapters.MFAAdapter"
MFA_FORMS = {
    "authenticate": "people.forms.AuthenticateForm",
    "reauthenticate": "people.forms.ReauthenticateCodeForm",
    "activate_totp": "people.forms.ActivateTOTPForm",
    "add_webauthn": "people.forms.AddPasskeyForm",
    "edit_webauthn": "people.forms.RenamePasskeyForm",
}
MFA_TOTP_ISSUER = "Học AI"
# allauth would stop people with an address still waiting to be proven, lest they lock its owner out. Nobody is locked out
# here: an unproven address gives nothing, and its owner opens an account or proves it all the same.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Newest first; see people/sealing.py.
SECOND_FACTOR_KEYS = [word for word in env.text("SECOND_FACTOR_KEYS", "").split(",") if word]

# --- national sign-in: people/national.py, decision 0021. Without an issuer there is none ---------------------------
OIDC_ISSUER = env.text("OIDC_ISSUER", "")
OIDC_ID = env.text("OIDC_ID", "national")
OIDC_NAME = env.text("OIDC_NAME", "VNeID")
OIDC_CLIENT_ID = env.text("OIDC_CLIENT_ID", "") if not OIDC_ISSUER else env.text("OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.text("OIDC_CLIENT_SECRET", "")
OIDC_SCOPES = env.words("OIDC_SCOPES", "openid,profile")
# Asked for in this order; what comes back must be one of them.
OIDC_ACR_VALUES = env.words("OIDC_ACR_VALUES")
# Those that count as two factors, so that staff who come with them are not asked for one of ours.
OIDC_ACR_TWO_FACTORS = env.words("OIDC_ACR_TWO_FACTORS")
OIDC_USERINFO = env.flag("OIDC_USERINFO", True)
OIDC_CLAIM_SUBJECT = env.text("OIDC_CLAIM_SUBJECT", "sub")
OIDC_CLAIM_NAME = env.text("OIDC_CLAIM_NAME", "name")
OIDC_CLAIM_BIRTH = env.text("OIDC_CLAIM_BIRTH", "birthdate")
OIDC_CLAIM_PERSONAL_ID = env.text("OIDC_CLAIM_PERSONAL_ID", "personal_id")
# Where its log-in page is, if on another host than the issuer: a form of ours leads there (Content-Security-Policy).
OIDC_LOGIN_ORIGIN = env.text("OIDC_LOGIN_ORIGIN", "")
# Newest first; see people/personal_id.py.
PERSONAL_ID_KEYS = [word for word in env.text("PERSONAL_ID_KEYS", "").split(",") if word]
SOCIALACCOUNT_ADAPTER = "people.adapters.SocialAccountAdapter"
SOCIALACCOUNT_FORMS = {"signup": "people.forms.NationalSignupForm"}
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5

# --- Wagtail --------------------------------------------------------------------------------------------------------
WAGTAIL_SITE_NAME = "Học AI"
WAGTAILADMIN_BASE_URL = env.text("PUBLIC_URL", "http://127.0.0.1:8000")
WAGTAILADMIN_LOGIN_URL = "account_login"
WAGTAIL_FRONTEND_LOGIN_URL = "/accounts/login/"
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
# Wagtail's admin would otherwise ask releases.wagtail.org and gravatar.com (with the hash of a staff e-mail).
WAGTAIL_ENABLE_UPDATE_NOTIFICATION = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
WAGTAILIMAGES_EXTENSIONS = ["jpg", "jpeg", "png", "webp", "gif"]
WAGTAILDOCS_EXTENSIONS = ["pdf", "docx", "xlsx", "pptx", "txt", "csv"]
WAGTAIL_WORKFLOW_REQUIRE_REAPPROVAL_ON_EDIT = True

# --- background work ------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", REDIS_URL or f"sqla+sqlite:///{VAR_DIR / 'broker.sqlite3'}")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"visibility_timeout": 600, "socket_timeout": 5, "socket_connect_timeout": 5}
    if CELERY_BROKER_URL.startswith("redis")
    else {}
)

# --- learning records -----------------------------------------------------------------------------------------------
PUBLIC_URL = WAGTAILADMIN_BASE_URL
# The account homePage and the root of every activity IRI. It must never change once statements exist,
# so it is not the host name of the day.
XAPI_HOME = env.text("XAPI_HOME", "https://hocai.example.gov.vn")
XAPI_FORWARD_ENDPOINT = env.text("XAPI_FORWARD_ENDPOINT", "")
XAPI_FORWARD_USER = env.text("XAPI_FORWARD_USER", "")
XAPI_FORWARD_PASSWORD = env.text("XAPI_FORWARD_PASSWORD", "")

_SIGN_IN = (OIDC_ISSUER, OIDC_LOGIN_ORIGIN)

# --- security headers -----------------------------------------------------------------------------------------------
X_FRAME_OPTIONS = "SAMEORIGIN"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        # Widths of bars and our grid variables are style attributes; no style element is allowed.
        "style-src-attr": ["'unsafe-inline'"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'", *sorted({"{0.scheme}://{0.netloc}".format(urlsplit(url)) for url in _SIGN_IN if url})],
        "frame-ancestors": ["'self'"],
    },
}

DEMO_ALLOWED = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
SUPPORT_EMAIL = env.text("SUPPORT_EMAIL", "")
# --- reminders to a phone: reminders/gateways.py. In this order; nothing: no phone is asked for -----------------------
REMINDER_GATEWAYS = env.words("REMINDER_GATEWAYS")
SMS_URL = env.text("SMS_URL", "" if "sms" not in REMINDER_GATEWAYS else None)
SMS_TOKEN = env.text("SMS_TOKEN", "")
SMS_SENDER = env.text("SMS_SENDER", "HocAI")
ZALO_APP_ID = env.text("ZALO_APP_ID", "" if "zalo" not in REMINDER_GATEWAYS else None)
ZALO_APP_SECRET = env.text("ZALO_APP_SECRET", "")
# The first one, from Zalo's console; from then on the database holds the one that follows.
ZALO_REFRESH_TOKEN = env.text("ZALO_REFRESH_TOKEN", "")
ZALO_TEMPLATE_REMINDER = env.text("ZALO_TEMPLATE_REMINDER", "")
ZALO_TEMPLATE_CODE = env.text("ZALO_TEMPLATE_CODE", "")

DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Học AI <hocai@localhost>")

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "WARNING")},
}
