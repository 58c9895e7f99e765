"""A system-call filter: what decoding never calls is refused, so that no wall rests on Landlock alone.

Landlock leaves UDP, UNIX sockets, changes of mode and owner, and new processes; this filter refuses them, and
opening files once more. Refused calls fail with EPERM. Numbers: the kernel's ``arch/x86/entry/syscalls/
syscall_64.tbl`` and ``include/uapi/asm-generic/unistd.h``; filter: "Seccomp BPF" in the kernel's documentation.
"""

from __future__ import annotations

import ctypes
import platform
import struct

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_LOAD_WORD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_EPERM, _ENOSYS = 1, 38
_CLONE_THREAD = 0x00010000

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435

_X86_64 = {
    "files": (2, 85, 257, 437, 76, 77, 82, 83, 84, 86, 87, 88, 133, 258, 259, 263, 264, 265, 266, 316, 304, 303, 319),
    "modes": (90, 91, 92, 93, 94, 260, 268, 452, 132, 235, 261, 280, 188, 189, 190, 197, 198, 199),
    "network": (41, 42, 43, 44, 46, 49, 50, 53, 288, 307),
    "processes": (
        57,
        58,
        59,
        322,
        62,
        200,
        129,
        297,
        101,
        310,
        311,
        434,
        438,
        424,
        272,
        308,
        161,
        155,
        165,
        166,
        135,
        160,
    ),
    "kernel": (425, 426, 427, 321, 323, 298, 248, 249, 250, 175, 313, 176, 246, 320, 169, 167, 168, 428, 429, 430),
}
_AARCH64 = {
    "files": (56, 437, 45, 46, 38, 276, 34, 35, 36, 37, 33, 265, 264, 279),
    "modes": (52, 53, 54, 55, 452, 88, 5, 6, 7, 14, 15, 16),
    "network": (198, 203, 202, 206, 211, 200, 201, 199, 242, 269),
    "processes": (221, 281, 129, 130, 138, 240, 117, 270, 271, 434, 438, 424, 97, 268, 51, 41, 40, 39, 92, 164),
    "kernel": (425, 426, 427, 280, 282, 241, 217, 218, 219, 105, 273, 106, 104, 294, 142, 224, 225, 428, 429, 430),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def restrict(libc: ctypes.CDLL) -> str:
    """Install the filter for this process and every thread it starts.

    Parameters
    ----------
    libc : CDLL
        ``no_new_privs`` must be set.

    Returns
    -------
    str
        What is in force, one sentence.
    """
    machine = platform.machine()
    if machine not in _AUDIT_ARCH:
        return f"Not available: a system-call filter for {machine}."
    code = program(machine)
    held = libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(_Program(len(code) // 8, code)), 0, 0)
    if held != 0:
        return "Not available: the kernel refused the system-call filter."
    return "A system-call filter bars: files, modes and owners, sockets, new processes, tracing."


def program(machine: str) -> bytes:
    """The filter as packed ``sock_filter`` instructions.

    Parameters
    ----------
    machine : str
        ``x86_64`` or ``aarch64``.

    Returns
    -------
    bytes
        Eight a instruction.
    """
    table = _X86_64 if machine == "x86_64" else _AARCH64
    refused = sorted({number for numbers in table.values() for number in numbers})
    code = [
        (_LOAD_WORD, 0, 0, 4),  # seccomp_data.arch
        (_JUMP_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD_WORD, 0, 0, 0),  # seccomp_data.nr
    ]
    if machine == "x86_64":  # the x32 calls share the arch value: none is needed
        code += [(_JUMP_GREATER_EQUAL, 0, 1, 0x40000000), (_RETURN, 0, 0, _KILL)]
    code += [(_JUMP_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _ERRNO | _ENOSYS)]  # the system library falls back to clone
    for number in refused:
        code += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | _EPERM)]
    code += [
        (_JUMP_EQUAL, 0, 3, _CLONE[machine]),
        (_LOAD_WORD, 0, 0, 16),  # first argument, low word: threads are allowed, processes are not
        (_JUMP_BITS, 1, 0, _CLONE_THREAD),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in code)
