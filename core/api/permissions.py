"""What a role may do: a route names the Django permission it needs, per method; rows are scoped by visible_to."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request


class RolePermission(BasePermission):
    """Asks for the view's `permissions_needed`: {"read": "app.view_x", "write": "app.change_x"}.

    A view may also map one of its actions by name. A view that names none is open to every logged-in user.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        needed = getattr(view, "permissions_needed", {})
        action = getattr(view, "action", None)
        kind = "read" if request.method in SAFE_METHODS else "write"
        name = needed.get(action, needed.get(kind))
        return name is None or request.user.has_perm(name)
