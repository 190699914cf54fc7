"""What holds for the spec of every built-in metric."""

import inspect
import subprocess
import sys

import pytest

from bvtk.component import metrics
from bvtk.plugins import discover
from bvtk.registry import BUILT_IN

discover(installed=False)
SPECS = [entry.item for entry in metrics.entries() if entry.origin == BUILT_IN]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.component)
def test_its_fields_are_the_arguments_of_the_function(spec):
    function = spec().build().func
    assert function.__module__ == spec.__module__.removesuffix("_spec")
    arguments = [a for a in inspect.signature(function).parameters.values() if a.kind is a.KEYWORD_ONLY]
    assert [argument.name for argument in arguments] == list(spec.model_fields)
    assert all(argument.default is argument.empty for argument in arguments)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.component)
def test_it_documents_how_to_read_the_score(spec):
    assert set(spec.notes()) == {"range", "chance", "use", "weaknesses"}
    assert " 20" in spec.__doc__  # the year of the paper


def test_the_specs_load_without_numpy_and_torch():
    modules = ", ".join(spec.__module__ for spec in SPECS)
    code = f"import sys, {modules}; print([m for m in ('numpy', 'sklearn', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
