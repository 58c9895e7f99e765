"""Handing one file to one worker process, listening within limits, and ending it."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from witnessmark.errors import MediaError
from witnessmark.media.records import Broken, Limits
from witnessmark.media.wire import Message, Reader, WireError

WORKER = ("-m", "witnessmark.media.worker")
_OTHER_COPY = "Look for another copy of the recording, or work with what was decoded up to there."
_TRUSTED = "If the source is trusted, raise the limit; otherwise look for another copy."
_STARTUP_WORDS_MAX = 2000


def open_input(path: Path) -> int | Broken:
    """Open a file for reading only, never through a link, never waiting for a pipe.

    Returns
    -------
    int or Broken
        A descriptor to be closed by the caller; or why not, in words.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)
    try:
        fd = os.open(path, flags)
    except OSError as error:
        return _not_opened(path, error)
    about = os.fstat(fd)
    kind = _kind(about.st_mode)
    if kind is not None:
        os.close(fd)
        return Broken("open", f"'{path.name}' is {kind}, not a file.", None, 0, "Name the recording itself.")
    if about.st_size == 0:
        os.close(fd)
        empty = "Fetch it again from where it was posted."
        return Broken("open", f"The file '{path.name}' is empty.", None, 0, empty)
    return fd


def _not_opened(path: Path, error: OSError) -> Broken:
    if error.errno == errno.ELOOP:
        what, do = f"'{path.name}' is a symbolic link.", "Name the file that it points to."
    elif error.errno == errno.ENOENT:
        what, do = f"There is no file '{path.name}'.", "Check the path."
    elif error.errno in (errno.EACCES, errno.EPERM):
        what, do = f"The file '{path.name}' may not be read.", "Ask for the right to read it."
    elif error.errno == errno.ENXIO:
        what, do = f"'{path.name}' is a socket or device, not a file.", "Name the recording itself."
    else:
        what, do = f"'{path.name}' could not be opened: {error.strerror}.", "Check the path and the disk."
    return Broken("open", what, None, 0, do)


def _kind(mode: int) -> str | None:
    if stat.S_ISREG(mode):
        return None
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a named pipe" if stat.S_ISFIFO(mode) else "a device or socket"


