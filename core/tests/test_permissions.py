"""RolePermission: a view names what it needs for each method; what names nothing lets nobody in."""

from types import SimpleNamespace

import pytest
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.viewsets import ViewSet

from core.api.permissions import EVERY_ROLE, RolePermission


def ask(method, *held, **needed):
    """Return the status for a user who holds these permissions at a view that needs those."""

    class View(ViewSet):
        permission_classes = (RolePermission,)
        permissions_needed = needed

        def do(self, request):
            return SimpleNamespace(status_code=200)

        def finalize_response(self, request, response, *args, **kwargs):
            return response

    request = getattr(APIRequestFactory(), method)("/")
    force_authenticate(request, SimpleNamespace(is_authenticated=True, is_active=True, has_perm=set(held).__contains__))
    return View.as_view({"get": "do", "post": "do", "delete": "do"})(request).status_code


@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_what_names_nothing_lets_nobody_in(method):
    assert ask(method, "a.view_b", "a.change_b") == 403


@pytest.mark.parametrize(
    ("method", "needed", "status"),
    [
        ("get", {"read": "a.view_b"}, 200),
        ("get", {"read": "a.view_c"}, 403),
        ("get", {"read": EVERY_ROLE}, 200),
        ("get", {"write": "a.view_b"}, 403),
        ("post", {"read": "a.view_b"}, 403),
        ("post", {"write": "a.view_b"}, 200),
        ("post", {"write": "a.change_b"}, 403),
        ("post", {"write": "a.change_b", "do": "a.view_b"}, 200),
        ("post", {"write": "a.view_b", "do": "a.change_b"}, 403),
        ("delete", {"write": EVERY_ROLE}, 200),
        ("put", {}, 405),
        ("patch", {"write": "a.change_b"}, 405),
    ],
)
def test_a_method_asks_for_what_its_view_names(method, needed, status):
    assert ask(method, "a.view_b", **needed) == status
