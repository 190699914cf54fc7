"""Ties a command to the process that starts it: `python tether.py PID COMMAND…`, on Linux.

The kernel asks the command to stop when its parent dies, however it dies. This is a script of its own, for
between fork and exec a process with threads may run next to nothing.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Becomes the command."""
    parent, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):  # it died before the kernel knew
        sys.exit(128 + signal.SIGTERM)
    os.execv(command[0], command)  # noqa: S606 — the command that the parent chose


if __name__ == "__main__":
    main()
