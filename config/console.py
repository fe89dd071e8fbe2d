"""How the Django admin looks: names, colours, the order of its sidebar (django-unfold)."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy

from config.settings_base import DESK_NAME


def _page(title: str, model: str, icon: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{model}_changelist")}


def _section(title: str, *pages: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": True, "collapsible": False, "items": list(pages)}


CONSOLE = {
    "SITE_TITLE": DESK_NAME,
    "SITE_HEADER": DESK_NAME,
    "SITE_SUBHEADER": "Operators' console",
    "SITE_SYMBOL": "candlestick_chart",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("core/favicon.svg")},
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [lambda request: static("core/console.css")],
    "DASHBOARD_CALLBACK": "config.start.page.start_page",
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": [
            _section(
                "Trading",
                _page("Signals", "trading_signal", "bolt"),
                _page("Outcomes", "trading_outcome", "rule"),
                _page("Orders", "trading_order", "receipt_long"),
                _page("Fills", "trading_fill", "done_all"),
                _page("Positions", "trading_position", "stacked_line_chart"),
                _page("Limits", "trading_risklimit", "speed"),
                _page("Marks", "trading_limitmark", "flag"),
                _page("Risk alerts", "trading_riskalert", "notification_important"),
                _page("Switches", "trading_switch", "toggle_on"),
                _page("Scopes", "trading_accountscope", "hub"),
            ),
            _section(
                "Bots & alerts",
                _page("Bots", "bots_bot", "smart_toy"),
                _page("Decisions", "bots_botdecision", "schema"),
                _page("Deliveries", "webhooks_delivery", "inbox"),
            ),
            _section(
                "Strategies",
                _page("Strategies", "strategies_strategy", "psychology"),
                _page("Trade strategies", "strategies_tradestrategy", "conversion_path"),
                _page("Backtests", "strategies_backtest", "query_stats"),
                _page("Sweeps", "strategies_sweep", "grid_on"),
                _page("Log", "strategies_logentry", "notes"),
            ),
            _section(
                "Money",
                _page("Trading accounts", "accounts_tradingaccount", "account_balance_wallet"),
                _page("Account groups", "groups_accountgroup", "folder_shared"),
                _page("Transfers", "accounts_transfer", "swap_horiz"),
                _page("Equity points", "trading_equitypoint", "show_chart"),
            ),
            _section(
                "People",
                _page("Users", "accounts_user", "person"),
                _page("Roles", "auth_group", "badge"),
                _page("Sessions", "accounts_usersession", "devices"),
                _page("Password resets", "accounts_passwordresetrequest", "lock_reset"),
                _page("Failed logins", "axes_accessattempt", "lock"),
                _page("Shares", "accounts_share", "share"),
            ),
            _section(
                "Market",
                _page("Instruments", "market_instrument", "currency_exchange"),
                _page("Quotes & sources", "market_latestquote", "price_change"),
                _page("Candles", "market_candleblock", "candlestick_chart"),
                _page("Watchlist", "market_watchlistentry", "visibility"),
                _page("Coins", "market_coin", "toll"),
                _page("Coin history", "market_coinsnapshot", "history"),
            ),
            _section(
                "System",
                _page("Jobs", "core_job", "work_history"),
                _page("Idempotency keys", "core_idempotencykey", "key"),
                _page("Periodic tasks", "django_celery_beat_periodictask", "schedule"),
                _page("Intervals", "django_celery_beat_intervalschedule", "timer"),
                _page("Crontabs", "django_celery_beat_crontabschedule", "calendar_month"),
                _page("Clocked", "django_celery_beat_clockedschedule", "alarm"),
                _page("Solar", "django_celery_beat_solarschedule", "wb_sunny"),
                {"title": "API reference", "icon": "api", "link": reverse_lazy("docs")},
            ),
        ],
    },
}
