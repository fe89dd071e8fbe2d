"""What a person is told once the desk serves: where the pages are, how to log in, how to fire an alert."""

from bots.services.bots import webhook_key
from config.demo import find_demo


def banner(*, url: str, data_dir: str) -> str:
    """Return the text; the curl holds the demo bot's key, so it is printed and never logged."""
    lines = [
        "",
        f"  The desk serves at     {url}/",
        f"  Operators' console     {url}/admin/        log in as admin",
        f"  API documentation      {url}/docs",
        f"  Data and secrets       {data_dir}",
    ]
    bot = find_demo()
    if bot is not None:
        address = f"{url}/api/v1/webhook/tradingview/{webhook_key(bot)}"
        lines += [
            "",
            "  Fire an alert:",
            "",
            f"""  curl -s -X POST {address} -H 'Content-Type: application/json' \\
       -d '{{"symbol": "BTCUSDT", "side": "buy", "size": "10%", "leverage": "5", "takeprofit": "5%"}}'""",
        ]
    return "\n".join([*lines, ""])
