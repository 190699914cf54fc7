"""The metadata of an exported model: JSON under one key of its safetensors file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from safetensors import SafetensorError, safe_open

from bvtk.documents import check_safetensors, parse_json
from bvtk.errors import UsageError

KEY = "bvtk"
"""The one metadata key: several would be written in random order, and the same run would give different bytes."""

FORMAT = 2
"""The format that is written. Format 1 lacks the statistics of the codes."""

FORMATS = (1, 2)
"""The formats that are read."""


@contextmanager
def opened_export(path: Path, framework: Literal["pt", "np"]) -> Iterator[tuple[dict[str, Any], Any]]:
    """An export's metadata, and its open file; tensors are read as those of the framework.

    Raises:
        UsageError: if the file is not an export of bvtk, or it is damaged.
    """
    check_safetensors(path)
    try:
        with safe_open(path, framework=framework) as file:
            text = (file.metadata() or {}).get(KEY)
            if text is None:
                raise UsageError(f"{path} is not an export of bvtk: it has no metadata key {KEY!r}")
            metadata = parse_json(text)
            if not isinstance(metadata, dict) or metadata.get("format") not in FORMATS:
                expected = f"expected format {' or '.join(map(str, FORMATS))} of an export"
                raise UsageError(f"{path}: {expected}", "use the version of bvtk that wrote it")
            yield metadata, file
    except (OSError, SafetensorError, ValueError) as error:
        raise UsageError(f"{path} can't be read as safetensors: {error}", "export the run again") from error
