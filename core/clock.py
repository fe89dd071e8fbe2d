"""What tells a use case the time: it is handed in, so that a test can stand still and a step can read it again."""

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]
