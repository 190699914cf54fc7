"""A plugin package, installed by pip and found by its entry point."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent / "package"
DISCOVER = """
import json, sys
from bvtk.component import encoders
from bvtk.plugins import components_of, discover

found = discover(installed={installed})
print(json.dumps({{
    "loaded": [[o.source, o.name, o.version] for o in found.loaded],
    "broken": [str(b) for b in found.broken],
    "components": [[kind, e.name, str(e.origin)] for o in found.loaded for kind, e in components_of(o)],
    "known": "packaged_linear" in encoders,
    "torch": "torch" in sys.modules,
}}))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder into which pip installed the package."""
    pytest.importorskip("setuptools", minversion="77")
    source = shutil.copytree(PACKAGE, tmp_path_factory.mktemp("source") / "package")
    target = tmp_path_factory.mktemp("site")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check"]
    pip = [sys.executable, "-m", "pip", "install", *options, "--target", str(target), str(source)]
    run = subprocess.run(pip, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return target


def discovered(site: Path, installed: bool = True) -> dict:
    environment = os.environ | {"PYTHONPATH": str(site)}
    code = DISCOVER.format(installed=installed)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    return json.loads(run.stdout)


def test_an_installed_package_registers_its_components(site):
    found = discovered(site)
    assert found == {
        "loaded": [["package", "bvtk-linear", "1.2.3"]],
        "broken": [],
        "components": [["encoder", "packaged_linear", "bvtk-linear"]],
        "known": True,
        "torch": False,
    }


def test_installed_packages_can_be_disabled(site):
    found = discovered(site, installed=False)
    assert (found["loaded"], found["known"]) == ([], False)


def test_a_broken_package_is_reported(site, tmp_path):
    broken = shutil.copytree(site, tmp_path / "site")
    (broken / "bvtk_linear.py").write_text("import bvtk\n1 / 0\n")
    found = discovered(broken)
    assert (found["loaded"], found["known"]) == ([], False)
    assert found["broken"] == [
        f"plugin bvtk-linear could not be imported: {broken}/bvtk_linear.py:2: ZeroDivisionError: division by zero"
    ]
