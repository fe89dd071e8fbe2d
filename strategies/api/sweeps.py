"""Sweeps over HTTP: asked for, watched, read, cancelled."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import user_of
from core.api.reading import read_body, read_query
from strategies.api.backtests import asked_run
from strategies.api.filters import RunFilter
from strategies.api.runs_serializers import EndingQuery
from strategies.api.sweeps_serializers import SweepAnswer, SweepDetail, SweepInput, plan_of
from strategies.models import Sweep
from strategies.selectors.sweeps import readable_sweep, told_sweeps, writable_sweep
from strategies.services.sweeps import cancel_or_delete_sweep, create_sweep


class SweepViewSet(viewsets.GenericViewSet):
    """Sweeps of who asks; an admin's are everybody's."""

    queryset = Sweep.objects.none()
    serializer_class = SweepAnswer
    filterset_class = RunFilter
    permissions_needed = {
        "read": "strategies.view_sweep",
        "create": "strategies.add_sweep",
        "destroy": "strategies.delete_sweep",
    }

    @extend_schema(responses=SweepAnswer(many=True))
    def list(self, request: Request) -> Response:
        sweeps = told_sweeps().visible_to(user_of(request))
        page = self.paginate_queryset(self.filter_queryset(sweeps)) or []
        return self.get_paginated_response(SweepAnswer(page, many=True).data)

    @extend_schema(request=SweepInput, responses={201: SweepAnswer})
    def create(self, request: Request) -> Response:
        asked = read_body(SweepInput, request)
        made = create_sweep(asked_run(request, asked), plan=plan_of(asked), now=timezone.now())
        return Response(SweepAnswer(readable_sweep(user_of(request), made.pk)).data, status=201)

    @extend_schema(responses=SweepDetail)
    def retrieve(self, request: Request, sweep_id: UUID) -> Response:
        return Response(SweepDetail(readable_sweep(user_of(request), sweep_id)).data)

    @extend_schema(parameters=[EndingQuery], responses={204: None})
    def destroy(self, request: Request, sweep_id: UUID) -> Response:
        """Cancel one that is not over, with all its parts; delete one that is, a 409 where `only_cancel` says so."""
        sweep, asked = writable_sweep(user_of(request), sweep_id), read_query(EndingQuery, request)
        cancel_or_delete_sweep(sweep, **asked, now=timezone.now())
        return Response(status=204)
