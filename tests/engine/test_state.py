from __future__ import annotations

import pytest
import torch

from bvtk.engine.state import Window


def test_a_window_gives_means_and_starts_anew() -> None:
    window = Window()
    for value in (1.0, 2.0, 6.0):
        window.add({"loss": torch.tensor(value), "beta": value})
    assert window.count == 3
    assert window.means() == {"loss": pytest.approx(3.0)}
    assert window.count == 0
    assert window.sums == {}


def test_sums_keep_digits_that_float32_would_lose() -> None:
    window = Window()
    window.add({"loss": torch.tensor(1e8)})
    window.add({"loss": torch.tensor(1.0)})
    assert window.means()["loss"] == (1e8 + 1) / 2
