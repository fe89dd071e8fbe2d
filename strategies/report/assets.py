"""The scripts and styles of a report: ours from this app, plotly's from its package, which is not imported for it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

PLOTLY = "strategies/plotly.min.js"
SCRIPT = "strategies/report.js"
STYLE = "strategies/report.css"
_OURS = Path(__file__).resolve().parents[1] / "static"


@dataclass(frozen=True, slots=True)
class Assets:
    """Scripts and styles as texts that may stand within their elements of a page."""

    plotly: str
    script: str
    style: str


def plotly_file() -> Path:
    """Return where plotly's script lies. Raises RuntimeError where the package is not installed."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise RuntimeError("plotly is not installed: pip install -r requirements.txt.")
    return Path(spec.origin).parent / "package_data" / "plotly.min.js"


@cache
def assets() -> Assets:
    """Return what a report that is one file holds, 5 MB. Raises ValueError for a text that would end its element."""
    texts = [path.read_text(encoding="utf-8") for path in (plotly_file(), _OURS / SCRIPT, _OURS / STYLE)]
    if any("</script" in text.lower() or "</style" in text.lower() or "<!--" in text for text in texts):
        raise ValueError("A script or a style would end its element.")
    return Assets(*texts)


class PlotlyFinder(BaseFinder):
    """Has plotly's script served, and collected, as a static file of ours: this one of its package and no other."""

    def __init__(self, app_names: Iterable[str] | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.storage = _OneFile(location=str(plotly_file().parent))
        self.storage.prefix = PLOTLY.rpartition("/")[0]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Return the absolute path of the one file that this finds; nothing for any other."""
        found = [str(plotly_file())] if path == PLOTLY else []
        return found if find_all or not found else found[0]

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """Yield the file within its package, and the storage that says under which prefix it is collected."""
        yield plotly_file().name, self.storage


class _OneFile(FileSystemStorage):
    """A folder whose files are collected under `prefix`."""

    prefix: str
