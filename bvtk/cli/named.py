"""Components named in one option of the command line, as `NAME` or `NAME:field=value,field=value`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from bvtk.errors import UsageError

if TYPE_CHECKING:
    from bvtk.recipe.scalars import Scalar
    from bvtk.registry import Registry

S = TypeVar("S")


def component_named(option: str, text: str, registry: Registry[S]) -> S:
    """The component for a value of an option, such as `beta_vae_score:protocol=dlib`.

    Raises:
        UsageError: if there is no such component or field.
    """
    from bvtk.component import Slot
    from bvtk.metrics.scoring.keys import settings
    from bvtk.recipe import parse_component

    name, given = settings(text)
    if text.count("[") != text.count("]"):
        raise UsageError(f"{option} {text}: brackets do not match", "write lists as field=[10, 100]")
    fields = [field for field, _ in given]
    for field, value in given:
        if fields.count(field) > 1:
            raise UsageError(f"{option} {text}: {field!r} is given twice", "give each field once")
        if not value or field == "type":
            raise UsageError(
                f"{option} {text}: expected field=value, found {field!r}", "write NAME:field=value,field=value"
            )
    try:
        values = {field: _value(value) for field, value in given}
    except ValueError as error:
        raise UsageError(f"{option} {text}: {error}", "give integers between -2^63 and 2^63 - 1") from error
    spec: Any = parse_component(Slot(registry), {"type": name, **values})
    return spec  # type: ignore[no-any-return]


def _value(text: str) -> Scalar | list[Scalar]:
    """A value as in a recipe: a scalar, or a list of scalars in brackets."""
    from bvtk.recipe.scalars import resolve

    if text.startswith("[") and text.endswith("]"):
        return [resolve(item.strip()) for item in text[1:-1].split(",") if item.strip()]
    return resolve(text)
