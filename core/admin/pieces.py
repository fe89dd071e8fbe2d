"""Pieces of the operators' pages: rows that only services write, exact decimals, times in UTC, badges, links."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display
from unfold.utils import parse_date_str
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from core.admin.choosing import ChoosingAdmin
from core.errors import AppError
from core.exact import PRICE_SCALE, plain
from core.fields import ExactField

Column = Callable[[Any], Any]
Shown = str | Column


def pill(text: str, colour: str = "") -> SafeString:
    """Return a badge; `colour` is one of unfold's: success, info, warning, danger, or none."""
    return SafeString(render_to_string("unfold/helpers/label.html", {"text": text, "type": colour}))


def page_link(model: type[models.Model], pk: object, text: object) -> SafeString:
    """Return a link to a row's page."""
    options = model._meta
    address = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[pk])
    return format_html('<a href="{}" class="text-link">{}</a>', address, text)


def id_link(model: type[models.Model], pk: object) -> SafeString:
    """Return a link to a row's page that shows the first digits of its id."""
    return page_link(model, pk, str(pk)[:8])


def flight_link(signal_id: object, text: object, **chosen: object) -> SafeString:
    """Return a link to the flight recorder of a signal; `chosen` are its `account` and its `status`."""
    address = reverse("flight-recorder", args=[signal_id], query=chosen)
    return format_html('<a href="{}" class="text-link">{}</a>', address, text)


def list_link(model: type[models.Model], text: object, **filters: object) -> SafeString:
    """Return a link to a model's list, filtered."""
    options = model._meta
    address = reverse(f"admin:{options.app_label}_{options.model_name}_changelist", query=filters)
    return format_html('<a href="{}" class="text-link">{}</a>', address, text)


def printed(value: Decimal | None) -> str:
    """Return a decimal without trailing zeros, "-" for None; what was divided is cut to the price scale."""
    return "-" if value is None else plain(round(value, PRICE_SCALE)) or "-"


def moment(at: datetime | None) -> SafeString | str:
    """Return a time to the second, with its zone; the exact one is its tooltip."""
    if at is None:
        return "-"
    exact = at.astimezone(UTC).isoformat()
    return format_html(
        '<time title="{}" class="whitespace-nowrap">{}</time>', exact, f"{exact[:19].replace('T', ' ')} UTC"
    )


@cache
def decimal_column(name: str, *, description: str = "", ordering: str | None = None) -> Column:
    """Return a right-aligned column of the decimal `name`. The one of a field and of a property are the same."""

    @display(description=description or name.replace("_", " "), ordering=ordering)
    def column(row: Any) -> SafeString:
        return format_html('<div class="decimal">{}</div>', printed(getattr(row, name)))

    column.__name__ = f"{name}_decimal"
    return column


@cache
def count_column(name: str) -> Column:
    """Return a right-aligned column of the whole number `name`."""

    @display(description=name.replace("_", " "), ordering=name)
    def column(row: Any) -> SafeString:
        count = getattr(row, name)
        return format_html('<div class="decimal">{}</div>', "-" if count is None else count)

    column.__name__ = f"{name}_decimal"
    return column


@cache
def time_column(name: str) -> Column:
    """Return a column of the time `name`."""

    @display(description=name.removesuffix("_at").replace("_", " "), ordering=name)
    def column(row: Any) -> SafeString | str:
        return moment(getattr(row, name))

    column.__name__ = name
    return column


@cache
def link_column(name: str) -> Column:
    """Return a column that links to the row that the foreign key `name` points at."""

    @display(description=name.replace("_", " "), ordering=name)
    def column(row: Any) -> SafeString | str:
        target = getattr(row, name)
        return "-" if target is None else page_link(type(target), target.pk, target)

    column.__name__ = name
    return column


def badge(name: str, colours: Mapping[str, str], *, description: str = "") -> Column:
    """Return a column that shows the word in `name` as a badge."""

    @display(description=description or name.replace("_", " "), ordering=name)
    def column(row: Any) -> SafeString | str:
        word = getattr(row, name)
        return pill(str(word).replace("_", " "), colours.get(word, "")) if word else "-"

    column.__name__ = name
    return column


