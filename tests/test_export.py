from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from bvtk.build import build_dataset, build_model
from bvtk.errors import UsageError
from bvtk.export import read_export, write_export
from bvtk.plugins import discover
from bvtk.protocols import ImageShape
from bvtk.recipe import Recipe, load_recipe
from bvtk.traversal import CodeStatistics

IMAGE = ImageShape(1, 12, 12)
SCORES = {"mig": {"score": 0.25}}
STATISTICS = CodeStatistics.of({"latents": [0, 2], "mean": [0.1, 0.2], "std": [1.0, 0.5], "kl": [2.0, 0.1]})


def recipe(*overrides: str) -> Recipe:
    discover(Path())
    return load_recipe(Path("tiny.yaml"), overrides).recipe


def exported(name: str, *overrides: str) -> Path:
    built = recipe(*overrides)
    path = Path(name)
    write_export(path, built, build_model(built, IMAGE), build_dataset(built), SCORES, STATISTICS)
    return path


def test_what_was_written_is_read_back(workplace: Path) -> None:
    path = exported("model.safetensors")
    found = read_export(path)
    model = build_model(recipe(), IMAGE)
    assert found.recipe == recipe()
    assert found.image == IMAGE
    assert found.peak == 1
    assert found.factor_names == ("size", "x", "y")
    assert found.scores == SCORES
    assert found.statistics is not None
    assert found.statistics.as_json() == STATISTICS.as_json()
    assert not found.model.training
    assert found.metadata["plugins"] == []
    assert found.metadata["libraries"]["torch"]
    assert all(torch.equal(found.model.state_dict()[n], t) for n, t in model.state_dict().items())


def test_the_file_is_plain_safetensors_with_one_key_and_readable_names(workplace: Path) -> None:
    with safe_open(exported("model.safetensors"), framework="np") as file:
        assert list(file.metadata()) == ["bvtk"]
        text = file.metadata()["bvtk"]
        assert all(name.split(".")[0] in ("encoder", "decoder") for name in file.keys())  # noqa: SIM118
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_the_same_model_gives_the_same_bytes(workplace: Path) -> None:
    assert exported("one").read_bytes() == exported("two").read_bytes()
    assert exported("one").read_bytes() != exported("three", "seed=1").read_bytes()


PLUGIN = """
import bvtk
from torch import nn

@bvtk.register_encoder("flat")
class Flat(bvtk.EncoderSpec):
    \"\"\"One dense layer.\"\"\"

    def build(self, image, outputs):
        return nn.Sequential(nn.Flatten(), nn.Linear(image.pixels, outputs))
"""


def test_an_export_that_needs_a_plugin_names_it(workplace: Path) -> None:
    Path("plugins").mkdir()
    Path("plugins/flat.py").write_text(PLUGIN)
    path = exported("model.safetensors", "model.encoder=flat")
    assert read_export(path).metadata["plugins"][0]["name"] == "plugins/flat.py"
    Path("plugins/flat.py").unlink()
    discover(Path())
    with pytest.raises(UsageError, match="unknown encoder 'flat'") as caught:
        read_export(path)
    assert "plugins/flat.py (sha256 " in caught.value.hint


def damaged(path: Path, change: str) -> Path:
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    if change == "truncated":
        path.write_bytes(data[:-20])
    elif change == "garbage":
        path.write_bytes(b"not a model")
    elif change == "empty":
        path.write_bytes(b"")
    elif change == "long header":
        path.write_bytes(struct.pack("<Q", 2**60) + data[8:])
    elif change == "foreign":
        save_file({"x": torch.zeros(2)}, path)
    elif change == "format":
        save_file({"x": torch.zeros(2)}, path, {"bvtk": '{"format": 99}'})
    elif change == "no json":
        save_file({"x": torch.zeros(2)}, path, {"bvtk": "{"})
    elif change == "no recipe":
        save_file({"x": torch.zeros(2)}, path, {"bvtk": '{"format": 1}'})
    elif change == "other tensors":
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
        save_file({"x": torch.zeros(2)}, path, metadata)
    elif change == "other recipe":
        header = json.loads(data[8 : 8 + length])
        inner = json.loads(header["__metadata__"]["bvtk"])
        inner["recipe"]["model"]["latents"] = "many"
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        save_file(tensors, path, {"bvtk": json.dumps(inner)})
    return path


@pytest.mark.parametrize(
    "change",
    [
        *("truncated", "garbage", "empty", "long header", "foreign", "format", "no json", "no recipe"),
        *("other tensors", "other recipe"),
    ],
)
def test_what_is_no_whole_export_is_one_clear_error(workplace: Path, change: str) -> None:
    path = damaged(exported("model.safetensors"), change)
    with pytest.raises(UsageError, match=r"model\.safetensors"):
        read_export(path)


def test_a_missing_file_is_a_clear_error(workplace: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        read_export(Path("nowhere.safetensors"))


def test_convolutions_in_channels_last_are_exported_in_the_usual_order(workplace: Path) -> None:
    built = recipe("model.encoder={type: conv, channels: [4, 4]}", "model.decoder={type: conv, channels: [4, 4]}")
    model = build_model(built, IMAGE).to(memory_format=torch.channels_last)
    write_export(Path("model.safetensors"), built, model, build_dataset(built), SCORES, STATISTICS)
    found = read_export(Path("model.safetensors"))
    x = torch.from_numpy(np.random.default_rng(0).random((3, *IMAGE), np.float32))
    torch.testing.assert_close(found.model.encode(x)[0], model.eval().encode(x)[0])


def with_metadata(path: Path, **changed: Any) -> Path:
    """The same export with other metadata; without those that are None."""
    with safe_open(path, framework="pt") as file:
        said = json.loads(file.metadata()["bvtk"]) | changed
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    save_file(tensors, path, {"bvtk": json.dumps({key: value for key, value in said.items() if value is not None})})
    return path


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ({"latents": [0, 1], "mean": [0.0], "std": [1.0]}, "differ in length"),
        ({"latents": [3], "mean": [0.0], "std": [1.0]}, "describe latents that its model lacks"),
        ({"latents": [0], "mean": ["0"], "std": [1.0]}, "codes.mean.0"),
        ([], "codes"),
    ],
)
def test_damaged_statistics_are_refused(workplace: Path, codes: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_export(with_metadata(exported("model.safetensors"), codes=codes))


def test_an_export_of_format_1_loads_without_statistics(workplace: Path) -> None:
    """The file was written by the last version with format 1, from `tiny.yaml` after one step."""
    found = read_export(Path(__file__).parent / "data/format-1.safetensors")
    assert found.metadata["format"] == 1
    assert found.statistics is None
    assert found.recipe.name == "tiny"
    assert found.scores["mig"]["score"] > 0
    assert found.model.encode(torch.zeros(2, *IMAGE))[0].shape == (2, 3)
