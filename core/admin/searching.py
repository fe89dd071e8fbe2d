"""Choosing rows by search: a form holds those that are chosen, and its admin answers a search for the others."""

from collections.abc import Callable, Collection
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import path, reverse
from unfold.admin import ModelAdmin
from unfold.widgets import AutocompleteWidgetMixin

from core.admin.choosing import is_key

A_PAGE = 20
MOST_DIGITS = 6  # of a page's number


class Searched(forms.Field):
    """A field whose widget holds the chosen rows alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.widget.chosen = self.chosen

    def chosen(self, keys: Collection[str]) -> list[tuple[str, str]]:
        """Return those of `keys` that are there, with their names."""
        raise NotImplementedError

    def found(self, request: HttpRequest, term: str, page: int) -> tuple[list[dict[str, Any]], bool]:
        """Return a page of what a search finds, as select2 reads it, and whether there is more."""
        raise NotImplementedError


class SearchSelect(AutocompleteWidgetMixin, forms.Select):
    """Holds one row. Unfold's own asks for every row to write the chosen one."""

    chosen: Callable[[Collection[str]], list[tuple[str, str]]]

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        blank = [] if self.allow_multiple_selected else [("", "")]
        self.choices = [*blank, *self.chosen([key for key in value if key])]
        return super().optgroups(name, value, attrs)


class SearchSelectMultiple(SearchSelect, forms.SelectMultiple):
    """Holds any number of rows."""


class RowField(Searched, forms.ModelChoiceField):
    """Chooses one of `queryset`, which is ordered."""

    widget = SearchSelect

    def chosen(self, keys: Collection[str]) -> list[tuple[str, str]]:
        rows = cast(QuerySet[Any], self.queryset)
        there = rows.filter(pk__in=[key for key in keys if is_key(key, rows.model._meta.pk)])
        return [(str(row.pk), self.label_from_instance(row)) for row in there]

    def found(self, request: HttpRequest, term: str, page: int) -> tuple[list[dict[str, Any]], bool]:
        rows, is_more = found_among(cast(QuerySet[Any], self.queryset), request, term, page)
        return [{"id": str(row.pk), "text": self.label_from_instance(row)} for row in rows], is_more


class RowsField(RowField, forms.ModelMultipleChoiceField):
    """Chooses any number of `queryset`, which is ordered."""

    widget = SearchSelectMultiple


def found_among(rows: QuerySet[Any], request: HttpRequest, term: str, page: int) -> tuple[list[Any], bool]:
    """Return a page of those of `rows` that their own list would find, and whether there is more."""
    if "\0" in term:
        return [], False
    found, is_doubled = admin.site.get_model_admin(rows.model).get_search_results(request, rows, term)
    start = (page - 1) * A_PAGE
    some = list((found.distinct() if is_doubled else found)[start : start + A_PAGE + 1])
    return some[:A_PAGE], len(some) > A_PAGE


class SearchingAdmin(ModelAdmin):
    """Answers the searches of its form, to those whom the form is for."""

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_choices"
        return [path("choices/<slug:name>/", self.admin_site.admin_view(self.choices), name=name), *super().get_urls()]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        for name, field in form.base_fields.items():
            if isinstance(field, Searched):
                address = f"admin:{self.opts.app_label}_{self.opts.model_name}_choices"
                field.widget.attrs["data-ajax--url"] = reverse(address, args=[name])
        return form

    def choices(self, request: HttpRequest, name: str) -> JsonResponse:
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        field = self.form.base_fields.get(name)
        if not isinstance(field, Searched):
            raise Http404
        page = request.GET.get("page", "")
        number = max(int(page), 1) if page.isdecimal() and len(page) <= MOST_DIGITS else 1
        results, is_more = field.found(request, request.GET.get("term", ""), number)
        return JsonResponse({"results": results, "pagination": {"more": is_more}})
