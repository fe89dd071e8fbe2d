"""`check --deploy` under production settings: a warning fails."""

import os
import subprocess
import sys
import tempfile

PRODUCTION = {
    "DEBUG": "0",
    "ENVIRONMENT": "production",
    "HTTPS": "1",
    "TRUSTED_PROXIES": "1",
    "ALLOWED_HOSTS": "desk.example.com",
    "SECRET_KEY": "check-only-" + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ",
}


def main() -> int:
    """Run Django's deployment checks in an environment like a production server's; return the exit status."""
    with tempfile.TemporaryDirectory() as data_dir:
        environment = {**os.environ, **PRODUCTION, "DATA_DIR": data_dir}
        command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
