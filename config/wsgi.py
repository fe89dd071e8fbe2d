"""HTTP in the distributed mode: sync views run at full speed under WSGI, with connections that are kept."""

import os

from django.core.wsgi import get_wsgi_application

from core.requests import DeskWSGIRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("CONN_MAX_AGE", "60")

application = get_wsgi_application()
application.request_class = DeskWSGIRequest

from config.process_count import require_redis  # noqa: E402 - the variables above come first
from core import triggers  # noqa: E402

require_redis()
triggers.require()
