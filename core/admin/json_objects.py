"""A JSON object in a form of the operators' pages, read as strictly as the API reads it."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.forms.fields import InvalidJSONInput
from rest_framework.exceptions import ParseError
from unfold.widgets import UnfoldAdminTextareaWidget

from core.api.parsers import read_json
from core.exact import NotExact
from core.free_json import as_kept


class JSONObjectField(forms.JSONField):
    """A JSON object, an empty one where nothing is typed; what is none is shown again as it was typed."""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminTextareaWidget(attrs={"rows": 8})
        super().__init__(encoder=DjangoJSONEncoder, required=False, widget=widget, initial=dict, **kwargs)

    def to_python(self, value: Any) -> Any:
        try:
            told = as_kept(read_json(value.encode())) if isinstance(value, str) and value.strip() else value or {}
        except ParseError as error:
            raise ValidationError(str(error.detail)) from error
        except NotExact as error:
            raise ValidationError(str(error)) from error
        if not isinstance(told, dict):
            raise ValidationError("Must be a JSON object.")
        return told

    def bound_data(self, data: Any, initial: Any) -> Any:
        return InvalidJSONInput(data or "")

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, InvalidJSONInput):
            return value
        return json.dumps(value, indent=2, ensure_ascii=False, cls=self.encoder)
