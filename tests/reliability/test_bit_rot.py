"""A damaged file of the newest checkpoint: the one before it is taken, with a warning that names the file."""

from __future__ import annotations

import pytest

from tests.reliability.conftest import Ground
from tests.reliability.ground import run_of, saved_by

FILES = ("manifest.json", "model.safetensors", "objective.safetensors", "optimizer.safetensors", "window.safetensors")


@pytest.mark.parametrize("damage", ["flipped", "cut short", "removed"])
def test_each_file_of_a_checkpoint(ground: Ground, damage: str) -> None:
    trace = ground.straight("train", "squares").trace
    second = next(at for at in range(len(trace)) if saved_by(trace, at) == 4)
    cases = {name: ground.case("train", "squares", second, "kill") for name in FILES}
    ground.suffer(list(cases.values()))
    for name, case in cases.items():
        file = run_of(ground.out(case.out)) / "checkpoints" / "step-4" / name
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.unlink() if damage == "removed" else file.write_bytes(data if damage == "flipped" else data[:-3])
    endings = ground.run(*(ground.order("train", "squares", case.out) for case in cases.values()))
    for name, ending in zip(cases, endings, strict=True):
        assert ending.code == 0, ending.said
        assert "resuming from step 2" in ending.said
        assert name in ending.said
    ground.must_finish(list(cases.values()), "damaged checkpoints survived")
