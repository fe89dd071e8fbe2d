"""How long each step of one batch took."""

import time


class Stopwatch:
    """Milliseconds since it was made, by the step that ended then."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self.marks: dict[str, int] = {}

    def mark(self, step: str) -> None:
        self.marks[step] = round((time.perf_counter() - self._began) * 1000)
