"""What Django shows of a fault, with DEBUG on or in a mail: where it happened, and no value that may be a secret."""

from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from core.redaction import STRUCK, is_plain, is_secret_name, redact


class FaultFilter(SafeExceptionReporterFilter):
    """Hides by our names of secrets, DEBUG or not; of variables it shows numbers and dates, else the type."""

    cleansed_substitute = STRUCK

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        if isinstance(key, str) and is_secret_name(key):
            return STRUCK
        cleansed = super().cleanse_setting(key, value)
        return redact(cleansed) if isinstance(cleansed, str) else cleansed

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        return dict.fromkeys(request.COOKIES, STRUCK)

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        return {} if request is None else dict.fromkeys(request.POST, STRUCK)

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> ItemsView[str, Any]:
        return {name: _shown(name, value) for name, value in tb_frame.f_locals.items()}.items()


class FaultReport(ExceptionReporter):
    """Django's, which passes the query by its filter."""

    def get_traceback_data(self) -> dict[str, Any]:
        data = super().get_traceback_data()
        if self.request is not None:
            data["request_GET_items"] = [(name, STRUCK) for name in self.request.GET]
            data["request_insecure_uri"] = redact(data["request_insecure_uri"] or "")
        if "exception_value" in data:
            data["exception_value"] = redact(str(data["exception_value"]))
        return data


def _shown(name: str, value: Any) -> Any:
    return value if is_plain(value) and not is_secret_name(name) else f"<{type(value).__name__}>"
