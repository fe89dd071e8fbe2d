"""A picture of what was not asked for is told, not kept as if it were good."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from config import screenshots
from config.screenshots import Camera
from config.tests.desks import Desk

pytestmark = pytest.mark.proof


@pytest.fixture
def camera(chromium: Browser, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Camera]:
    """A stranger's: it is sent to the login."""
    monkeypatch.setattr(screenshots, "PICTURES", tmp_path)
    monkeypatch.setattr(screenshots, "WIDTHS", {390: 844})
    monkeypatch.setattr(screenshots, "SCHEMES", ("light",))
    page = chromium.new_page(base_url=desk.base)
    yield Camera(page)
    page.close()


def test_a_page_that_is_as_it_should_be_is_taken_without_a_word(camera: Camera, tmp_path: Path) -> None:
    camera.take("login", "/login")
    assert (camera.wrong, [file.name for file in tmp_path.iterdir()]) == ([], ["login-390-light.png"])


def test_a_login_instead_of_a_page_is_told(camera: Camera) -> None:
    camera.take("start", "/admin/")
    assert camera.wrong == ["start-390-light: it is /login"]


def test_a_status_that_was_not_expected_is_told(camera: Camera) -> None:
    camera.take("gone", "/nowhere")
    camera.take("nowhere", "/nowhere", status=404)
    assert camera.wrong == ["gone-390-light: status 404 instead of 200"]


def test_a_page_that_is_wider_than_the_screen_is_told(camera: Camera) -> None:
    camera.page.route(
        "**/wide",
        lambda route: route.fulfill(body='<!doctype html><p style="width: 600px">wide', content_type="text/html"),
    )
    camera.take("wide", "/wide")
    assert camera.wrong == ["wide-390-light: wider than the screen"]
