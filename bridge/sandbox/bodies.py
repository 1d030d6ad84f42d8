"""Request bodies as JSON, as strict as the real server's parser and no deeper than is sane."""

import json
import re
from typing import Any, NoReturn

ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def parse_json(data: bytes) -> Any:
    """Read JSON.

    Raises ValueError where it is none, or has numbers or characters that are none.
    """
    try:
        # decoded here: json itself lets bytes through that are half a character
        text = data.decode(json.detect_encoding(data)) if data else "{}"
        body = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if ESCAPED_SURROGATE.search(data):
        # half a character would fail only when it is saved
        json.dumps(body, ensure_ascii=False).encode()
    return body


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"Non-standard token '{word}'")