class Call:
    """One worker doing one task; a context manager that leaves no process behind.

    Parameters
    ----------
    fd : int
        The input, open for reading.
    command : str
    limits : Limits
    numbers : mapping of str to float
        The task's parameters.
    budget_bytes : int
        The most that is read from the worker.
    module : tuple of str
        Interpreter arguments that start the worker.

    Attributes
    ----------
    sandbox : tuple of str
        What the worker reported to be in force.
    """

    def __init__(
        self,
        fd: int,
        command: str,
        limits: Limits,
        numbers: Mapping[str, float],
        budget_bytes: int,
        module: tuple[str, ...] = WORKER,
    ) -> None:
        self.limits = limits
        self.sandbox: tuple[str, ...] = ()
        self._broken: Broken | None = None
        self._late = False
        asked = {"command": command, "limits": dataclasses.asdict(limits), "numbers": dict(numbers)}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-s", *module, json.dumps(asked)],
                stdin=fd,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(),
                start_new_session=True,
                cwd=os.path.abspath(os.sep),
            )
        except OSError as error:
            raise MediaError(
                f"The decoding process could not be started: {error.strerror}.",
                "Check that this Python can start processes and that memory is free.",
            ) from error
        self._reader = Reader(_pipe(self._process.stdout), budget_bytes)
        self._clock = threading.Timer(limits.wall_s, self._time_up)
        self._clock.daemon = True
        self._clock.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clock.cancel()
        self._kill()
        for pipe in (self._process.stdout, self._process.stderr):
            _pipe(pipe).close()
        self._process.wait()

    def messages(self) -> Iterator[Message]:
        """What the worker sends, up to its end; `ending` then says how it ended.

        Raises
        ------
        MediaError
            When the worker could not start: a fault of the installation, not of the file.
        """
        done = ready = False
        try:
            while (message := self._reader.next()) is not None:
                if message.kind == "ready" and not ready:
                    ready = True
                    self.sandbox = texts(message.body.get("sandbox"), 40)
                elif message.kind == "done":
                    done = True
                elif message.kind == "broken":
                    self._broken = broken_of(message)
                else:
                    yield message
        except WireError as error:
            self._kill()
            if not self._late and self._process.wait() in (0, -signal.SIGKILL):
                what = f"The decoding process was stopped because what it sent is not sound: {error}."
                self._broken = Broken("decode", what, None, 0, _OTHER_COPY)
        code = self._process.wait()
        if not ready and not self._late and code > 0:
            words = _pipe(self._process.stderr).read(_STARTUP_WORDS_MAX).decode("utf-8", "replace").strip()
            raise MediaError(
                f"The decoding process could not start (exit code {code}): {words[-500:] or 'it said nothing'}",
                "Reinstall the package, or raise the memory limit if it is very low.",
            )
        if self._broken is None and not done:
            self._broken = self._how_it_died(code)

    def ending(self, at_s: float | None, frames: int) -> Broken | None:
        """Why the task ended before its time, None when it did not.

        Parameters
        ----------
        at_s : float or None
            Presentation time reached.
        frames : int
            Pictures decoded.
        """
        if self._broken is None:
            return None
        return dataclasses.replace(self._broken, at_s=at_s, frames_decoded=frames)

    def _how_it_died(self, code: int) -> Broken:
        if self._late:
            what = f"Decoding was stopped at its limit of {self.limits.wall_s:g} s."
            return Broken("limits", what, None, 0, _TRUSTED)
        if code == -getattr(signal, "SIGXCPU", 0):
            what = f"Decoding was stopped at its limit of {self.limits.cpu_s:g} s of processor time."
            return Broken("limits", what, None, 0, _TRUSTED)
        if code == -getattr(signal, "SIGKILL", 0):
            what = "The system ended the decoding process, as it does when memory or processor time run out."
            return Broken("limits", what, None, 0, _TRUSTED)
        if code < 0:
            return Broken("decode", f"The decoder crashed ({_signal_name(-code)}).", None, 0, _OTHER_COPY)
        return Broken("decode", f"The decoder ended without a word (exit code {code}).", None, 0, _OTHER_COPY)

    def _time_up(self) -> None:
        self._late = True
        self._kill()

    def _kill(self) -> None:
        if self._process.poll() is not None:
            return
        if hasattr(os, "killpg"):
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return
        else:
            self._process.kill()


def _environment() -> dict[str, str]:
    """Only what starting needs: nothing of the person's environment reaches the decoder."""
    home = str(Path(__file__).resolve().parents[2])
    kept = {key: os.environ[key] for key in ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if key in os.environ}
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    fixed = {"PYTHONPATH": home, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}
    return kept | single | fixed


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def clean(text: object, most: int = 4000) -> str:
    """Text from a file, made harmless to print: control characters become U+FFFD, the length is bounded."""
    kept = str(text)[:most]
    return "".join(c if c in "\n\t" or (c >= " " and not "\x7f" <= c <= "\x9f") else "�" for c in kept)


def texts(values: object, most: int) -> tuple[str, ...]:
    """A list of texts from a message, cleaned; anything else is none."""
    return tuple(clean(value) for value in values[:most]) if isinstance(values, list) else ()


def broken_of(message: Message) -> Broken:
    """Why a task ended, as the worker words it, cleaned."""
    body = message.body
    stage = body.get("stage")
    known = stage if stage in ("open", "probe", "decode", "sound", "limits") else "decode"
    return Broken(str(known), clean(body.get("reason"), 2000), None, 0, clean(body.get("do"), 500))
