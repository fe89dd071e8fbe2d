"""Settings, read from the environment. No DATABASE_URL and REDIS_URL: everything runs in one process."""

import logging
import os
from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import beat, logs, origins, rate_limits, secrets_file
from config.api_description import SCHEMA
from config.console import CONSOLE
from config.settings_base import *
from config.settings_base import DATA_DIR, VERSION, env

REDIS_URL = env.str("REDIS_URL", "")
DEBUG = env.bool("DEBUG", False)
ENVIRONMENT = env.str("ENVIRONMENT", "development")
HTTPS = env.bool("HTTPS", False)

if HTTPS and not env.int("TRUSTED_PROXIES", 0):
    raise ImproperlyConfigured("HTTPS=1 needs TRUSTED_PROXIES: behind no proxy every request would be redirected.")

_secrets = secrets_file.read_or_make(DATA_DIR / "secrets.env", os.environ)
if _short := secrets_file.too_short(_secrets):
    raise ImproperlyConfigured(f"Shorter than {secrets_file.LEAST_BYTES} bytes: {', '.join(_short)}.")
SECRET_KEY = _secrets["SECRET_KEY"]
JWT_SIGNING_KEY = _secrets["JWT_SIGNING_KEY"]
FIELD_ENCRYPTION_KEYS = _secrets["FIELD_ENCRYPTION_KEYS"]

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)

INSTALLED_APPS = [
    "daphne",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "corsheaders",
    "csp",
    "django_celery_beat",
    "axes",
    "simple_history",
    "core",
    "accounts",
    "market",
    "trading",
    "strategies",
    "groups",
    "bots",
    "webhooks",
    "config",
]

MIDDLEWARE = [
    "core.middleware.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "core.policies.ContentPolicyMiddleware",
    "core.policies.BrowserManners",
    "corsheaders.middleware.CorsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.OptionalTrailingSlashMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.api.limits.RateLimitMiddleware",
    "core.api.lengths.LengthRequiredMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.page_sessions.PageAuthenticationMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"
SIMPLE_HISTORY_REVERT_DISABLED = True

# -- people --------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["accounts.lockout.LockoutBackend", "accounts.backends.RoleBackend"]
AXES_HANDLER = "accounts.lockout.LockoutHandler"
AXES_CLIENT_IP_CALLABLE = "core.addresses.counted_address"
AXES_LOCKOUT_CALLABLE = "accounts.lockout.locked_out_page"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_ENABLE_ADMIN = False  # its rows have pages of our own
AXES_VERBOSE = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.BCryptSHA256PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.MixedCharactersValidator"},
    {"NAME": "accounts.passwords.NewPasswordEndsSessions"},
]
PASSWORD_RESET_TIMEOUT = 3600
ACCESS_TOKEN_LIFETIME = timedelta(minutes=30)
REFRESH_TOKEN_LIFETIME = timedelta(days=7)
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SIGNING_KEY,
    "ACCESS_TOKEN_LIFETIME": ACCESS_TOKEN_LIFETIME,
    "REFRESH_TOKEN_LIFETIME": REFRESH_TOKEN_LIFETIME,
    "USER_ID_CLAIM": "sub",
    "UPDATE_LAST_LOGIN": False,
}

# -- mail: from workers only; without EMAIL_URL it is printed by the worker --------
_email = env.dj_email_url("EMAIL_URL", "console://")
if "EMAIL_BACKEND" not in _email:
    raise ImproperlyConfigured("EMAIL_URL begins with smtp://, submission:// or console://.")
