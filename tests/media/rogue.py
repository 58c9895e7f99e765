"""A worker that misbehaves, under the same sandbox and launcher as the real one: what must not work is tried here."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from witnessmark.media import wire
from witnessmark.media.shots import LAGS
from witnessmark.media.worker.serve import Reply, Request, Task, serve

TARGET = Path(os.environ.get("TMPDIR", "/tmp")) / "witnessmark-rogue-was-here"


def spin(request: Request, reply: Reply) -> None:
    while True:
        pass


def sleep(request: Request, reply: Reply) -> None:
    time.sleep(3600)


def allocate(request: Request, reply: Reply) -> None:
    hoard = [bytearray(64 << 20) for _ in range(1 << 16)]
    reply.send("hoarded", {"count": len(hoard)})


def crash(request: Request, reply: Reply) -> None:
    ctypes.string_at(0)


def crash_after_frames(request: Request, reply: Reply) -> None:
    count = 5
    reply.send("size", {"width_px": 64, "height_px": 36, "duration_s": 1.0})
    series = {name: np.zeros(count, "<f4") for name in ("luma_change", "luma_mean", "luma_spread")}
    more = {"pts_s": np.arange(count) / 25, "frame_digest": np.arange(count, dtype="<u8")}
    reply.send("frames", {}, {**series, **more, "apart": np.zeros((count, len(LAGS)), "<f4")})
    reply.send("still", {"pts_s": 0.0, "frame_index": 0}, {"rgb": np.zeros((36, 64, 3), np.uint8)})
    ctypes.string_at(0)


def silent_exit(request: Request, reply: Reply) -> None:
    os._exit(3)


def nonsense(request: Request, reply: Reply) -> None:
    reply.stream.write(b"\x80\x04cposix\nsystem\n" * 50)
    reply.stream.flush()


def flood(request: Request, reply: Reply) -> None:
    while True:
        reply.send("frames", {}, {"pts_s": np.zeros(1 << 20)})


def lies_about_size(request: Request, reply: Reply) -> None:
    head = b'{"kind":"frames","body":{},"arrays":[["pts_s","<f8",[4611686018427387904]]]}'
    reply.stream.write(struct.pack("<4sI", wire.MAGIC, len(head)) + head)
    reply.stream.flush()


def not_a_number(request: Request, reply: Reply) -> None:
    reply.send("size", {"width_px": 64, "height_px": 36})
    names = {"luma_change": "<f4", "luma_mean": "<f4", "luma_spread": "<f4", "frame_digest": "<u8"}
    series = {name: np.zeros(1, kind) for name, kind in names.items()}
    reply.send("frames", {}, {**series, "pts_s": np.array([np.nan]), "apart": np.zeros((1, len(LAGS)), "<f4")})


def escapes(request: Request, reply: Reply) -> None:
    reply.send("broken", {"stage": "\x1b[2J", "reason": "\x1b]0;owned\x07 text", "do": "\x9b31m"})


def _tried(reply: Reply, what: Callable[[], object]) -> None:
    try:
        what()
    except OSError as error:
        reply.send("tried", {"refused": True, "errno": error.errno or 0})
    else:
        reply.send("tried", {"refused": False, "errno": 0})


def _system(number: int, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _write() -> None:
    TARGET.write_bytes(b"x")


def _raise_limits() -> None:
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
    except ValueError as error:  # how Python words that refusal
        raise OSError(1, str(error)) from error


def _signal_parent() -> None:
    os.kill(os.getppid(), signal.SIGTERM)


ATTEMPTS: dict[str, Callable[[], object]] = {
    "write a file": _write,
    "make a folder": lambda: os.mkdir(f"{TARGET}-folder"),
    "read a file": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "list a folder": lambda: os.listdir("/"),
    "remove a file": lambda: os.unlink(__file__ + ".not-there"),
    "change a mode": lambda: os.chmod("/tmp", 0o1777),
    "write to the input": lambda: os.write(0, b"x"),
    "connect by TCP": lambda: socket.create_connection(("127.0.0.1", 9), 1),
    "send by UDP": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
    "fork": _fork,
    "run a program": lambda: os.execv("/bin/true", ["true"]),
    "signal the parent": _signal_parent,
    "raise its limits": _raise_limits,
    "bypass by io_uring": lambda: _system(425, 1, 0),
    "trace the parent": lambda: _system(101, 16, os.getppid(), 0, 0),
}


def _attempt(what: Callable[[], object]) -> Task:
    return lambda request, reply: _tried(reply, what)


TASKS: dict[str, Task] = {
    "spin": spin,
    "sleep": sleep,
    "allocate": allocate,
    "crash": crash,
    "crash_after_frames": crash_after_frames,
    "silent_exit": silent_exit,
    "nonsense": nonsense,
    "flood": flood,
    "lies_about_size": lies_about_size,
    "not_a_number": not_a_number,
    "escapes": escapes,
    **{name: _attempt(what) for name, what in ATTEMPTS.items()},
}

if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        serve(TASKS)
