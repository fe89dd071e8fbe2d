"""Settings that every process of the desk reads, from the environment: where its rows are, and how its market is."""

from pathlib import Path
from typing import Any

from environs import Env

from config import databases

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"
DESK_NAME = "Trading desk"

env = Env()
env.read_env(str(BASE_DIR / ".env"))

DATA_DIR = Path(env.str("DATA_DIR", "") or BASE_DIR / "data")
DATABASE_URL = env.str("DATABASE_URL", "")
_postgres = DATABASE_URL and databases.postgres(DATABASE_URL, conn_max_age=env.int("CONN_MAX_AGE", 0))
DATABASES = {"default": _postgres or databases.sqlite(DATA_DIR / "desk.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

EXCHANGE_URLS: Any = env.json("EXCHANGE_URLS", {})  # venue: base URL; checked at start
CURRENCIES_AT_PAR = env.list("CURRENCIES_AT_PAR", ["USD", "USDT", "USDC"])
SYNTHETIC_MARKET_SEED = env.int("SYNTHETIC_MARKET_SEED", 7)
PRICE_SOURCE = env.str("PRICE_SOURCE", "synthetic")
DEFAULT_VENUE = env.str("DEFAULT_VENUE", "bybit")  # whose market a symbol means that several have
# Rules of the desk's own: files with a RULE, and dotted paths of rules in packages that are installed.
STRATEGY_RULES_FOLDER = Path(env.str("STRATEGY_RULES_FOLDER", "") or DATA_DIR / "rules")
STRATEGY_RULES: list[str] = env.list("STRATEGY_RULES", [])

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
                "core.page_context.desk_name",
            ]
        },
    }
]
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"
USE_I18N = False
