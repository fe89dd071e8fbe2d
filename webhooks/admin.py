"""Admin page of deliveries: every alert whose sender was proved, as it came; secrets were struck out before."""

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, FieldTextFilter
from unfold.decorators import display

from core.admin.pieces import DayRangeFilter, ReadOnlyAdmin, badge, flight_link
from trading.models import Signal
from webhooks.models import Delivery, DeliveryStatus

_STATUS = badge(
    "status",
    {
        DeliveryStatus.PROCESSED: "success",
        DeliveryStatus.RECEIVED: "info",
        DeliveryStatus.PROCESSING: "info",
        DeliveryStatus.REJECTED: "danger",
        DeliveryStatus.DUPLICATE: "warning",
    },
)
_PROOF = badge("proof", {})


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "bot", _PROOF, _STATUS, "code", "reason", "signal")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("proof", ChoicesDropdownFilter),
        ("bot", AutocompleteSelectFilter),
        ("code", FieldTextFilter),
        ("received_at", DayRangeFilter),
    )
    list_select_related = ("bot",)
    search_fields = ("correlation_id", "alert_id", "bot__name", "code", "reason", "address")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": (("correlation_id", _STATUS), ("code", "reason"), ("bot", "signal"), "duplicate_of")}),
        (
            "As it came",
            {"fields": (("received_at", "address"), (_PROOF, "content_type"), "alert_id", "text", "body_sha256")},
        ),
        ("Handled", {"fields": (("answered_at", "finished_at"), ("attempts", "lease_until"))}),
    )

    @display(description="signal")
    def signal(self, delivery: Delivery) -> SafeString | str:
        has_signal = delivery.has_signal  # type: ignore[attr-defined]
        return flight_link(delivery.correlation_id, str(delivery.correlation_id)[:8]) if has_signal else "-"

    @display(description="body")
    def text(self, delivery: Delivery) -> SafeString:
        return format_html('<pre class="desk-body">{}</pre>', bytes(delivery.body).decode("utf-8", "backslashreplace"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        signals = Signal.objects.filter(pk=OuterRef("correlation_id"))
        return super().get_queryset(request).defer("body").annotate(has_signal=Exists(signals))
