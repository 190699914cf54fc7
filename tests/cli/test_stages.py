from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.cli.terminal import Terminal, terminal
from tests.conftest import Cli, furnish
from tests.systems import recipe_of

__all__ = ["terminal"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Cli, str, str]:
    """The command line beside a run of `tiny.yaml` that is done, and what that printed to stdout and stderr."""
    cli = Cli(tmp_path_factory.mktemp("finished"))
    furnish(cli.folder)
    with cli.start("run", "tiny.yaml", env={**os.environ, "PYTHONHASHSEED": "0"}) as process:
        out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    return cli, out, err


def folder_of(cli: Cli, parent: str = "runs") -> Path:
    (folder,) = (cli.folder / parent).iterdir()
    return folder


def test_a_recipe_becomes_a_model_with_scores_and_a_report(finished: tuple[Cli, str, str]) -> None:
    cli, out, err = finished
    folder = folder_of(cli)
    assert folder.name.startswith("tiny-")
    assert str(folder.relative_to(cli.folder) / "report.html") in out
    assert "mig" in out
    assert "Try next" in out
    assert "train: 40 steps on cpu" in err
    names = {path.name for path in folder.iterdir()}
    assert names >= {
        *("recipe.yaml", "recipe.source.yaml", "environment.json", "metrics.jsonl", "scores.json"),
        *("checkpoints", "model.safetensors", "report.html", "figures", "README.md"),
    }
    assert any(path.suffix == ".png" for path in (folder / "figures").iterdir())
    scores = json.loads((folder / "scores.json").read_text())
    assert scores["mig"]["score"] >= 0
    assert scores["beta_vae_score"]["chance"] == pytest.approx(1 / 3)
    held_out = scores["held_out"]
    assert held_out["elbo"] == pytest.approx(-held_out["reconstruction"] - held_out["kl"])
    assert sum(held_out["kl_per_latent"]) == pytest.approx(held_out["kl"])
    environment = json.loads((folder / "environment.json").read_text())
    assert environment["precision"] == "fp32"
    assert environment["data"]["source"]


def test_a_system_that_is_fitted_runs_by_the_same_command(workplace: Path, terminal: Terminal) -> None:
    done = terminal("run", str(recipe_of("pca")))
    assert "squared error" in done.out
    assert "per pixel" in done.out
    assert "ELBO" not in done.out
    assert "objective.beta" not in done.out
    assert "fitting on cpu" in done.err
    assert "## Use" in (folder_of(Cli(workplace)) / "README.md").read_text(encoding="utf-8")


