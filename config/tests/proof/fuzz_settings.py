"""Settings of a desk that meets a fuzzer: its own, but nobody is ever locked out, and passwords cost little."""

from config.settings import *  # noqa: F403
from config.settings import PASSWORD_HASHERS, RATE_LIMITS

RATE_LIMITS = {scope: [(1_000_000, seconds) for _, seconds in windows] for scope, windows in RATE_LIMITS.items()}
AXES_FAILURE_LIMIT = 1_000_000
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
WEBHOOK_WAIT_SECONDS = 0
