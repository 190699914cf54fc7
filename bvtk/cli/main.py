"""The `bvtk` command."""

from __future__ import annotations

import errno
import io
import os
import shlex
import sys
import traceback
from typing import Annotated, NoReturn

import typer

import bvtk
from bvtk.cli.check_plugin import check_plugin
from bvtk.cli.common import print_error, print_json_error, say
from bvtk.cli.compare import compare
from bvtk.cli.doctor import doctor
from bvtk.cli.init import init
from bvtk.cli.ls import ls
from bvtk.cli.remove import clean, rm
from bvtk.cli.schema import schema
from bvtk.cli.score import score
from bvtk.cli.show import show
from bvtk.cli.stages import evaluate, export, report, run, train
from bvtk.cli.sweep import sweep
from bvtk.cli.trust import trust
from bvtk.cli.udr import udr
from bvtk.cli.validate import validate
from bvtk.errors import BvtkError, UsageError

VERBS = (
    *(run, train, evaluate, export, report, sweep),
    *(validate, show, ls, init, schema),
    *(score, compare, udr, doctor, check_plugin),
    *(trust, rm, clean),
)
"""The verbs, in the order of `bvtk --help`."""

_OUT_OF_MEMORY = ("allocate memory", "out of memory", "Storage size", "Overflow when unpacking")
"""What torch says about sizes that no memory holds."""

app = typer.Typer(
    name="bvtk",
    help="The β-VAE toolkit: declare, train, measure and export disentangled representations.",
    epilog="Example: bvtk run quickstart",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _version(requested: bool) -> None:
    if requested:
        typer.echo(f"bvtk {bvtk.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback if there is an error.")] = False,
) -> None:
    """The β-VAE toolkit: declare, train, measure and export disentangled representations."""


for verb in VERBS:
    app.command()(verb)


def main() -> None:
    """Runs the command line. Errors that a user can cause end with a clear message and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # for terminals that can't show β
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        app(args=arguments, prog_name="bvtk")
    except BvtkError as error:
        if debug:
            traceback.print_exc()
        _end(error, "--json" in arguments)
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if debug:
            raise
        _end(_explained(error), "--json" in arguments)


def _end(error: BvtkError, as_json: bool) -> NoReturn:
    print_error(error)
    if as_json:
        print_json_error(error)
    sys.exit(error.exit_code)


def _explained(error: Exception) -> BvtkError:
    """An error of the system as one that a user can fix; any other one as a bug."""
    said = str(error).partition("\n")[0][:200]
    if isinstance(error, OSError) and error.strerror:
        what = error.filename or "the output can't be written"
        kind = UsageError if error.errno == errno.ENAMETOOLONG else BvtkError
        return kind(f"{what}: {error.strerror}", "check the path, its permissions and the free disk space")
    if isinstance(error, MemoryError) or any(sign in said for sign in _OUT_OF_MEMORY):
        return BvtkError(f"not enough memory: {said}", "choose a smaller model, batch size or number of points")
    from bvtk.plugins import plugin_at_fault, raised_at

    if file := plugin_at_fault(error):
        shown = os.path.relpath(file)
        hint = f"fix it; `bvtk check-plugin {shlex.quote(shown)}` tries its components, and --debug shows the traceback"
        line = raised_at(error, file).rpartition(":")[2]
        return UsageError(f"plugin {shown}, line {line}: {type(error).__name__}: {said}", hint)
    hint = "this is a bug in bvtk: run the command again with --debug and report the traceback"
    return BvtkError(f"unexpected {type(error).__name__}: {error}", hint)
