import json
import subprocess
import sys

import pytest

import bvtk
from bvtk.comparison import Comparison
from bvtk.errors import UsageError
from tests.comparison.folders import scores, three_systems, write_run
from tests.comparison.tables import over, table_of

TABLE = table_of(over(beta=(1.0, 4.0)), ["mig"])

MARKDOWN = """\
|  | β-VAE score | MIG | reconstruction (nats) | KL (nats) | runs |
|---|--:|--:|--:|--:|--:|
| other | – | 0.010 | – | – | 1 |
| toy (beta=1) | 0.700 ± 0.000 | 0.060 ± 0.014 | **20.5 ± 0.7** | 30.0 ± 0.0 | 2 |
| toy (beta=4) | **0.923 ± 0.003** | **0.200 ± 0.100** | 31.0 ± 1.0 | 20.0 ± 0.0 | 3 |

Mean ± sample standard deviation over n runs.
The best value of each column is in bold.
–: no value.
"""
CSV = """\
row,objective.beta,mig,mig spread,runs
other,,0.01,,1
toy (beta=1),1.0,0.5,,1
toy (beta=4),4.0,0.25,0.25,3
"""


def test_the_table_as_markdown(tmp_path):
    assert bvtk.compare(three_systems(tmp_path / "runs")).to_markdown() == MARKDOWN


def test_the_table_as_csv(tmp_path):
    for seed, mig in enumerate((0.0, 0.25, 0.5)):
        write_run(tmp_path, [f"seed={seed}"], scores(mig))
    write_run(tmp_path, ["objective.beta=1"], scores(0.5))
    write_run(tmp_path, ["name=other"], scores(0.01))
    assert bvtk.compare(tmp_path, columns=["mig"]).to_csv() == CSV


def test_what_was_saved_compares_as_the_runs_do(tmp_path):
    table = bvtk.compare(three_systems(tmp_path / "runs"))
    saved = tmp_path / "saved.json"
    saved.write_text(json.dumps(table.to_json(), allow_nan=False))
    again = bvtk.compare(saved)
    assert again.to_json() == table.to_json()
    assert again.to_markdown() == table.to_markdown()


def test_runs_group_by_the_keys_that_are_named(tmp_path):
    for pair in ("square", "ellipse", "heart"):
        for seed in (0, 1):
            write_run(tmp_path, ["name=ica", f"seed={seed}", f"model.encoder.hidden=[{len(pair)}]"], scores(0.1))
    assert [row.label for row in bvtk.compare(tmp_path).rows] == [
        "ica (hidden=[5])", "ica (hidden=[6])", "ica (hidden=[7])",
    ]  # fmt: skip
    (row,) = bvtk.compare(tmp_path, by=["name"]).rows
    assert (row.label, len(row.runs)) == ("ica", 6)


def test_rows_sort_by_any_key(tmp_path):
    three_systems(tmp_path)
    labels = ["toy (beta=4)", "toy (beta=1)", "other"]
    assert [row.label for row in bvtk.compare(tmp_path, sort="mig").rows] == labels
    assert [row.label for row in bvtk.compare(tmp_path, sort="held_out.reconstruction").rows] == [
        "toy (beta=1)", "toy (beta=4)", "other",
    ]  # fmt: skip
    assert [row.label for row in bvtk.compare(tmp_path, sort="beta").rows] == ["toy (beta=1)", "other", "toy (beta=4)"]


def test_the_papers_aggregation_drops_the_worse_half(tmp_path):
    write_run(tmp_path, ["seed=0"], scores(0.4, (0.1, 0.6, 0.8)))
    write_run(tmp_path, ["seed=1"], scores(0.2, (0.9, 0.5, 0.2)))
    table = bvtk.compare(tmp_path, aggregate="paper")
    score, mig = table.values[0]
    assert score.value == pytest.approx((0.6 + 0.8 + 0.9) / 3)
    assert score.spread == pytest.approx((((-0.5 / 3) ** 2 + (0.1 / 3) ** 2 + (0.4 / 3) ** 2) / 2) ** 0.5)
    assert (mig.value, mig.spread) == (0.4, None)
    assert "the worse half is dropped" in table.to_markdown()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"columns": ["migg"]}, "did you mean 'mig'"),
        ({"columns": ["sap"]}, "metrics: held_out, beta_vae_score, mig"),
        ({"by": ["model.latent"]}, "did you mean 'model.latents'"),
        ({"by": ["steps"], "columns": ["type"]}, "is the end of several keys"),
        ({"columns": ["mig.gaps"]}, "name one of them: mig.gaps.x, mig.gaps.y"),
        ({"aggregate": "meen"}, "did you mean 'mean'"),
    ],
)
def test_wrong_keys_are_refused_with_a_suggestion(tmp_path, options, said):
    three_systems(tmp_path)
    with pytest.raises(UsageError, match=said):
        bvtk.compare(tmp_path, **options)


def test_comparing_imports_no_torch(tmp_path):
    three_systems(tmp_path)
    code = f"import sys, bvtk; bvtk.compare({str(tmp_path)!r}).to_markdown(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_a_table_shows_itself_in_every_form():
    assert isinstance(TABLE, Comparison)
    assert TABLE.to_markdown().startswith("|  | MIG | runs |")
    assert TABLE.to_csv().startswith("row,objective.beta,mig,mig spread,runs\n")
    assert TABLE.to_json()["columns"] == ["mig"]
    assert TABLE.to_html().startswith("<!doctype html>")


def test_its_plots_are_written_by_name(tmp_path):
    written = TABLE.write_figures(tmp_path / "plots")
    assert [path.name for path in written] == [f"{name}.png" for name in TABLE.figures()]
    assert written[0].read_bytes().startswith(b"\x89PNG")


def test_sorting_gives_a_table_of_the_same_kind():
    assert isinstance(TABLE.sorted("mig"), Comparison)
