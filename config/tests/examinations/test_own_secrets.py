"""The desk's own secrets: there, for its user only, usable, and never shown."""

import os
import subprocess
import sys

import pytest

from config.examinations.own_secrets import secrets_findings
from config.secrets_file import NAMES, SIGNING, read_or_make

KEY = "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk="
GIVEN = {"SECRET_KEY": 32 * "s", "JWT_SIGNING_KEY": 32 * "j", "FIELD_ENCRYPTION_KEYS": f"k1:{KEY}"}


@pytest.fixture
def path(tmp_path):
    """A secrets file as the desk makes it."""
    made = tmp_path / "secrets.env"
    read_or_make(made, {})
    return made


def levels(path, given):
    return [finding.level for finding in secrets_findings(path, given)]


def test_a_file_as_the_desk_makes_it_is_sound(path):
    assert levels(path, {}) == ["ok", "ok"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_file_that_others_can_open_is_an_error(path, mode):
    path.chmod(mode)
    finding = next(secrets_findings(path, {}))
    assert (finding.level, f"{mode:04o}" in finding.found) == ("error", True)


def test_a_missing_file_is_an_error_and_is_not_made(tmp_path):
    assert levels(tmp_path / "secrets.env", {}) == ["error"]
    assert list(tmp_path.iterdir()) == []


def test_no_file_is_needed_where_the_environment_gives_all(tmp_path):
    assert levels(tmp_path / "secrets.env", GIVEN) == ["ok"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_nowhere_is_told(path, name):
    path.write_text("\n".join(line for line in path.read_text().splitlines() if not line.startswith(name)))
    assert [finding.found for finding in secrets_findings(path, {})][1].endswith(f"lacks {name}.")


def test_a_file_of_noise_is_an_error(path):
    path.write_bytes(b"\xff\xfe\x00")
    assert levels(path, {}) == ["error"]


@pytest.mark.parametrize("name", SIGNING)
@pytest.mark.parametrize(("value", "found"), [(31 * "x", 1), (32 * "x", 0), (16 * "ü", 0)])
def test_a_signing_key_that_is_too_short_is_an_error(tmp_path, name, value, found):
    findings = [each.found for each in secrets_findings(tmp_path, {**GIVEN, name: value}) if each.level == "error"]
    assert findings == found * [f"{name} is shorter than 32 bytes."]


@pytest.mark.parametrize("name", SIGNING)
def test_the_desk_does_not_start_with_a_short_signing_key(name):
    chosen = {**os.environ, **GIVEN, name: 31 * "x", "DJANGO_SETTINGS_MODULE": "config.settings"}
    run = [sys.executable, "-c", "import django; django.setup()"]
    ended = subprocess.run(run, env=chosen, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    assert ended.stderr.strip().endswith(f"ImproperlyConfigured: Shorter than 32 bytes: {name}.")


@pytest.mark.parametrize("keys", ["k1", "k1:", "k1:short", "k1:c2hvcnQ=", f"k1:{KEY},k2:c2hvcnQ=", ",", "k1:%%%"])
def test_sealing_keys_of_another_form_are_an_error(tmp_path, keys):
    assert levels(tmp_path, {**GIVEN, "FIELD_ENCRYPTION_KEYS": keys}) == ["error"]


def test_nothing_of_a_secret_is_shown(path):
    told = " ".join(finding.found + finding.advice for finding in secrets_findings(path, {}))
    assert [value for value in read_or_make(path, {}).values() if value in told] == []
