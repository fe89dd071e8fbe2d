"""How often somebody may ask, read from the environment."""

from environs import Env

Windows = list[tuple[int, int]]


def read_limits(env: Env) -> dict[str, Windows]:
    """Return for each scope its windows of (times, seconds), which must all have room."""
    a_second = (env.int("RATE_LIMIT_BURST_PER_SECOND", 10), 1)
    logins = (env.int("RATE_LIMIT_LOGIN_PER_MINUTE", 10), 60)
    return {
        "user": [(env.int("RATE_LIMIT_PER_MINUTE", 100), 60), a_second],
        "anonymous": [(env.int("RATE_LIMIT_ANONYMOUS_PER_MINUTE", 60), 60), a_second],  # by address
        "login": [logins],  # by address and name, as the next
        "password_reset": [logins],
        "registration": [logins],  # by address
        "sync": [(env.int("RATE_LIMIT_SYNC_PER_MINUTE", 10), 60)],
        "failed_login": [(env.int("FAILED_LOGINS_OF_A_NAME", 100), 15 * 60)],  # from all addresses together
        "failed_proof": [(env.int("RATE_LIMIT_FAILED_PROOFS_PER_MINUTE", 30), 60)],  # of webhooks, by address
    }