def more_than_zero(number: Decimal) -> None:
    """Refuse zero and negatives at the form."""
    if number <= 0:
        raise ValidationError("Must be more than zero.")


class DecimalInput(forms.DecimalField):
    """An exact decimal, shown for editing without trailing zeros."""

    widget = UnfoldAdminDecimalFieldWidget

    def prepare_value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, Decimal) else value


class DayRangeFilter(RangeDateFilter):
    """Whole days in UTC, both included. The stock filter leaves the last day out and compares naive times."""

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        first, last = self._day("from", time.min), self._day("to", time.max)
        if first is not None:
            queryset = queryset.filter(**{f"{self.field_path}__gte": first})
        return queryset if last is None else queryset.filter(**{f"{self.field_path}__lte": last})

    def _day(self, end: str, at: time) -> datetime | None:
        day = parse_date_str(self.used_parameters.get(f"{self.field_path}_{end}", ""))
        return datetime.combine(day, at, tzinfo=UTC) if day else None


class DeskAdmin(ChoosingAdmin):
    """Prints decimals exactly and times in UTC, in lists and on pages; links foreign keys; filters by a button."""

    list_filter_submit = True
    list_per_page = 50
    formfield_overrides = {
        ExactField: {
            "form_class": DecimalInput,
            "widget": UnfoldAdminDecimalFieldWidget,
            "validators": [more_than_zero],
        }
    }

    def get_list_display(self, request: HttpRequest) -> list[Shown]:
        return [self._in_list(name) for name in super().get_list_display(request)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Shown]:
        return [self._on_page(name) for name in super().get_readonly_fields(request, obj)]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        is_view = obj is not None and not self.has_change_permission(request, obj)
        readonly = self.get_readonly_fields(request, obj)

        def shown(line: Shown | tuple[Shown, ...]) -> Any:
            if isinstance(line, tuple):
                return tuple(shown(name) for name in line)
            on_page = self._on_page(line)
            return on_page if is_view or on_page in readonly else line

        return [
            (title, {**options, "fields": [shown(line) for line in options["fields"]]})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> None:
        """Write only what was edited: the row's other columns may have moved since the page was opened."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        columns = {field.name for field in obj._meta.concrete_fields}
        obj.save(update_fields=[name for name in form.changed_data if name in columns])

    def _in_list(self, name: Shown) -> Shown:
        field = self._field(name)
        if isinstance(field, models.ForeignKey):
            return link_column(field.name)
        is_count = isinstance(field, models.IntegerField) and not field.choices and not field.primary_key
        return count_column(field.name) if is_count else self._on_page(name)

    def _on_page(self, name: Shown) -> Shown:
        field = self._field(name)
        if isinstance(field, ExactField):
            return decimal_column(field.name, ordering=field.name)
        return time_column(field.name) if isinstance(field, models.DateTimeField) else name

    def _field(self, name: Shown) -> Any:
        try:
            return self.opts.get_field(name) if isinstance(name, str) else None
        except FieldDoesNotExist:
            return None


class ReadOnlyAdmin(DeskAdmin):
    """Rows that only services write, and so many that they are counted once."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ServiceForm(forms.ModelForm):
    """A form that can say why the service it led to refused."""

    refusal: AppError | None = None

    def clean(self) -> dict[str, Any]:
        super().clean()
        for field, sentences in self._refused():
            self.add_error(field if field in self.fields else None, list(sentences))
        return self.cleaned_data

    def _refused(self) -> Iterable[tuple[str, Iterable[str]]]:
        if self.refusal is None:
            return ()
        errors = self.refusal.errors or {"": [self.refusal.message]}
        return ((name.partition(".")[0], sentences) for name, sentences in errors.items())


class ServiceAdmin(DeskAdmin):
    """Writes through services, and never deletes. A refusal rolls all back and stands in the form as it was typed.

    `readonly_fields` are fixed once the row is there; `add_fieldsets` says what a new one is made of.
    """

    form = ServiceForm

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Shown]:
        return [] if obj is None else super().get_readonly_fields(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except AppError as refusal:
            # The same form once more, made to fail with the refusal: its save is not reached again.
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)
