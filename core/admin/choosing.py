"""Which rows a list shows and an action is for: what no row can have chooses none."""

from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin


class ChoosingAdmin(ModelAdmin):
    """A list that passes over keys and filters that no row can have, where Django's own fall over them."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        if any("\0" in text for _, texts in request.GET.lists() for text in texts):
            raise IncorrectLookupParameters
        return super().get_changelist_instance(request)

    def response_action(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        posted = request.POST.copy()
        chosen = [key for key in posted.getlist(ACTION_CHECKBOX_NAME) if is_key(key, self.opts.pk)]
        posted.setlist(ACTION_CHECKBOX_NAME, chosen)
        request.POST = posted  # type: ignore[assignment]
        answer: HttpResponse | None = super().response_action(request, queryset)
        return answer


def is_key(text: str, column: Any) -> bool:
    """Say whether a row could have this key."""
    try:
        column.run_validators(column.to_python(text))
    except ValidationError:
        return False
    return "\0" not in text
