"""Settings of the process that training speed depends on, to be made before torch is imported.

Measured on two cores in images per second at batch size 64: the allocator 800 → 1,250, because by default glibc maps
and unmaps every large activation in each step. Passive waiting keeps half of the speed if another job shares the
cores; without it a twentieth is left.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from contextlib import suppress
from pathlib import Path

from bvtk.errors import UsageError

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4


def prepare_process() -> None:
    """Tunes the allocator and the thread pools of this process; call it before torch is imported.

    `OMP_DYNAMIC=true` lets OpenMP use fewer threads than oneDNN expects, and bf16 gradients are then wrong. So it is
    set to false.

    Raises:
        UsageError: if torch is already imported with `OMP_DYNAMIC=true`.
    """
    if os.environ.get("OMP_DYNAMIC", "false").strip().lower() != "false" and "torch" in sys.modules:
        raise UsageError(
            f"torch was imported with OMP_DYNAMIC={os.environ['OMP_DYNAMIC']}, which makes bf16 gradients wrong",
            "unset it, and start Python again",
        )
    os.environ["OMP_DYNAMIC"] = "false"
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    _keep_niceness()
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL("libc.so.6", use_errno=False)
        libc.mallopt(_M_MMAP_MAX, 0)
        libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
        libc.mallopt(_M_TOP_PAD, 2**28)


def _keep_niceness() -> None:
    """Lets `nice bvtk sweep` work on Linux, where each session competes with its own niceness (autogroup).

    A cell of a sweep starts a session, whose niceness is 0 whatever that of its process is. Other sessions, such as
    that of a terminal, are left alone.
    """
    if sys.platform == "linux" and os.getsid(0) == os.getpid() and (niceness := os.nice(0)) > 0:
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(niceness))