def test_a_finished_run_says_so_at_once_and_without_torch(finished: tuple[Cli, str, str]) -> None:
    cli, first, _ = finished
    assert "already complete" not in first
    model = folder_of(cli) / "model.safetensors"
    before = model.stat().st_mtime_ns
    code = (
        "import sys; sys.argv = ['bvtk', 'run', 'tiny.yaml']\n"
        "from bvtk.cli.main import main\n"
        "try: main()\n"
        "finally: print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=cli.folder, check=True)
    assert "already complete" in done.stdout
    assert done.stdout.strip().endswith("False")
    assert model.stat().st_mtime_ns == before
    assert cli.json("run", "tiny.yaml")["already_complete"]


def test_the_same_recipe_gives_the_same_bytes_under_any_hash_seed(finished: tuple[Cli, str, str]) -> None:
    cli, *_ = finished
    with cli.start("export", "tiny.yaml", "--out", "again", env={**os.environ, "PYTHONHASHSEED": "1"}) as process:
        _, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    one, two = ((folder_of(cli, out) / "model.safetensors").read_bytes() for out in ("runs", "again"))
    assert one == two


def test_another_seed_and_another_setting_are_other_runs(workplace: Path, terminal: Terminal) -> None:
    runs = {
        terminal("train", "tiny.yaml", *overrides, "--json").json()["run"]
        for overrides in (["training.steps=0"], ["training.steps=0", "seed=1"], ["seed=0", "training.steps=0"])
    }
    assert len(runs) == 2


GATED = """
import time
from pathlib import Path
import bvtk

@bvtk.register_schedule("gated")
class Gated(bvtk.ScheduleSpec):
    def bounds(self):
        return (0.5, 0.5)

    def value_at(self, step, training_steps):
        while step == 25 and Path("gate").exists():
            time.sleep(0.01)
        return 0.5
"""
"""A schedule that holds a run at a step while the file `gate` is there."""
GATE = ("objective.beta={type: gated}", "training.checkpoint_every=1000000", "training.log_every=10")


def test_an_interrupted_run_resumes_to_the_same_bytes(cli: Cli) -> None:
    (cli.folder / "plugins").mkdir()
    (cli.folder / "plugins/gated.py").write_text(GATED)
    straight = cli.json("export", "tiny.yaml", *GATE, "--out", "straight")
    (cli.folder / "gate").touch()
    process = cli.start("export", "tiny.yaml", *GATE, "--out", "halted")
    log = wait_for(cli.folder, "halted/*/metrics.jsonl")
    process.send_signal(signal.SIGINT)
    (cli.folder / "gate").unlink()
    _, err = process.communicate(timeout=600)
    assert process.returncode == 130, err
    assert re.search(r"stopped at step \d+ of 40, after a checkpoint", err)
    assert "run the same command again to resume" in err
    assert "Traceback" not in err
    assert len(log.read_text().splitlines()) < 4
    resumed = cli.json("export", "tiny.yaml", *GATE, "--out", "halted")
    one, two = (Path(cli.folder, run["export"]).read_bytes() for run in (straight, resumed))
    assert one == two
    assert resumed["scores"] == straight["scores"]


INTERRUPTED_LOADING = """
import os, signal, sys
from bvtk.cli.main import main

class Interrupter:
    def find_spec(self, name, path=None, target=None):
        if name == "numpy.linalg":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupter())
sys.argv = ["bvtk", "train", "tiny.yaml"]
main()
"""


def test_an_interrupt_while_torch_loads_is_not_lost(workplace: Path) -> None:
    """Torch imports NumPy from C, and drops what that raises."""
    done = subprocess.run([sys.executable, "-c", INTERRUPTED_LOADING], capture_output=True, text=True, cwd=workplace)
    assert (done.returncode, done.stderr) == (130, "stopped\n  run the same command again to resume\n")


@pytest.mark.soak
def test_interrupts_at_any_moment_lose_nothing(cli: Cli) -> None:
    """One after the other, at moments spread over all stages, until the run is through."""
    overrides = ("training.steps=400",)
    straight = cli.json("run", "tiny.yaml", *overrides, "--out", "straight")
    delay, codes = 0.3, []
    while True:
        process = cli.start("run", "tiny.yaml", *overrides, "--out", "halted")
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=600)
        codes.append(process.returncode)
        assert process.returncode in (0, 130, -signal.SIGINT), err
        if process.returncode == 0:
            break
        delay += 0.6
    resumed = cli.json("run", "tiny.yaml", *overrides, "--out", "halted")
    assert Path(cli.folder, resumed["export"]).read_bytes() == Path(cli.folder, straight["export"]).read_bytes()
    assert 130 in codes


def test_two_starters_one_writer(cli: Cli, terminal: Terminal) -> None:
    overrides = ("training.steps=100000", "training.log_every=1")
    first = cli.start("run", "tiny.yaml", *overrides)
    wait_for(cli.folder, "runs/*/metrics.jsonl")
    second = terminal("run", "tiny.yaml", *overrides)
    assert second.code == 2
    assert f"in use by process {first.pid}" in second.err
    first.terminate()
    assert first.wait() == 143
    first.communicate()


