"""Groups over HTTP, in multi's shape. Admins write; others read what is shared with them."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import user_of
from accounts.models import TradingAccount
from accounts.selectors.trading_accounts import AccountMissing, writable_account
from core.api.answers import told, told_schema
from core.api.reading import read_body
from core.api.serializers import NoFields
from core.errors import Missing
from groups.api.figures_serializers import GroupDetail
from groups.api.serializers import (
    AssignInput,
    GroupAnswer,
    GroupChange,
    GroupInput,
    MembersInput,
    group_data,
    joinings_data,
)
from groups.models import AccountGroup
from groups.selectors.figures import summary_of_group
from groups.selectors.groups import readable_group, writable_group
from groups.services.changes import change_group, delete_group
from groups.services.membership import Joining, add_accounts, add_each, create_group, remove_account

GROUP_SCHEMA = told_schema("GroupTold", group=GroupAnswer())
LIST_SCHEMA = told_schema(
    "GroupsTold",
    groups=GroupAnswer(many=True),
    total=serializers.IntegerField(),
    offset=serializers.IntegerField(),
    limit=serializers.IntegerField(),
)
DETAIL_SCHEMA = told_schema("GroupDetailTold", group=GroupDetail())
DELETED_SCHEMA = told_schema("GroupDeleted", group_id=serializers.UUIDField())
ASSIGNED_SCHEMA = inline_serializer("Assigned", {"success": serializers.BooleanField()})
BULK_SCHEMA = told_schema("MembersTold", results=serializers.DictField(), group=GroupAnswer())


class GroupViewSet(viewsets.GenericViewSet):
    """Named sets of accounts."""

    queryset = AccountGroup.objects.none()
    serializer_class = GroupAnswer
    permissions_needed = {
        "read": "groups.view_accountgroup",
        "write": "groups.change_accountgroup",
        "create": "groups.add_accountgroup",
        "destroy": "groups.delete_accountgroup",
    }

    @extend_schema(responses=LIST_SCHEMA)
    def list(self, request: Request) -> Response:
        groups = AccountGroup.objects.living().visible_to(user_of(request)).prefetch_related("members")
        page = [group_data(group) for group in self.paginate_queryset(groups) or []]
        pages: Any = self.paginator
        data = {"groups": page, "total": pages.count, "offset": pages.offset, "limit": pages.limit}
        return told("Groups retrieved successfully", data)

    @extend_schema(request=GroupInput, responses={201: GROUP_SCHEMA})
    def create(self, request: Request) -> Response:
        asked = read_body(GroupInput, request)
        members = _writable_accounts(request, asked.pop("accounts", []))
        group = create_group(created_by=user_of(request), accounts=members, **asked)
        return told("Group created successfully", {"group": group_data(group)}, status=201)

    @extend_schema(responses=DETAIL_SCHEMA)
    def retrieve(self, request: Request, group_id: UUID) -> Response:
        group: Any = _readable(request, group_id)
        summary = summary_of_group(group, now=timezone.now())
        group.performance, group.websocket_status = summary.earned, summary.streams
        return told("Group retrieved successfully", {"group": GroupDetail(group).data})

    @extend_schema(request=GroupChange, responses=GROUP_SCHEMA)
    def partial_update(self, request: Request, group_id: UUID) -> Response:
        group = _writable(request, group_id)
        asked = read_body(GroupChange, request)
        account_ids = asked.pop("accounts", None)
        _writable_accounts(request, account_ids or [])
        change_group(group.id, asked, account_ids=account_ids)
        return told("Group updated successfully", {"group": group_data(_readable(request, group_id))})

    @extend_schema(responses={200: DELETED_SCHEMA})
    def destroy(self, request: Request, group_id: UUID) -> Response:
        delete_group(_writable(request, group_id).id, now=timezone.now())
        return told("Group deleted successfully", {"group_id": str(group_id)})

    @extend_schema(request=MembersInput, responses=BULK_SCHEMA)
    def add_members(self, request: Request, group_id: UUID) -> Response:
        group = _writable(request, group_id)
        wanted = set(read_body(MembersInput, request)["account_ids"])
        found = TradingAccount.objects.living().writable_by(user_of(request)).filter(pk__in=wanted)
        joinings = add_each(group, list(found)) if found else []
        joinings += [Joining(pk, AccountMissing()) for pk in wanted - {joining.account_id for joining in joinings}]
        data = {"results": joinings_data(joinings), "group": group_data(_readable(request, group_id))}
        return told("Bulk account addition completed", data)

    @extend_schema(request=None, responses=GROUP_SCHEMA)
    def add_member(self, request: Request, group_id: UUID, account_id: UUID) -> Response:
        group = _writable(request, group_id)
        _writable_accounts(request, [account_id])
        read_body(NoFields, request)
        add_accounts(group, [account_id])
        return told("Account added to group", {"group": group_data(_readable(request, group_id))})

    @extend_schema(request=AssignInput, responses=ASSIGNED_SCHEMA)
    def assign(self, request: Request, account_id: UUID) -> Response:
        account = writable_account(user_of(request), account_id)
        add_accounts(_writable(request, read_body(AssignInput, request)["group_id"]), [account.id])
        return Response({"success": True})

    @extend_schema(responses=GROUP_SCHEMA)
    def remove_member(self, request: Request, group_id: UUID, account_id: UUID) -> Response:
        remove_account(_writable(request, group_id), account_id)
        return told("Account removed from group", {"group": group_data(_readable(request, group_id))})


def _readable(request: Request, group_id: UUID) -> AccountGroup:
    return readable_group(user_of(request), group_id)


def _writable(request: Request, group_id: UUID) -> AccountGroup:
    return writable_group(user_of(request), group_id)


def _writable_accounts(request: Request, account_ids: list[UUID]) -> list[TradingAccount]:
    found = list(TradingAccount.objects.living().writable_by(user_of(request)).filter(pk__in=account_ids))
    if len(found) != len(set(account_ids)):
        raise Missing("One of the accounts is not there.")
    return found
