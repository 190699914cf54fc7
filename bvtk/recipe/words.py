"""What a field takes, in plain words."""

from __future__ import annotations

from pydantic import BaseModel

from bvtk.component import Slot


def expected_at(model: type[BaseModel] | None, key: str | int) -> str:
    """What a field takes: `a number more than 0, or 'learned'`; empty where it is unknown."""
    field = model.model_fields.get(str(key)) if model else None
    return str(field.annotation) if field and not isinstance(field.annotation, Slot) else ""
