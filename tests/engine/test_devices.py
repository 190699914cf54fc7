from __future__ import annotations

import pytest
import torch

from bvtk.engine.devices import autocast, choose_device, choose_precision, describe
from bvtk.errors import UsageError

CPU = torch.device("cpu")


def test_auto_is_a_device_that_works() -> None:
    device = choose_device("auto")
    assert torch.zeros(1, device=device).item() == 0
    assert describe(CPU) == "cpu"


@pytest.mark.parametrize("name", ["abacus", "cpus", ""])
def test_an_unknown_device_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(UsageError, match="unknown device") as caught:
        choose_device(name)
    assert "cpu, cuda, mps, auto" in caught.value.hint


@pytest.mark.parametrize("name", ["cuda:x", "cpu:zero"])
def test_a_device_number_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        choose_device(name)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_missing_gpu_is_a_clear_error() -> None:
    with pytest.raises(UsageError, match="no working cuda device"):
        choose_device("cuda")


def test_precision_is_what_was_asked_or_what_the_processor_has() -> None:
    assert choose_precision("fp32", CPU) == "fp32"
    assert choose_precision("bf16", CPU) == "bf16"
    assert choose_precision("auto", CPU) in ("fp32", "bf16")
    assert choose_precision("auto", torch.device("mps")) == "fp32"


def test_autocast_computes_in_the_precision() -> None:
    layer, x = torch.nn.Linear(4, 4), torch.ones(1, 4)
    with autocast(CPU, "bf16"):
        assert layer(x).dtype == torch.bfloat16
    with autocast(CPU, "fp32"):
        assert layer(x).dtype == torch.float32
