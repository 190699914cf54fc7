from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.systems import recipe_of


def folder_of(cli: Cli, parent: str = "runs") -> Path:
    (folder,) = (cli.folder / parent).iterdir()
    return folder


def test_a_recipe_becomes_a_model_with_scores_and_a_report(cli: Cli) -> None:
    done = cli("run", "tiny.yaml")
    folder = folder_of(cli)
    assert folder.name.startswith("tiny-")
    assert str(folder.relative_to(cli.folder) / "report.html") in done.stdout
    assert "mig" in done.stdout
    assert "Try next" in done.stdout
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


def test_a_system_that_is_fitted_runs_by_the_same_command(cli: Cli) -> None:
    done = cli("run", str(recipe_of("pca", cli.folder).relative_to(cli.folder)))
    assert "squared error" in done.stdout
    assert "per pixel" in done.stdout
    assert "evidence lower bound" not in done.stdout
    assert "objective.beta" not in done.stdout
    assert "fitting on cpu" in done.stderr
    assert "## Use" in (folder_of(cli) / "README.md").read_text(encoding="utf-8")


def test_a_finished_run_says_so_at_once(cli: Cli) -> None:
    first = cli.json("run", "tiny.yaml")
    assert not first["already_complete"]
    model = Path(cli.folder, first["export"])
    before = model.stat().st_mtime_ns
    again = cli("run", "tiny.yaml")
    assert "already complete" in again.stdout
    assert model.stat().st_mtime_ns == before
    assert cli.json("run", "tiny.yaml")["already_complete"]


def test_a_finished_run_is_found_without_torch(cli: Cli) -> None:
    cli("run", "tiny.yaml")
    code = (
        "import sys; sys.argv = ['bvtk', 'run', 'tiny.yaml']\n"
        "from bvtk.cli.main import main\n"
        "try: main()\n"
        "finally: print('torch' in sys.modules)"
    )
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=cli.folder, check=True)
    assert done.stdout.strip().endswith("False")


def test_the_same_recipe_gives_the_same_bytes_under_any_hash_seed(cli: Cli) -> None:
    exports = []
    for hash_seed in ("0", "1"):
        with cli.start(
            "run", "tiny.yaml", "--out", f"out{hash_seed}", env={**os.environ, "PYTHONHASHSEED": hash_seed}
        ) as p:
            assert p.wait() == 0
        exports.append((folder_of(cli, f"out{hash_seed}") / "model.safetensors").read_bytes())
    assert exports[0] == exports[1]


def test_another_seed_and_another_setting_are_other_runs(cli: Cli) -> None:
    runs = {
        cli.json("train", "tiny.yaml", *overrides)["run"]
        for overrides in (["training.steps=0"], ["training.steps=0", "seed=1"], ["seed=0", "training.steps=0"])
    }
    assert len(runs) == 2


LONG = ("training.steps=3000", "training.checkpoint_every=1000000", "training.log_every=100")


def test_an_interrupted_run_resumes_to_the_same_bytes(cli: Cli) -> None:
    straight = cli.json("run", "tiny.yaml", *LONG, "--out", "straight")
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        out = f"halted{code}"
        process = cli.start("run", "tiny.yaml", *LONG, "--out", out)
        log = wait_for(cli.folder, f"{out}/*/metrics.jsonl")
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
        assert process.returncode == code, err
        assert "stopped at step" in err
        assert "the same command resumes" in err
        assert "Traceback" not in err
        assert len(log.read_text().splitlines()) < 30
        resumed = cli.json("run", "tiny.yaml", *LONG, "--out", out)
        one, two = (Path(cli.folder, run["export"]).read_bytes() for run in (straight, resumed))
        assert one == two
        assert resumed["scores"] == straight["scores"]


