"""What OPTIONS tells of an address: its methods and media types."""

from typing import Any

from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request


class DeskMetadata(SimpleMetadata):
    """Tells no fields: DRF takes those of an answer for those of a body. The schema tells both."""

    def determine_actions(self, request: Request, view: Any) -> dict[str, Any]:
        return {}
