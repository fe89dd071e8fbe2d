"""The history page of what people set: each version with who wrote it, by whichever door, and the console's acts."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin

from core.admin.choosing import is_key

MOST_ACTS = 100


class HistoryAdmin(SimpleHistoryAdmin):
    """Shows django-simple-history's versions and the acts that the admin's own log keeps. Nothing is reverted."""

    object_history_template = "admin/kept_history.html"
    object_history_list_template = "admin/kept_versions.html"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not is_key(object_id, self.opts.pk):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        kind = ContentType.objects.get_for_model(self.model)
        acts = LogEntry.objects.filter(content_type=kind, object_id=object_id).select_related("user")
        context = {"acts": acts.order_by("-action_time")[:MOST_ACTS], **(extra_context or {})}
        answer: HttpResponse = super().history_view(request, object_id, context)
        return answer
