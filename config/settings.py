"""Environment -> settings. The table of variables is in README.md; nothing here has a default for a secret."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from accounts.languages import WORKSPACE_LANGUAGES
from config import environment as env
from config.staff import UNFOLD  # noqa: F401 - a setting

BASE_DIR = Path(__file__).resolve().parent.parent
env.load_file(BASE_DIR / ".env")

# --- The installation -----------------------------------------------------------------------------------------
SECRET_KEY = env.required("SECRET_KEY", "give a long random string that stays the same.")
DEBUG = env.boolean("DEBUG", False)
SITE_URL = env.site_url("SITE_URL", "http://localhost:8000")
SITE_HOST = urlsplit(SITE_URL).hostname or ""
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", SITE_HOST)
TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXY_COUNT", 0, least=0, most=10)
STATUS_TOKEN = env.raw("STATUS_TOKEN")

# --- Instagram and Facebook -----------------------------------------------------------------------------------
INSTAGRAM_APP_ID = env.app_id("INSTAGRAM_APP_ID")
INSTAGRAM_APP_SECRET = env.raw("INSTAGRAM_APP_SECRET")
# Of the same app, the secret on App settings > Basic: Meta may sign its callbacks with either.
INSTAGRAM_META_APP_SECRET = env.raw("INSTAGRAM_META_APP_SECRET")
INSTAGRAM_SCOPES = env.scopes("INSTAGRAM_SCOPES", "instagram_business_basic")
INSTAGRAM_AUTHORIZE_URL = env.base_url("INSTAGRAM_AUTHORIZE_URL", "https://www.instagram.com/oauth/authorize")
INSTAGRAM_API_URL = env.base_url("INSTAGRAM_API_URL", "https://api.instagram.com")
INSTAGRAM_GRAPH_URL = env.base_url("INSTAGRAM_GRAPH_URL", "https://graph.instagram.com")
FACEBOOK_APP_ID = env.app_id("FACEBOOK_APP_ID")
FACEBOOK_APP_SECRET = env.raw("FACEBOOK_APP_SECRET")
FACEBOOK_SCOPES = env.scopes("FACEBOOK_SCOPES", "instagram_basic,pages_show_list,pages_read_engagement")
FACEBOOK_DIALOG_URL = env.base_url("FACEBOOK_DIALOG_URL", "https://www.facebook.com")
FACEBOOK_GRAPH_URL = env.base_url("FACEBOOK_GRAPH_URL", "https://graph.facebook.com")
GRAPH_API_VERSION = env.version("GRAPH_API_VERSION", "v26.0")
ALLOW_INSECURE_META = env.boolean("ALLOW_INSECURE_META", False)

# --- The rules ------------------------------------------------------------------------------------------------
# More than 50 days would eat the ten days' reserve of a token that lives 60; under 2 Meta may refuse it.
REFRESH_AGE_DAYS = env.integer("REFRESH_AGE_DAYS", 50, least=2, most=50)
REFRESH_CRON = env.cron("REFRESH_CRON", "0 2 * * *")
NIGHT_LIMIT = env.integer("NIGHT_LIMIT", 10_000, least=1, most=100_000_000)
CHECK_EVERY_HOURS = env.integer("CHECK_EVERY_HOURS", 24, least=1, most=168)
CONFIRM_PAUSE_SECONDS = env.decimal("CONFIRM_PAUSE_SECONDS", 2, least=0, most=60)
# Measured defaults: docs/performance.md says what each is worth.
SWEEP_THREADS = env.integer("SWEEP_THREADS", 256, least=1, most=1024)
CLAIM_SIZE = env.integer("CLAIM_SIZE", 500, least=1, most=5000)
GROUP_SIZE = env.integer("GROUP_SIZE", 64, least=1, most=1000)
DRAIN_SECONDS = env.decimal("DRAIN_SECONDS", 30, least=1, most=60)
LINK_LIFETIME_DAYS = env.integer("LINK_LIFETIME_DAYS", 7, least=1, most=60)
MAILS_PER_WORKSPACE_HOUR = env.integer("MAILS_PER_WORKSPACE_HOUR", 500, least=1, most=1_000_000)
BRAKE_MIN_DEATHS = env.integer("BRAKE_MIN_DEATHS", 50, least=1, most=1_000_000)
BRAKE_SHARE = env.decimal("BRAKE_SHARE", 0.05, least=0.0001, most=1)
EVENT_RETENTION_DAYS = env.integer("EVENT_RETENTION_DAYS", 400, least=30, most=36_500)

# --- Secrets at rest ------------------------------------------------------------------------------------------
FERNET_KEYS = env.fernet_keys("FERNET_KEYS")
# With HKDF any string would pass as a key and a mistyped one could never be found.
FERNET_USE_HKDF = False

# --- Django ---------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "notifications",
    "accounts",
    "tokens",
    # Without its own site: the staff's is accounts.staff_site.
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "config.apps.StaffSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "django_q",
]
# The sign-in wall and the tenant gate stand before CSRF: strangers get the same answer with and without a token.
MIDDLEWARE = [
    "config.watch.WatchMiddleware",
    "config.middleware.HealthMiddleware",
    "config.status.StatusMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.SecurityHeadersMiddleware",
    "config.middleware.CookielessMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.htmx.HtmxAnswersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "accounts.middleware.TenantGateMiddleware",
    "accounts.rate_limits.RateLimitMiddleware",
    "accounts.localisation.LocalisationMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.sessions.SessionsMiddleware",
    "accounts.staff_guard.StaffTwoFactorMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.navigation.navigation",
                "tokens.standstill.notes",
            ],
        },
    },
]
DATABASES = {"default": env.database("DATABASE_URL", "sqlite:///perennial.sqlite3", BASE_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHE_URL = env.redis_or_empty("CACHE_URL")
# Never the in-process cache: rate limits are counted there, and every process would count for itself.
CACHES = {
    "default": (
        {
            "BACKEND": "config.cache.RedisCache",
            "LOCATION": CACHE_URL,
            "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
        }
        if CACHE_URL
        else {
            "BACKEND": "config.database_cache.DatabaseCache",
            "LOCATION": "perennial_cache",
            # Beyond this the library throws out what still counts; its default is 300.
            "OPTIONS": {"MAX_ENTRIES": 50_000},
        }
    )
}

LANGUAGE_CODE = "en"
LANGUAGES = WORKSPACE_LANGUAGES
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "config.formats"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Served from the apps and static/ themselves: there is no collectstatic step to forget.
WHITENOISE_USE_FINDERS = True

# Forms are short; a megabyte in a field is refused before it is parsed.
DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
# An uploaded file may hold tokens: it is never written to disk. One above this is read past and not kept at all.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024 + 64 * 1024  # 5 MB, and what a form sends around it

# --- Sign-in --------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {"signup": "accounts.forms.WorkspaceSignupForm"}
# A mail to the owner of an account when its password, addresses or second factor change.
ACCOUNT_EMAIL_NOTIFICATIONS = True
# Before they change, a session proves anew whose it is; that then holds for a quarter of an hour.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = env.choice("EMAIL_VERIFICATION", "mandatory", {"mandatory", "optional", "none"})
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(SITE_URL).scheme
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
USERSESSIONS_TRACK_ACTIVITY = True
# Compulsory for staff, at /admin/ only: allauth itself asks whoever has a second factor, wherever they go.
STAFF_TWO_FACTOR = env.boolean("STAFF_TWO_FACTOR", False)
MFA_ADAPTER = "accounts.two_factor.TwoFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", *(["webauthn"] if env.passkeys_work(SITE_URL) else [])]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Perennial"
# Where nobody comes in with an unconfirmed address, a further one that is not confirmed yet stands in nobody's way.
MFA_ALLOW_UNVERIFIED_EMAIL = ACCOUNT_EMAIL_VERIFICATION == "mandatory"
MFA_FORMS = {
    "authenticate": "accounts.two_factor_forms.CodeForm",
    "reauthenticate": "accounts.two_factor_forms.CodeAgainForm",
    "activate_totp": "accounts.two_factor_forms.AppForm",
    "add_webauthn": "accounts.two_factor_forms.NewPasskeyForm",
    "edit_webauthn": "accounts.two_factor_forms.RenamePasskeyForm",
    "authenticate_webauthn": "accounts.two_factor_forms.PasskeyForm",
    "reauthenticate_webauthn": "accounts.two_factor_forms.PasskeyAgainForm",
    "login_webauthn": "accounts.two_factor_forms.PasskeyAloneForm",
}

# --- Transport security ---------------------------------------------------------------------------------------
SERVED_BY_HTTPS = SITE_URL.startswith("https://")
SECURE_SSL_REDIRECT = SERVED_BY_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if SERVED_BY_HTTPS else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SERVED_BY_HTTPS
# Strict would lose the session on the way back from Instagram's consent page.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
# Browsers send `Origin: null` with a POST from a page that says no-referrer, and Django then refuses it.
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # Chromium applies form-action to the redirect that answers a POST: the consent pages belong here.
        "form-action": [SELF, env.origin(INSTAGRAM_AUTHORIZE_URL), env.origin(FACEBOOK_DIALOG_URL)],
    }
}

# --- Mail -----------------------------------------------------------------------------------------------------
vars().update(env.email("EMAIL_URL", "consolemail://"))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.sender("DEFAULT_FROM_EMAIL", "perennial@localhost")
STAFF_ALERT_EMAILS = env.addresses("STAFF_ALERT_EMAILS")
ADMINS = [("Staff", address) for address in STAFF_ALERT_EMAILS]

# --- The queue (a doorbell: every value here may be lost or doubled without harm) ------------------------------
BROKER_URL = env.redis_or_empty("BROKER_URL")
Q_CLUSTER = {
    "name": "perennial",
    "workers": 2,
    # A drain claims for so long; what it has in flight then takes two calls and the pause between at most.
    "timeout": 60 + int(DRAIN_SECONDS) + int(CONFIRM_PAUSE_SECONDS),
    "retry": 120 + int(DRAIN_SECONDS) + int(CONFIRM_PAUSE_SECONDS),
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": -1,
    "queue_limit": 2,
    "bulk": 1,
    "poll": 1,
    "catch_up": False,
    "label": "Queue",
    **({"redis": BROKER_URL} if BROKER_URL else {"orm": "default"}),
}

# --- Logs -----------------------------------------------------------------------------------------------------
DEFAULT_EXCEPTION_REPORTER = "config.logs.SecretlessReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.logs.SecretlessReporterFilter"
_WITHOUT_SECRETS = {"level": "INFO", "filters": ["without_secrets"]}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "without_secrets": {"()": "config.logs.PathSecretFilter"},
        "production_only": {"()": "django.utils.log.RequireDebugFalse"},
    },
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["without_secrets"],
        },
        "mail_staff": {
            "class": "django.utils.log.AdminEmailHandler",
            "level": "ERROR",
            "filters": ["production_only", "without_secrets"],
            "reporter_class": "config.logs.SecretlessReporter",
        },
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # A filter on a logger sees only what is logged on that very logger: hence each by name.
        **{
            name: {**_WITHOUT_SECRETS}
            for name in (
                # Named, so that Django's own handlers, which mask nothing and mail a second time, leave it.
                "django",
                "django.security.csrf",
                # At DEBUG it prints requests, queries included.
                "django.template",
                "django-q",
            )
        },
        "django.request": {"filters": ["without_secrets"], "handlers": ["mail_staff"]},
        "django.server": {"handlers": ["console"], "propagate": False, **_WITHOUT_SECRETS},
    },
}