EMAIL_BACKEND = _email["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _email["EMAIL_HOST"], _email["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_USER"], _email["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = _email["EMAIL_USE_TLS"], _email["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 5
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "desk@localhost")

# -- API -----------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.SessionTokenAuthentication",
        "accounts.api.authentication.PageSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "core.api.permissions.RolePermission",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.api.scopes.ScopeOfView"],
    "DEFAULT_PARSER_CLASSES": ["core.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer", "core.api.envelope.EnvelopeRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "core.api.negotiation.DeskNegotiation",
    "DEFAULT_FILTER_BACKENDS": ["core.api.filters.StrictFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "core.api.pagination.LimitOffsetPages",
    "DEFAULT_SCHEMA_CLASS": "core.api.schema.DeskSchema",
    "DEFAULT_METADATA_CLASS": "core.api.metadata.DeskMetadata",
    "EXCEPTION_HANDLER": "core.api.exceptions.answer_error",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {**SCHEMA, "VERSION": VERSION}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
RATE_LIMITS = rate_limits.read_limits(env)

# -- jobs and shared memory ------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL or "memory://localhost/"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "visibility_timeout": 60,
        "socket_timeout": 2,
        "socket_connect_timeout": 1,
        # Whoever nudges tries twice at once: without these four kombu goes on for six seconds.
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
    }
    if REDIS_URL
    else {"polling_interval": 0.05}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "config.scheduler:SteadyScheduler"
CELERY_BEAT_SCHEDULE = beat.SCHEDULE
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "desk:cache",
            # Whoever reads goes on without it: no half minute is spent on a Redis that is away.
            "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "retry": Retry(NoBackoff(), 0)},
        }
    }
    # Pub/sub: nothing of a dead process stays behind in Redis, a group's membership does not run out after a day.
    # What it drops is no loss: a message here only says that there are rows to read.
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_connect_timeout": 1, "socket_timeout": 5}]},
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CHANNEL_LAYERS = {"default": {"BACKEND": "core.streams.layer.ThreadSafeLayer"}}

# -- the desk --------------------------------------------------------------------
DEFAULT_ACCOUNT_BALANCE = "10000"
# Whose lists are followed though no price is taken there.
INSTRUMENT_VENUES: list[str] = env.list("INSTRUMENT_VENUES", [])
PRICE_FEED_SECONDS = env.float("PRICE_FEED_SECONDS", 1.0)
LISTINGS_PROVIDERS = [name.strip() for name in env.list("LISTINGS_PROVIDERS", ["coingecko", "coinmarketcap"])]
COINGECKO_API_KEY = env.str("COINGECKO_API_KEY", "")
COINGECKO_PLAN = env.str("COINGECKO_PLAN", "demo")
COINGECKO_URL = env.str("COINGECKO_URL", "")  # empty: the plan's own
COINMARKETCAP_API_KEY = env.str("COINMARKETCAP_API_KEY", "")
COINMARKETCAP_URL = env.str("COINMARKETCAP_URL", "")
WEBHOOK_BODY_LIMIT = 64 * 1024
WEBHOOK_WAIT_SECONDS = env.float("WEBHOOK_WAIT_SECONDS", 2.0)
WEBHOOK_WAITING_MOST = env.int("WEBHOOK_WAITING_MOST", 16)
WEBHOOK_DUPLICATE_SECONDS = 30
IDEMPOTENCY_RETENTION = timedelta(days=1)
SESSION_RETENTION = timedelta(days=env.int("SESSION_RETENTION_DAYS", 90))
JOBS_AT_ONCE = env.int("JOBS_AT_ONCE", 2)  # of all processes together; one process runs one at a time
SWEEP_RUNS_MOST = env.int("SWEEP_RUNS_MOST", 10_000)  # sets of parameters that one sweep may try
EVENT_RETENTION = timedelta(days=env.int("EVENT_RETENTION_DAYS", 7))

# -- pages -------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "strategies.report.assets.PlotlyFinder",
]
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "admin:index"
UNFOLD = CONSOLE

# -- transport security: HTTPS=1 behind a TLS proxy ----------------------------------
DEFAULT_EXCEPTION_REPORTER_FILTER = "core.fault_pages.FaultFilter"
DEFAULT_EXCEPTION_REPORTER = "core.fault_pages.FaultReport"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Signed, and no more than the id of a row of ours: nothing in the database lets anybody in.
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = int(REFRESH_TOKEN_LIFETIME.total_seconds())
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS and TRUSTED_PROXIES else None

# -- other sites' pages: none may read the API but those named; never by cookie -----------
CORS_ALLOWED_ORIGINS = origins.checked(env.list("CORS_ALLOWED_ORIGINS", []))
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_HEADERS = ("accept", "authorization", "content-type", "idempotency-key", "x-request-id")
CORS_EXPOSE_HEADERS = (
    *("X-Request-ID", "Retry-After", "Idempotent-Replayed"),
    *("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
)

# -- logs ------------------------------------------------------------------------------
LOG_FORMAT = env.str("LOG_FORMAT", "console")
if LOG_FORMAT not in logs.FORMATS:
    raise ImproperlyConfigured(f"LOG_FORMAT is one of: {', '.join(logs.FORMATS)}.")
logs.set_up_structlog()
LOGGING = logs.logging_settings(form=LOG_FORMAT, level=env.str("LOG_LEVEL", "INFO").upper())
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = logging.DEBUG  # the inbox is swept every five seconds; faults are errors
