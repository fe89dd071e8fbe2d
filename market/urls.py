"""The market's routes. A symbol may hold slashes (BTC/USDT), so it is the rest of its path."""

from django.urls import path

from market.api.candles import CandleViewSet
from market.api.coins import CoinSyncViewSet, CoinViewSet
from market.api.views import InstrumentViewSet, TickerViewSet
from market.api.watchlist import WatchlistViewSet

urlpatterns = [
    path("market/instruments", InstrumentViewSet.as_view({"get": "list"}), name="instruments"),
    path("market/instruments/<path:symbol>", InstrumentViewSet.as_view({"get": "retrieve"}), name="instrument"),
    path("market/ticker/<path:symbol>", TickerViewSet.as_view({"get": "retrieve"}), name="ticker"),
    path("market/klines/<path:symbol>", CandleViewSet.as_view({"get": "klines"}), name="klines"),
    path("market/<path:symbol>/candles", CandleViewSet.as_view({"get": "list"}), name="candles"),
    path("market/price", TickerViewSet.as_view({"get": "price"}), name="price"),
    path("watchlist", WatchlistViewSet.as_view({"get": "list", "post": "create"}), name="watchlist"),
    path("watchlist/<path:symbol>", WatchlistViewSet.as_view({"delete": "destroy"}), name="watched"),
    path("cryptocurrencies", CoinViewSet.as_view({"get": "list"}), name="coins"),
    path("cryptocurrencies/sync", CoinSyncViewSet.as_view({"post": "create"}), name="sync-coins"),
    path("cryptocurrencies/top/<str:category>", CoinViewSet.as_view({"get": "top"}), name="top-coins"),
    path("cryptocurrencies/<str:symbol>", CoinViewSet.as_view({"get": "retrieve"}), name="coin"),
    path("cryptocurrencies/<str:symbol>/history", CoinViewSet.as_view({"get": "history"}), name="coin-history"),
]
