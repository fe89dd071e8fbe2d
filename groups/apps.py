"""Groups of trading accounts."""

from django.apps import AppConfig


class GroupsConfig(AppConfig):
    name = "groups"

    def ready(self) -> None:
        from accounts.models import Share
        from accounts.sharing import share_rows
        from groups.models import AccountGroup

        share_rows(Share.Scope.GROUP, AccountGroup.objects.all)