def test_a_stage_alone_names_only_what_is_there_and_commands_that_work(workplace: Path, terminal: Terminal) -> None:
    found = terminal("train", "tiny.yaml", "training.steps=2", "--json").json()
    assert (found["export"], found["report"]) == (None, None)
    done = terminal("evaluate", found["run"])
    assert "report.html" not in done.out
    (line,) = [line for line in done.out.splitlines() if line.strip().startswith("bvtk show")]
    assert terminal(*line.split()[1:]).code == 0


def test_the_traceback_does_not_change_the_exit_code(cli: Cli) -> None:
    assert "Traceback" in cli("run", "missing.yaml", "--debug", code=2).stderr


def test_a_mistake_in_the_recipe_is_shown_at_its_place(workplace: Path, terminal: Terminal) -> None:
    (workplace / "wrong.yaml").write_text((workplace / "tiny.yaml").read_text().replace("hidden", "hiden", 1))
    done = terminal("run", "wrong.yaml")
    assert done.code == 2
    assert done.err.startswith("wrong.yaml:6:24  ")
    assert "model.encoder.hiden: unknown key, did you mean 'hidden'?" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "missing.yaml"), "missing.yaml"),
        (("run", "tiny.yaml", "--device", "cuda:x"), "device"),
        (("run", "tiny.yaml", "--device", "abacus"), "unknown device 'abacus'"),
        (("run", "tiny.yaml", "dataset.path=nowhere.npz"), "nowhere.npz"),
        (("train", "."), "is not a run folder"),
        (("run", "tiny.yaml", "metrics=[mgi]"), "did you mean 'mig'?"),
        (("run", "tiny.yaml", "model.decoder=burgess"), "layer deconv1"),
        (("run", "tiny.yaml", "--plugin", "none.py"), "plugin file none.py does not exist"),
    ],
)
def test_what_a_user_can_get_wrong_is_one_clear_error(
    workplace: Path, terminal: Terminal, arguments: tuple[str, ...], said: str
) -> None:
    done = terminal(*arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_metric_that_needs_factors_is_refused_before_training(workplace: Path, terminal: Terminal) -> None:
    np.save("plain.npy", np.zeros((20, 8, 8), np.uint8))
    done = terminal("run", "tiny.yaml", "dataset.path=plain.npy")
    assert done.code == 2
    assert "'beta_vae_score' needs ground-truth factors" in done.err or "'mig' needs" in done.err
    assert not [*Path("runs").rglob("metrics.jsonl")]


def test_a_metric_that_can_not_score_these_data_costs_no_other_score(workplace: Path, terminal: Terminal) -> None:
    done = terminal("run", "tiny.yaml", "metrics=[mig, {type: downstream, labels: [100000]}]", "--json")
    assert done.code == 0
    found = done.json()
    assert set(found["scores"]) == {"held_out", "squared_error", "mig"}
    why = "downstream has no score: downstream accuracy with 100,000 labels needs as many images to train on, found 50"
    assert f"warning: {why}" in done.err
    assert why in Path(found["report"]).read_text()
    assert "downstream has no score" in terminal("evaluate", found["export"]).err


def test_data_without_factors_train_and_report(workplace: Path, terminal: Terminal) -> None:
    np.save("plain.npy", np.random.default_rng(0).integers(0, 255, (40, 8, 8), dtype=np.uint8))
    found = terminal("run", "tiny.yaml", "dataset.path=plain.npy", "metrics=[]", "--json").json()
    assert set(found["scores"]) == {"held_out", "squared_error"}
    assert Path(found["report"]).is_file()


def wait_for(folder: Path, pattern: str) -> Path:
    """The first file of a pattern that has something in it."""
    until = time.monotonic() + 600
    while time.monotonic() < until:
        for path in folder.glob(pattern):
            if path.stat().st_size:
                return path
        time.sleep(0.02)
    raise AssertionError(f"no {pattern} came")
