"""What a role may do: a route names the Django permission it needs, per method; rows are scoped by visible_to."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

EVERY_ROLE = "*"


class RolePermission(BasePermission):
    """Asks for the view's `permissions_needed`: {"read": "app.view_x", "write": "app.change_x"}.

    A view may also map one of its actions by name. EVERY_ROLE in the place of a permission lets in all who are logged
    in; what names nothing lets nobody in, admins neither. A method that the view does not have is refused as that.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not hasattr(view, (request.method or "").lower()):
            return True
        name = permission_needed(view, action=getattr(view, "action", None), method=request.method or "")
        return name == EVERY_ROLE or (name is not None and request.user.has_perm(name))


def permission_needed(view: Any, *, action: str | None, method: str) -> str | None:
    """Return what a view asks for: a permission, EVERY_ROLE, or None where it names nothing."""
    needed: dict[str, str] = getattr(view, "permissions_needed", {})
    return needed.get(action or "", needed.get("read" if method in SAFE_METHODS else "write"))
