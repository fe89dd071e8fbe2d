"""The start page of the console: its figures, which refresh themselves, and the curve, which does not."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views import View

from config.start import activity, money
from core.admin.pieces import moment
from core.jobs.figures import job_stats, jobs_run
from market.selectors.price_sources import price_source_states
from trading.admin import scopes
from trading.models import Signal

REFRESH_SECONDS = 10


def start_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to what the admin's index shows. Named in the console's settings."""
    now = timezone.now()
    figures = _figures(now)
    more = {"title": "The desk now", "curve_days": money.DAYS, "refresh_seconds": REFRESH_SECONDS}
    return {**context, **figures, **more, "curve": _curve(figures["totals"][0], now)}


class StartFigures(View):
    """The figures alone, for the page that is open; who is not in any more is sent to the login page."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        if admin.site.has_permission(request):
            return render(request, "admin/start/figures.html", _figures(timezone.now()))
        if request.headers.get("HX-Request"):
            # A redirect would be followed, and the login page put into the middle of this one.
            return HttpResponse(status=401, headers={"HX-Redirect": "/login?next=/admin/"})
        return redirect_to_login("/admin/")


def amount(value: Decimal) -> str:
    """Return money with separators, to the cent."""
    return f"{value:,.2f}"


def signed(value: Decimal) -> str:
    """Return money with its sign and separators, to the cent; nothing has no sign."""
    return f"{value:+,.2f}" if round(value, 2) else "0.00"


def percent(share: float | None) -> str:
    """Return a fraction as a percent; "-" where there is none."""
    return "-" if share is None else f"{share * 100:.1f} %"


def _figures(now: datetime) -> dict[str, Any]:
    totals = money.money_totals(now)
    alerts_count, alerts = activity.open_alerts()
    switches_count, switches = activity.turned_switches()
    health = activity.webhook_health(now)
    return {
        "now": now,
        "totals": totals,
        "cards": [_cards(total) for total in totals],
        "exposures": [_exposure(total, line) for total in totals for line in total.largest],
        "alerts_count": alerts_count,
        "alerts": alerts,
        "switches_count": switches_count,
        "switches": switches,
        "signals": [_signal(signal) for signal in activity.last_signals()],
        "bots": activity.bots_by_status(),
        "webhook": health,
        "duplicate_share": percent(health.duplicate_share),
        "reject_share": percent(health.reject_share),
        "sources": [source for source in price_source_states(now=now) if source.instruments],
        "jobs": job_stats(),
        "jobs_run": jobs_run(now=now),
    }


def _cards(total: money.MoneyTotals) -> dict[str, Any]:
    return {
        "currency": total.money.currency,
        "accounts": total.accounts,
        "equity": amount(total.equity),
        "pnl_today": signed(total.pnl_today),
        "is_loss": total.pnl_today < 0,
        "exposure": amount(total.exposure),
        "margin_used": amount(total.margin_used),
        "positions": total.positions,
        "unpriced": total.unpriced,
    }


def _signal(signal: Signal) -> dict[str, Any]:
    return {"row": signal, "by": scopes.asked_by(signal), "received": moment(signal.received_at)}


def _exposure(total: money.MoneyTotals, line: money.SymbolExposure) -> dict[str, Any]:
    return {
        "symbol": line.symbol,
        "positions": line.positions,
        "notional": amount(line.notional),
        "profit": signed(line.profit),
        "is_loss": line.profit < 0,
        "currency": total.money.currency,
    }


def _curve(total: money.MoneyTotals, now: datetime) -> dict[str, Any] | None:
    """Return the chart of one money, as the console's charts take it; none before the first midnight."""
    points = money.equity_curve(total, now)
    if not points:
        return None
    dataset = {
        "label": f"Equity, {total.money.currency}",
        "data": [round(point.equity, 2) for point in points],
        "borderColor": "var(--color-primary-700)",
    }
    labels = [f"{point.at:%d %b}" for point in points[:-1]] + ["now"]
    data = json.dumps({"labels": labels, "datasets": [dataset]})
    low, high = (f"{bound(point.equity for point in points):,.2f}" for bound in (min, max))
    return {"currency": total.money.currency, "data": data, "low": low, "high": high}
