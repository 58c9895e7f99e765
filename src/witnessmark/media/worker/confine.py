"""Giving up rights: what a decoder that a hostile file has taken over can still do, which should be nothing.

Three walls, each standing without the others: resource limits (POSIX), Landlock (Linux 5.13, its network part
6.7) and a seccomp filter (Linux on x86-64 and 64-bit ARM). Each is tried; what holds is then measured by trying
what must fail, and reported.
"""

from __future__ import annotations

import ctypes
import os
import sys

from witnessmark.media.records import Limits
from witnessmark.media.worker import landlock, seccomp

OPEN_FILES_MAX = 16
"""Descriptors: the input, the pipe, three standard ones, and room for what the system library opens briefly."""

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_DUMPABLE = 4


class _CapabilityHead(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _NoCapabilities(ctypes.Structure):
    """Effective, permitted and inheritable sets, two words each, all empty: see capset(2)."""

    _fields_ = (("words", ctypes.c_uint32 * 6),)


def confine(limits: Limits) -> tuple[str, ...]:
    """Apply every wall this machine offers, for good, and say which stand.

    Parameters
    ----------
    limits : Limits

    Returns
    -------
    tuple of str
        One sentence each; those beginning "Not " name a wall that is missing.
    """
    facts = list(_limit_resources(limits))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
            facts.append("New privileges are barred.")
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        if libc.capset(ctypes.byref(_CapabilityHead(0x20080522, 0)), ctypes.byref(_NoCapabilities())) == 0:
            facts.append("Privileges of the superuser are dropped.")
        facts.append(landlock.restrict(libc))
        facts.append(seccomp.restrict(libc))
        facts.extend(_tried(libc))
    else:
        facts.append("Not barred on this system: reading and creating other files, network connections.")
    return tuple(facts)


def _limit_resources(limits: Limits) -> tuple[str, ...]:
    try:
        import resource
    except ImportError:
        return ("Not limited on this system: processor time, memory, file size.",)
    cpu_s = max(1, int(limits.cpu_s))
    wanted = {
        "processor time": (resource.RLIMIT_CPU, cpu_s, f"{cpu_s} s"),
        "address space": (resource.RLIMIT_AS, limits.memory_bytes, f"{limits.memory_bytes >> 20} MiB"),
        "bytes written to files": (resource.RLIMIT_FSIZE, 0, "0"),
        "open files": (resource.RLIMIT_NOFILE, OPEN_FILES_MAX, str(OPEN_FILES_MAX)),
        "core dumps": (resource.RLIMIT_CORE, 0, "0"),
    }
    facts = []
    for name, (which, value, words) in wanted.items():
        _, hard = resource.getrlimit(which)
        ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
        room = hard == resource.RLIM_INFINITY or ceiling < hard
        grace = 1 if which == resource.RLIMIT_CPU and room else 0  # SIGXCPU comes first and says which limit it was
        try:
            resource.setrlimit(which, (ceiling, ceiling + grace))
            facts.append(f"Limit: {name} {words}.")
        except (ValueError, OSError):
            facts.append(f"Not limited on this system: {name}.")
    return tuple(facts)


def _tried(libc: ctypes.CDLL) -> tuple[str, ...]:
    """Measure rather than believe: open a file, open one for writing, make a socket, start a process."""
    tries = (
        ("Opening other files", _opens("/", os.O_RDONLY)),
        ("Writing files", _opens(os.devnull, os.O_WRONLY)),
        ("Network sockets", _socket(libc)),
    )
    return tuple(f"{what}: tried, and refused." if not got else f"Not barred: {what.lower()}." for what, got in tries)


def _opens(path: str, flags: int) -> bool:
    try:
        os.close(os.open(path, flags))
    except OSError:
        return False
    return True


def _socket(libc: ctypes.CDLL) -> bool:
    made = int(libc.socket(2, 2, 0))  # AF_INET, SOCK_DGRAM: what Landlock alone would let through
    if made >= 0:
        os.close(made)
    return made >= 0
