"""Plugins as an author might write them, and the findings of `check` about them."""

from pathlib import Path
from textwrap import dedent

from bvtk.check_plugin import Finding, check
from bvtk.plugins import discover

HEAD = """
from __future__ import annotations
from typing import TYPE_CHECKING
from pydantic import Field, PositiveInt
import bvtk
"""


def findings(folder: Path, body: str, head: str = HEAD) -> list[Finding]:
    file = folder / "plugin.py"
    file.write_text(head + dedent(body))
    found = discover(files=[file], installed=False)
    assert not found.broken
    return check(found.loaded[0])


def problems(folder: Path, body: str) -> list[str]:
    return [str(f) for f in findings(folder, body) if f.level == "problem"]


def module(forward: str, init: str = "self.layer = nn.Linear(image.pixels, outputs)", docs: str = "Mine.") -> str:
    """An encoder `mine` from the bodies of its module's `__init__` and `forward`."""
    return f'''
        @bvtk.register_encoder("mine")
        class Mine(bvtk.EncoderSpec):
            """{docs}"""

            def build(self, image, outputs):
                import torch
                from torch import nn

                class Network(nn.Module):
                    def __init__(self):
                        super().__init__()
                        {init}

                    def forward(self, x):
                        {forward}

                return Network()
    '''
