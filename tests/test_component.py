import subprocess
import sys

from bvtk.component import ObjectiveSpec, objectives, register_objective


def test_the_public_names_load_without_torch():
    code = (
        "import sys, bvtk; bvtk.EncoderSpec, bvtk.Weight, bvtk.register_metric; "
        "from bvtk.plugins import discover; discover(installed=False); "
        "print([m for m in ('torch', 'numpy', 'sklearn', 'matplotlib') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_registering_gives_a_spec_its_name():
    @register_objective("named_in_a_test")
    class Named(ObjectiveSpec):
        """An objective."""

        use = "In this test."

        def build(self, context):
            return None

    try:
        assert objectives.get("named_in_a_test") is Named
        assert Named.component == "named_in_a_test"
        assert Named.notes() == {"use": "In this test."}
    finally:
        objectives.forget(objectives.entry("named_in_a_test").origin)
