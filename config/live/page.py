"""The live page at the root, for a browser of whoever is logged in; programs get the root's JSON as ever."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import ensure_csrf_cookie

from accounts.identity import page_session
from config.live.state import bot_to_try, live_state
from core.api.views import RootView
from market.intervals import Interval

INTERVALS = (Interval.M1, Interval.M5, Interval.M15, Interval.H1, Interval.H4, Interval.D1)


@method_decorator(ensure_csrf_cookie, name="dispatch")
class RootPage(View):
    """GET /: the page for whoever asks for HTML before JSON, as browsers do; else the root's JSON."""

    _json = staticmethod(RootView.as_view())

    def get(self, request: HttpRequest) -> Any:
        wants_page = request.get_preferred_type(["application/json", "text/html"]) == "text/html"
        answer = self._page(request) if wants_page else self._json(request)
        patch_vary_headers(answer, ["Accept", "Cookie"])
        return answer

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._json(request)

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._json(request)

    def _page(self, request: HttpRequest) -> HttpResponse:
        session = page_session(request)
        if session is None:
            return redirect_to_login("/")
        context = {
            "intervals": INTERVALS,
            "state": live_state(session.user, now=timezone.now()),
            "guided": bot_to_try(session.user),
            "may_backtest": session.user.has_perm("strategies.view_backtest"),
        }
        answer = render(request, "live.html", context)
        answer["Cache-Control"] = "no-store"
        return answer


class LiveState(View):
    """What the page shows, with the trades on `?market=`, for the page that is open. 401: its session has ended."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        session = page_session(request)
        if session is None:
            return JsonResponse({"code": "NOT_LOGGED_IN", "detail": "Log in again."}, status=401)
        market_id = _id_of(request.GET.get("market", ""))
        answer = JsonResponse(live_state(session.user, market_id=market_id, now=timezone.now()))
        answer["Cache-Control"] = "no-store"
        return answer


def _id_of(text: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(text)
    return None
