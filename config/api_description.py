"""What the OpenAPI document says once, because it holds for every operation, and how it is made."""

API_DESCRIPTION = """
One alert, one strategy or one click becomes orders on every account of a bot.

**Requests.** Bodies are JSON: a value has the type that is documented (`"5"` is not `5`), a field that is not known is
refused, a member named twice too. Money, prices and quantities are texts or numbers, read exactly. Members of an
enumeration are taken in any case. A parameter of a query is given once; one that is not known is not looked at.
A trailing slash does not matter, on any method.

**Answers.** Money, prices and quantities are texts, times are ISO 8601 in UTC. A list is
`{"items", "total", "limit", "offset"}`. Every answer carries `X-Request-ID`,
the request's own where it sent a sane one.

**Refusals.** They have one shape: `{"success": false, "code", "detail", "errors", "request_id", "timestamp"}`;
`detail` is a sentence, `errors` names the fields that are wrong.

**Envelope.** With `?format=envelope`, or `Accept: application/vnd.envelope+json`, any answer comes as
`{"status": "success" | "error", "message", "meta", "data"}`: of a list, `data` is the items and `meta` holds `total`,
`limit` and `offset`; of a refusal, `message` is its `detail` and `data` the refusal. An answer without a body stays so.
""".strip()

SCHEMA = {
    "TITLE": "Trading desk API",
    "DESCRIPTION": API_DESCRIPTION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.api.schema.add_headers",
    ],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "ENUM_NAME_OVERRIDES": {
        "AlertedType": "trading.models.alerts.ALERTED",
        "LimitType": "trading.models.LimitType",
        "OrderStatus": "trading.models.OrderStatus",
        "OutcomeStatus": "trading.models.OutcomeStatus",
        "OrderSide": "trading.models.OrderSide",
        "PositionSide": "trading.models.PositionSide",
        "RoundTripStatus": "trading.selectors.round_trips.RoundTripStatus",
        "SignalStatus": "trading.models.SignalStatus",
        "BotStatus": "bots.models.BotStatus",
        "DeliveryStatus": "webhooks.models.DeliveryStatus",
        "InstrumentStatus": "market.kinds.Status",
        "Category": "market.kinds.Kind",
        "Interval": "market.intervals.Interval",
        "JobStatus": "core.models.JobStatus",
        "RiskScope": "trading.models.ScopeType",
        "ShareScope": "accounts.models.Share.Scope",
        "HaltState": "trading.api.risk_serializers.HaltState",
        "SwitchState": "trading.models.SwitchState",
    },
}
