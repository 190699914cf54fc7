"""Types of the fields that several metrics have."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

MOST = 10_000

Few = Annotated[int, Field(gt=0, le=MOST)]
"""How many of what is held in memory at once: bins of a code, pairs of a point, images of a batch."""
