"""The command line inside the test's own process: fast, for verbs that start nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bvtk.cli.main import main

RECIPE = """\
name: toy
dataset: dsprites
model:
  type: vae
  latents: 3
  encoder: {type: mlp, hidden: [8]}
  decoder: mlp
objective: {type: beta_vae, beta: 4}
training:
  steps: 5
metrics: [mig]
"""


@dataclass(frozen=True)
class Result:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """What it printed to stdout, as JSON."""
        return json.loads(self.out)


Terminal = Callable[..., Result]


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """A terminal in an empty working folder that holds `r.yaml`."""
    monkeypatch.chdir(tmp_path)
    Path("r.yaml").write_text(RECIPE)

    def run(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["bvtk", *arguments])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as exit:
            code = int(exit.code or 0)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Result(code, out, err)

    return run
