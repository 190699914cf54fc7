"""Ties a command to the process that starts it: `python tether.py PID COMMAND…`, on Linux.

The kernel sends the command SIGTERM when its parent dies, however it dies. This is a script of its own, because a
process with threads can run hardly anything between fork and exec.
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
    if os.getppid() != int(parent):  # it died before the call above
        sys.exit(128 + signal.SIGTERM)
    os.execvp(command[0], command)  # noqa: S606 — the command that the parent chose


if __name__ == "__main__":
    main()
