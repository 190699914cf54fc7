import os
from textwrap import dedent

import pytest

from bvtk.component import dump, encoders, parse
from bvtk.docstrings import describe_fields
from bvtk.errors import PluginError
from bvtk.models.vae_spec import Vae
from bvtk.plugins import components_of, discover, plugins_used
from bvtk.registry import BUILT_IN


def write(folder, name="mine", body="", file="plugin.py"):
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        dedent(f'''
        import bvtk

        @bvtk.register_encoder("{name}")
        class Mine(bvtk.EncoderSpec):
            """An encoder."""

            width: int = 3
            """Units."""

            def build(self, image, outputs):
                ...
        ''')
        + dedent(body)
    )
    return path


@pytest.fixture(autouse=True)
def _forget_plugins():
    yield
    discover(installed=False)


def test_built_ins_are_registered():
    assert discover(installed=False).loaded == ()
    assert {"burgess", "higgins_conv", "higgins_fc", "locatello", "mlp", "conv"} <= set(encoders.names())
    assert encoders.entry("burgess").origin == BUILT_IN


def test_a_named_file_is_registered_with_its_origin(tmp_path):
    path = write(tmp_path)
    (origin,) = discover(files=[path], installed=False).loaded
    assert (origin.source, origin.name, len(origin.version)) == ("file", str(path), 64)
    assert encoders.entry("mine").origin == origin
    assert encoders.entry("mine").place == f"{path}:4"
    assert [(kind, entry.name) for kind, entry in components_of(origin)] == [("encoder", "mine")]


def test_a_folders_plugins_are_registered(tmp_path):
    write(tmp_path, "first", file="plugins/a.py")
    write(tmp_path, "second", file="plugins/b.py")
    discover(tmp_path, installed=False)
    assert {"first", "second"} <= set(encoders.names())


def test_plugin_files_of_another_folder_are_forgotten(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    write(one, "first", file="plugins/mine.py")
    write(other, "second", file="plugins/mine.py")
    discover(one, installed=False)
    assert "first" in encoders
    discover(other, installed=False)
    assert "first" not in encoders
    assert "second" in encoders
    assert "mlp" in encoders


def test_a_file_that_is_found_twice_is_one_plugin(tmp_path, monkeypatch):
    path = write(tmp_path, file="plugins/mine.py")
    monkeypatch.chdir(tmp_path)
    relative = path.relative_to(tmp_path)
    (origin,) = discover(tmp_path, files=[relative, path], installed=False).loaded
    assert encoders.entry("mine").origin == origin


def test_a_changed_file_is_loaded_and_documented_again(tmp_path):
    path = write(tmp_path)
    first = discover(files=[path], installed=False).loaded
    stamp = path.stat()
    path.write_text(path.read_text().replace("= 3", "= 5").replace("Units.", "Width."))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))  # same size and time: only the bytes differ
    second = discover(files=[path], installed=False).loaded
    assert first != second
    spec = parse(encoders.get("mine"), {})
    assert dump(spec) == {"type": "mine", "width": 5}
    describe_fields(type(spec))
    assert type(spec).model_fields["width"].description


def test_no_bytecode_is_left_in_the_users_folder(tmp_path):
    discover(files=[write(tmp_path)], installed=False)
    assert [p.name for p in tmp_path.iterdir()] == ["plugin.py"]


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("import missing_library", 13, "ModuleNotFoundError: No module named 'missing_library'"),
        ("def broken(:", 13, "SyntaxError: invalid syntax"),
        ("1 / 0", 13, "ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", 13, "SystemExit: 3"),
        ("import json; json.loads('{')", 13, "json.decoder.JSONDecodeError"),
    ],
)
def test_a_broken_plugin_is_reported_with_its_line_and_others_load(tmp_path, body, line, message):
    bad, good = write(tmp_path, "bad", body, file="bad.py"), write(tmp_path, "good", file="good.py")
    found = discover(files=[bad, good], installed=False)
    (broken,) = found.broken
    assert broken.place == f"{bad}:{line}"
    assert message.split(".")[-1] in broken.message
    assert str(broken) == f"plugin {bad} could not be imported: {bad}:{line}: {broken.message}"
    assert [origin.name for origin in found.loaded] == [str(good)]
    assert "bad" not in encoders
    assert "good" in encoders


def test_a_broken_plugin_loads_after_it_is_fixed(tmp_path):
    path = write(tmp_path, body="1 / 0")
    assert discover(files=[path], installed=False).broken
    write(tmp_path)
    assert not discover(files=[path], installed=False).broken
    assert "mine" in encoders


def test_two_plugins_with_one_name_are_both_in_the_error(tmp_path):
    one, other = write(tmp_path, file="one.py"), write(tmp_path, file="other.py")
    with pytest.raises(PluginError, match="encoder 'mine' is claimed by both") as caught:
        discover(files=[one, other], installed=False)
    assert str(one) in caught.value.message
    assert str(other) in caught.value.message


def test_a_plugin_cannot_take_the_name_of_a_built_in(tmp_path):
    path = write(tmp_path, "mlp")
    with pytest.raises(PluginError, match=r"encoder 'mlp' is claimed by both built-in and .*plugin\.py"):
        discover(files=[path], installed=False)
    assert encoders.entry("mlp").origin == BUILT_IN


def test_a_missing_file(tmp_path):
    with pytest.raises(PluginError, match=r"plugin file .*nowhere\.py does not exist"):
        discover(files=[tmp_path / "nowhere.py"], installed=False)


def test_the_plugins_that_a_recipe_uses(tmp_path):
    used, unused = write(tmp_path, "used", file="used.py"), write(tmp_path, "unused", file="unused.py")
    origin, _ = discover(files=[used, unused], installed=False).loaded
    assert plugins_used(parse(Vae, {"encoder": "used", "decoder": "mlp"})) == (origin,)
    assert plugins_used([parse(Vae, {"encoder": "mlp", "decoder": "mlp"})]) == ()
