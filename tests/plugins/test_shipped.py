"""The plugins that ship as examples to copy."""

import subprocess
import sys

import pytest
import torch

from bvtk.check_plugin import check
from bvtk.component import encoders, parse, schedules
from bvtk.plugins import components_of
from bvtk.protocols import ImageShape
from tests.plugins.conftest import ROOT

pytestmark = pytest.mark.usefixtures("origins")


@pytest.mark.parametrize(
    ("plugin", "components"),
    [
        ("tiny_conv", [("encoder", "tiny_conv")]),
        ("residual", [("encoder", "residual"), ("schedule", "warm_restarts")]),
        ("hdf5", [("dataset", "hdf5")]),
        ("quantised", [("model", "quantised"), ("objective", "quantised")]),
        ("pairs", [("model", "ada_gvae")]),
    ],
)
def test_shipped_plugins_pass_every_check(origins, plugin, components):
    assert [(kind, entry.name) for kind, entry in components_of(origins[plugin])] == components
    assert {finding.level for finding in check(origins[plugin])} == {"ok"}


def test_parameters_of_the_tiny_encoder():
    network = parse(encoders.get("tiny_conv"), {}).build(ImageShape(1, 64, 64), 20)
    by_hand = (9 * 16 + 16) + (9 * 16 * 32 + 32) + (9 * 32 * 64 + 64) + (8 * 8 * 64 * 20 + 20)
    assert sum(p.numel() for p in network.parameters()) == by_hand


def test_a_residual_block_with_zero_weights_is_the_identity():
    network = parse(encoders.get("residual"), {"channels": [8], "blocks": 2}).build(ImageShape(1, 9, 7), 6)
    block, x = network[1], torch.randn(2, 8, 5, 4)
    torch.nn.init.zeros_(block.change[-1].weight)
    torch.nn.init.zeros_(block.change[-1].bias)
    assert torch.equal(block(x), x)


def test_warm_restarts_by_hand():
    # Cycles of 100, 200 and 400 steps begin at 0, 100 and 300; halfway through each the value is halfway.
    value = parse(schedules.get("warm_restarts"), {"end": 4, "first": 100, "growth": 2}).build(1000)
    assert [value(step) for step in (0, 50, 100, 200, 300, 500, 700)] == pytest.approx([0, 2, 0, 2, 0, 2, 0])
    assert value(99) == pytest.approx(4, abs=2e-3)


def test_warm_restarts_without_growth():
    value = parse(schedules.get("warm_restarts"), {"start": 1, "end": 3, "first": 10, "growth": 1}).build(1000)
    assert [value(step) for step in (0, 5, 10, 10**9 + 5)] == pytest.approx([1, 2, 1, 2])


def test_shipped_plugins_load_without_torch():
    code = (
        "import sys; from pathlib import Path; from bvtk.plugins import discover; "
        f"assert not discover(Path({str(ROOT)!r}), installed=False).broken; print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
