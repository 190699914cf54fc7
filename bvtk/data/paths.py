"""Paths as users write them."""

from __future__ import annotations

from pathlib import Path

from bvtk.errors import DataError


def user_path(text: str) -> Path:
    """The path that a user wrote, `~` replaced by the home folder.

    Raises:
        DataError: if there is no home folder, or the system can't reach the path.
    """
    try:
        path = Path(text).expanduser()
        path.exists()
    except RuntimeError as error:
        raise DataError(f"the home folder in {text!r} is unknown", "write the whole path, or set BVTK_CACHE") from error
    except OSError as error:
        raise DataError(
            f"{text[:200]} can't be reached: {error.strerror}", "check the path and its permissions"
        ) from error
    return path
