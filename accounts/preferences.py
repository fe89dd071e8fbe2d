"""What a person's screens keep with the desk: JSON that is merged, bounded, and never read by the desk itself."""

import json
from typing import Any

from core.errors import Invalid

LARGEST_BYTES = 16 * 1024
DEEPEST = 8

Preferences = dict[str, Any]


def merged(kept: Preferences, patch: Preferences) -> Preferences:
    """Return `kept` changed by `patch` as a JSON merge patch says (RFC 7396), at every depth.

    Objects are merged, null takes a key away, everything else (lists too) replaces what was there. Raises Invalid
    where the whole would be larger than LARGEST_BYTES of JSON or nested deeper than DEEPEST.
    """
    whole = _merge(kept, patch)
    if _depth(whole) > DEEPEST:
        raise _refused(f"Nested at most {DEEPEST} deep.")
    if len(json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()) > LARGEST_BYTES:
        raise _refused(f"All together at most {LARGEST_BYTES} bytes of JSON.")
    return whole


def _merge(kept: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    whole = dict(kept) if isinstance(kept, dict) else {}
    for key, value in patch.items():
        if value is None:
            whole.pop(key, None)
        else:
            whole[key] = _merge(whole.get(key), value)
    return whole


def _depth(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max((_depth(each) for each in inner), default=0)


def _refused(sentence: str) -> Invalid:
    return Invalid(f"preferences: {sentence}", errors={"preferences": [sentence]})
