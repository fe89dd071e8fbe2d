"""What a browser may do with each answer: load from this server only, in nobody's frame, without inline scripts.

A page of ours names its scripts and styles by address, or marks them: `<script nonce="{{ request.csp_nonce }}">`.
"""

from collections.abc import Callable

from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from csp.utils import DIRECTIVES_T
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

# An answer for programs: nothing of it runs, whoever opens it.
DATA: DIRECTIVES_T = {
    "default-src": [NONE],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [NONE],
    "object-src": [NONE],
}
# 'self' is ws: and wss: of this host too.
PAGE: DIRECTIVES_T = {
    **DATA,
    "script-src": [SELF, NONCE],
    "style-src": [SELF, NONCE],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "form-action": [SELF],
    "manifest-src": [SELF],
}
# ReDoc writes style elements, and searches in a worker that it makes from a blob.
REDOC: DIRECTIVES_T = {**PAGE, "style-src": [SELF, UNSAFE_INLINE], "worker-src": ["blob:"]}
# django-unfold: Alpine evaluates the expressions in its attributes, its colours are a style element.
CONSOLE: DIRECTIVES_T = {**PAGE, "script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}
# plotly writes style elements, and draws into images that it makes from a blob.
CHARTS: DIRECTIVES_T = {**PAGE, "style-src": [SELF, UNSAFE_INLINE], "img-src": [SELF, "data:", "blob:"]}

_BY_PATH = (("/api/", DATA), ("/admin/", CONSOLE), ("/redoc", REDOC), ("/backtests", CHARTS))
_LIVE_PAGE = "/"

UNUSED = ("camera", "display-capture", "geolocation", "microphone", "payment", "serial", "usb")
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in UNUSED)


class ContentPolicyMiddleware(CSPMiddleware):
    """The policy goes by the path; what no path names is a page of ours."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if parts.config is None and not report_only:
            parts.config = _policy_of(request.path)
        return parts


def _policy_of(path: str) -> DIRECTIVES_T:
    if path == _LIVE_PAGE:
        return CHARTS
    return next((policy for start, policy in _BY_PATH if path.startswith(start)), PAGE)


class BrowserManners:
    """Takes from browsers what no page of ours uses, and has no answer of the API kept by anybody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if request.path.startswith("/api/"):
            response.setdefault("Cache-Control", "no-store")
        return response