def test_interrupts_at_any_moment_lose_nothing(cli: Cli) -> None:
    """One after the other, at moments spread over all stages, until the run is through."""
    overrides = ("training.steps=400",)
    straight = cli.json("run", "tiny.yaml", *overrides, "--out", "straight")
    delay, codes = 0.3, []
    while True:
        process = cli.start("run", "tiny.yaml", *overrides, "--out", "halted")
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        codes.append(process.returncode)
        assert process.returncode in (0, 130, -signal.SIGINT), err
        if process.returncode == 0:
            break
        delay += 0.6
    resumed = cli.json("run", "tiny.yaml", *overrides, "--out", "halted")
    assert Path(cli.folder, resumed["export"]).read_bytes() == Path(cli.folder, straight["export"]).read_bytes()
    assert 130 in codes


def test_two_starters_one_writer(cli: Cli) -> None:
    overrides = ("training.steps=100000", "training.log_every=1")
    first = cli.start("run", "tiny.yaml", *overrides)
    wait_for(cli.folder, "runs/*/metrics.jsonl")
    second = cli("run", "tiny.yaml", *overrides, code=2)
    assert f"in use by process {first.pid}" in second.stderr
    first.terminate()
    assert first.wait() == 143
    first.communicate()


def test_a_stage_alone_names_only_what_is_there_and_commands_that_work(cli: Cli) -> None:
    found = cli.json("train", "tiny.yaml", "training.steps=2")
    assert (found["export"], found["report"]) == (None, None)
    done = cli("evaluate", found["run"])
    assert "report.html" not in done.stdout
    (line,) = [line for line in done.stdout.splitlines() if line.strip().startswith("bvtk show")]
    cli(*line.split()[1:])


def test_the_traceback_does_not_change_the_exit_code(cli: Cli) -> None:
    assert "Traceback" in cli("run", "missing.yaml", "--debug", code=2).stderr


def test_a_mistake_in_the_recipe_is_shown_at_its_place(cli: Cli) -> None:
    (cli.folder / "wrong.yaml").write_text((cli.folder / "tiny.yaml").read_text().replace("hidden", "hiden", 1))
    done = cli("run", "wrong.yaml", code=2)
    assert done.stderr.startswith("wrong.yaml:6:24  ")
    assert "model.encoder.hiden: unknown key, did you mean 'hidden'?" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "missing.yaml"), "missing.yaml"),
        (("run", "tiny.yaml", "--device", "cuda:x"), "device"),
        (("run", "tiny.yaml", "--device", "abacus"), "unknown device 'abacus'"),
        (("run", "tiny.yaml", "dataset.path=nowhere.npz"), "nowhere.npz"),
        (("train", "."), "is no run folder"),
        (("run", "tiny.yaml", "metrics=[mgi]"), "did you mean 'mig'?"),
        (("run", "tiny.yaml", "model.decoder=burgess"), "layer deconv1"),
        (("run", "tiny.yaml", "--plugin", "none.py"), "no plugin file none.py"),
    ],
)
def test_what_a_user_can_get_wrong_is_one_clear_error(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    done = cli(*arguments, code=2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_metric_that_needs_factors_is_refused_before_training(cli: Cli) -> None:
    import numpy as np

    np.save(cli.folder / "plain.npy", np.zeros((20, 8, 8), np.uint8))
    done = cli("run", "tiny.yaml", "dataset.path=plain.npy", code=2)
    assert "'beta_vae_score' needs ground-truth factors" in done.stderr or "'mig' needs" in done.stderr


def test_data_without_factors_train_and_report(cli: Cli) -> None:
    import numpy as np

    np.save(cli.folder / "plain.npy", np.random.default_rng(0).integers(0, 255, (40, 8, 8), dtype=np.uint8))
    found = cli.json("run", "tiny.yaml", "dataset.path=plain.npy", "metrics=[]")
    assert set(found["scores"]) == {"held_out", "squared_error"}
    assert Path(cli.folder, found["report"]).is_file()


def wait_for(folder: Path, pattern: str) -> Path:
    """The first file of a pattern that has something in it."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for path in folder.glob(pattern):
            if path.stat().st_size:
                return path
        time.sleep(0.02)
    raise AssertionError(f"no {pattern} came")
