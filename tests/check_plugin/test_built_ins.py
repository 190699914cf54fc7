"""Built-in components pass the checks of plugins."""

import pytest

from bvtk.check_plugin import check_component
from bvtk.component import REGISTRIES
from bvtk.plugins import discover
from bvtk.registry import BUILT_IN

discover(installed=False)
KINDS = ("encoder", "decoder", "likelihood", "model", "objective", "schedule", "optimizer", "launcher")
ENTRIES = [(kind, entry) for kind in KINDS for entry in REGISTRIES[kind].entries() if entry.origin == BUILT_IN]


@pytest.mark.parametrize(("kind", "entry"), ENTRIES, ids=[f"{kind}-{entry.name}" for kind, entry in ENTRIES])
def test_built_in_components_pass_every_check(kind, entry):
    assert [str(f) for f in check_component(kind, entry) if f.level != "ok"] == []
