"""What the specs of data sets share: types of fields, checks of names, and paths as users write them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_core import PydanticCustomError

from bvtk.component import DatasetSpec
from bvtk.errors import DataError
from bvtk.registry import did_you_mean

PathText = Annotated[str, Field(min_length=1, pattern=r"^[^\x00]+$")]
"""A path: relative to the working folder, `~` for the home folder."""


def no_such_factor(name: str, names: Sequence[str]) -> str:
    """The message for a name that none of the factors has."""
    if not names:
        return f"there is no factor {name!r}: the data set has no factors"
    return f"the data set has no factor {name!r}, {did_you_mean(name, list(names))}"


def check_factors(dataset: DatasetSpec, names: Iterable[str]) -> None:
    """Refuses names of factors, in the validator of a spec, that a data set is known to lack before it is opened."""
    known = dataset.known_factors()
    for name in names:
        if known is not None and name not in known:
            raise PydanticCustomError("factor", "{message}", {"message": no_such_factor(name, known)})


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
