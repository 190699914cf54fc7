"""Types of the fields that several metrics have."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

LIMIT = 10_000

Limited = Annotated[int, Field(gt=0, le=LIMIT)]
"""A number of things that are in memory at the same time: bins per code, pairs per point, images per batch."""
