"""Where to compute, and in which precision."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch

from bvtk.errors import UsageError

DEVICES = ("cpu", "cuda", "mps", "auto")


def choose_device(name: str) -> torch.device:
    """The device for `cpu`, `cuda`, `cuda:1`, `mps`, or `auto`: the first of CUDA, MPS and CPU that works.

    Raises:
        UsageError: if this machine has no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    kind, _, number = name.partition(":")
    if kind not in DEVICES or (number and not number.isdecimal()) or name.endswith(":"):
        known = f"Known devices: {', '.join(DEVICES)}; for one of several GPUs: cuda:1."
        raise UsageError(f"unknown device {name!r}", known)
    if (kind == "cuda" and not torch.cuda.is_available()) or (kind == "mps" and not torch.backends.mps.is_available()):
        raise UsageError(f"this machine has no working {kind} device", "Use --device cpu or auto.")
    if kind == "cuda" and number and int(number) >= torch.cuda.device_count():
        raise UsageError(f"there is no {name}: this machine has {torch.cuda.device_count()} GPUs, counted from 0")
    return torch.device(name)


def choose_precision(asked: str, device: torch.device) -> str:
    """`bf16` or `fp32`; for `auto`, bf16 if the processor supports it natively."""
    if asked != "auto":
        return asked
    return "bf16" if _has_bf16(device) else "fp32"


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        # PyTorch has no public function for this, and older releases lack the private ones.
        asks = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
        return any(ask is not None and ask() for ask in asks)
    return False


def reproducible(device: torch.device) -> AbstractContextManager[None]:
    """The context of training steps: on a GPU, convolutions with deterministic algorithms."""
    if device.type != "cuda":
        return nullcontext()
    flags: AbstractContextManager[None] = torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=torch.backends.cudnn.allow_tf32
    )
    return flags


def autocast(device: torch.device, precision: str) -> AbstractContextManager[None]:
    """The context of forward passes."""
    return nullcontext() if precision == "fp32" else torch.autocast(device.type, torch.bfloat16)


def describe(device: torch.device) -> str:
    """The device as text, for records and reports."""
    return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)
