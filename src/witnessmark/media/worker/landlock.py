"""Landlock: from here on no file can be opened, made, removed or run, and no TCP connection made.

The kernel's documentation, "Landlock: unprivileged access control" (userspace-api/landlock), gives the numbers
below; system call numbers 444 to 446 are the same on every architecture.
"""

from __future__ import annotations

import ctypes
import os

_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_VERSION_FLAG = 1
_FILE_RIGHTS_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""LANDLOCK_ACCESS_FS_*: 13 rights at first, then REFER (2), TRUNCATE (3), IOCTL_DEV (5)."""
_NET_TCP = 0b11
"""BIND_TCP and CONNECT_TCP, from ABI 4."""
_SCOPED = 0b11
"""Abstract UNIX sockets and signals to outside processes, from ABI 6."""


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


def restrict(libc: ctypes.CDLL) -> str:
    """Refuse every right that Landlock knows; no path and no port is excepted.

    Parameters
    ----------
    libc : CDLL
        With ``use_errno``; ``no_new_privs`` must be set.

    Returns
    -------
    str
        What is in force, one sentence.
    """
    libc.syscall.restype = ctypes.c_long
    abi = int(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG))
    if abi < 1:
        return "Not available: Landlock."
    files = _FILE_RIGHTS_BY_ABI[max(known for known in _FILE_RIGHTS_BY_ABI if known <= abi)]
    rules = _Ruleset(files, _NET_TCP if abi >= 4 else 0, _SCOPED if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    made = int(libc.syscall(_CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), 0))
    if made < 0:
        return "Not available: Landlock refused its rules."
    held = int(libc.syscall(_RESTRICT_SELF, made, 0))
    os.close(made)
    if held != 0:
        return "Not available: Landlock refused to restrict the process."
    parts = ["files"] + (["TCP"] if abi >= 4 else []) + (["signals"] if abi >= 6 else [])
    return f"Landlock (version {abi}) bars: {', '.join(parts)}."
