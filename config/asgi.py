"""The ASGI application for servers that may run it in any number of processes, which only Redis connects.

HTTP works here too, at a tenth of the speed that it has under WSGI.
"""

from config.application import application
from config.process_count import require_redis

__all__ = ["application"]

require_redis()
