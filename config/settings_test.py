"""Settings of the tests: their own database and keys, a fast password hasher; nothing of data/ is touched."""

import atexit
import os
import pathlib
import shutil
import tempfile

os.environ.setdefault("SECRET_KEY", "tests-only-" + "s" * 40)
os.environ.setdefault("JWT_SIGNING_KEY", "tests-only-" + "j" * 40)
os.environ.setdefault("FIELD_ENCRYPTION_KEYS", "t1:dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=")
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "")
os.environ["REDIS_URL"] = os.environ.get("TEST_REDIS_URL", "")
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="desk-tests-")
# What is compiled takes seconds, and is named after its sources: it outlives a run of the tests.
os.environ.setdefault("NUMBA_CACHE_DIR", str(pathlib.Path(__file__).resolve().parents[1] / ".numba_cache"))

from config.settings import *
from config.settings import CACHES, DATABASES, RATE_LIMITS

atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
if "DESKS_MADE" not in os.environ:  # the processes of a run share what the first one names
    os.environ["DESKS_MADE"] = tempfile.mkdtemp(prefix="desks-made-")
    atexit.register(shutil.rmtree, os.environ["DESKS_MADE"], ignore_errors=True)

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Tests ask as fast as they can; those of the limits set their own.
RATE_LIMITS = {scope: [(1_000_000, seconds) for _, seconds in windows] for scope, windows in RATE_LIMITS.items()}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Each test client starts the middleware anew: looking through all static files costs it 50 ms.
WHITENOISE_USE_FINDERS = False
CELERY_BROKER_URL = "memory://localhost/"
# Whatever .env says, no test asks an exchange or a listing service of the world.
PRICE_SOURCE = "synthetic"
DEFAULT_VENUE = "bybit"
INSTRUMENT_VENUES = []
EXCHANGE_URLS = dict.fromkeys(("bybit", "binance", "binanceusdm"), "http://127.0.0.1:1")
LISTINGS_PROVIDERS = []
COINGECKO_URL = COINMARKETCAP_URL = "http://127.0.0.1:1"
COINGECKO_PLAN, COINGECKO_API_KEY, COINMARKETCAP_API_KEY = "demo", "", ""
if "sqlite" in DATABASES["default"]["ENGINE"]:
    # A file, not memory: tests with threads need connections of their own.
    DATABASES["default"]["TEST"] = {"NAME": os.path.join(os.environ["DATA_DIR"], "test.sqlite3")}
else:
    # A machine that stands still for a moment is no server that is away; what tests commit need not outlive a crash.
    DATABASES["default"]["OPTIONS"].update(connect_timeout=30, tcp_user_timeout=30_000)
    DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"
if os.environ["REDIS_URL"]:
    CACHES["default"]["OPTIONS"] |= {"socket_timeout": 30, "socket_connect_timeout": 30}  # type: ignore[operator]
# Between processes the layer is Redis: the tests with real processes use that.
CHANNEL_LAYERS = {"default": {"BACKEND": "core.streams.layer.ThreadSafeLayer"}}
