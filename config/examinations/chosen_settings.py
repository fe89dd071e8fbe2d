"""Examines settings that Django takes without a word and a desk should not run with."""

from collections.abc import Iterator

from django.conf import settings

from core.examinations import Finding, error, ok, warning

AT_HOME = ("development", "dev", "local", "test", "testing", "ci")
THIS_MACHINE = {"localhost", "127.0.0.1", "[::1]", "::1"}


def examine_settings() -> Iterator[Finding]:
    """Look at what ENVIRONMENT, DEBUG, ALLOWED_HOSTS, HTTPS and LIVE_TRADING say together."""
    at_home = settings.ENVIRONMENT.lower() in AT_HOME
    yield _debug(at_home=at_home)
    yield from _hosts(at_home=at_home)
    if not at_home and not settings.HTTPS:
        yield warning(
            f"HTTPS is off in the environment {settings.ENVIRONMENT}: passwords travel in the clear.",
            "Put a TLS proxy in front, then set HTTPS=1 and TRUSTED_PROXIES=1.",
        )
    if getattr(settings, "LIVE_TRADING", False):
        yield _live_trading(at_home=at_home)


def _debug(*, at_home: bool) -> Finding:
    if not settings.DEBUG:
        return ok(f"DEBUG is off; the environment is {settings.ENVIRONMENT}.")
    found = f"DEBUG is on in the environment {settings.ENVIRONMENT}: error pages show settings and code."
    if at_home:
        return warning(found, "Set DEBUG=0 before anybody else can reach this desk.")
    return error(found, "Set DEBUG=0 and start the desk again.")


def _hosts(*, at_home: bool) -> Iterator[Finding]:
    hosts = set(settings.ALLOWED_HOSTS)
    if "*" in hosts:
        yield warning("ALLOWED_HOSTS lets every host name in.", "Set ALLOWED_HOSTS to the names of this desk.")
    elif not at_home and hosts <= THIS_MACHINE:
        yield warning(
            f"ALLOWED_HOSTS names this machine only: {', '.join(sorted(hosts)) or 'nothing'}.",
            "Add the name under which people and alerts reach the desk.",
        )
    else:
        yield ok(f"ALLOWED_HOSTS is {', '.join(sorted(hosts))}.")


def _live_trading(*, at_home: bool) -> Finding:
    if at_home or settings.DEBUG:
        return warning(
            f"LIVE_TRADING is on in the environment {settings.ENVIRONMENT}: orders may cost real money.",
            "Set LIVE_TRADING=0, or ENVIRONMENT to what this desk is.",
        )
    return ok("LIVE_TRADING is on: orders of accounts that allow it cost real money.")
