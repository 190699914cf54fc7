from bvtk.comparison import Comparison
from tests.comparison.tables import over, table_of

TABLE = table_of(over(beta=(1.0, 4.0)), ["mig"])


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
