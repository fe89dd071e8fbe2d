"""The sandbox's envelope: `{"status", "message", "meta", "data"}` around any answer, for those who ask for it."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer

_PAGE = ("total", "limit", "offset")


class EnvelopeRenderer(JSONRenderer):
    """Chosen by `?format=envelope` or `Accept: application/vnd.envelope+json`. An answer without a body stays one."""

    media_type = "application/vnd.envelope+json"
    format = "envelope"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        status = (renderer_context or {})["response"].status_code
        if data is None and status == 204:
            return b""
        return super().render(_enveloped(data, status), accepted_media_type, renderer_context)


def _enveloped(data: Any, status: int) -> dict[str, Any]:
    """Return an answer inside the envelope: a page's rows apart from what is beside them, a refusal by its words."""
    if status >= 400 and isinstance(data, Mapping) and "detail" in data:
        return {"status": "error", "message": data["detail"], "meta": {}, "data": data}
    said = data.get("message") if isinstance(data, Mapping) else None
    envelope = {"status": "success" if status < 400 else "error", "message": said if isinstance(said, str) else ""}
    if isinstance(data, Mapping) and {"items", *_PAGE} <= set(data):
        # An answer that has its rows under two names shows them once.
        beside = {name: value for name, value in data.items() if name != "items" and value != data["items"]}
        return {**envelope, "meta": beside, "data": data["items"]}
    return {**envelope, "meta": {}, "data": data}
