"""Components named in one option of the command line, as `NAME` or `NAME:field=value,field=value`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from bvtk.errors import UsageError

if TYPE_CHECKING:
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
    from bvtk.recipe.overrides import parse_override

    name, given = settings(text)
    fields: dict[str, Any] = {"type": name}
    for field, value in given:
        override, problems = parse_override(f"{field}={value}") if value else (None, ())
        if problems:
            raise UsageError(f"{option} {text}: {problems[0].text}", "write lists as field=[10, 100]")
        if override is None or field == "type":
            raise UsageError(f"{option} {text}: expected field=value, found {field!r}", "write NAME:field=value,…")
        if field in fields:
            raise UsageError(f"{option} {text}: {field!r} is given twice", "give each field once")
        fields[field] = override.value.plain()
    spec: Any = parse_component(Slot(registry), fields)
    return spec  # type: ignore[no-any-return]
