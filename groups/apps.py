"""Groups of trading accounts."""

from django.apps import AppConfig


class GroupsConfig(AppConfig):
    name = "groups"

    def ready(self) -> None:
        from accounts.models import Share
        from accounts.services import trading_accounts
        from accounts.sharing import share_rows
        from accounts.sheets import add_references
        from groups.models import AccountGroup
        from groups.selectors.references import groups_of_accounts
        from groups.services.membership import leave_groups

        share_rows(Share.Scope.GROUP, AccountGroup.objects.living)
        add_references(groups_of_accounts)
        trading_accounts.departures.append(leave_groups)
