"""Start of a worker: take the request, give up every right that decoding does not need, do one task, end."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from witnessmark.media import wire
from witnessmark.media.records import Limits
from witnessmark.media.worker.confine import confine
from witnessmark.plain import Plain


@dataclass(frozen=True, slots=True)
class Request:
    """What the parent asks: which task, under which limits, with which numbers."""

    command: str
    limits: Limits
    numbers: Mapping[str, float]
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Reply:
    """The way back to the parent."""

    stream: BinaryIO

    def send(self, kind: str, body: Mapping[str, Plain], arrays: Mapping[str, wire.Array] | None = None) -> None:
        """Send one message."""
        wire.write(self.stream, kind, body, arrays)


class Halt(Exception):
    """The task ends here, and this is what the person is told.

    Parameters
    ----------
    stage, reason, do : str
        As in `Broken`.
    """

    def __init__(self, stage: str, reason: str, do: str) -> None:
        super().__init__(reason)
        self.stage = stage
        self.reason = reason
        self.do = do


Task = Callable[[Request, Reply], None]


def serve(tasks: Mapping[str, Task]) -> None:
    """Run one task on the file that stands open as descriptor 0 and leave the process.

    Parameters
    ----------
    tasks : mapping of str to callable
        Everything they import must have been imported by now: afterwards no file can be opened.
    """
    asked = json.loads(sys.argv[1])
    request = Request(asked["command"], Limits(**asked["limits"]), asked["numbers"], os.fstat(0).st_size)
    task = tasks[request.command]
    reply = Reply(os.fdopen(os.dup(1), "wb", buffering=1 << 16))
    silence = os.open(os.devnull, os.O_RDWR)
    os.dup2(silence, 1)
    facts = confine(request.limits)
    os.dup2(silence, 2)
    reply.send("ready", {"sandbox": list(facts)})
    os._exit(_run(task, request, reply))


def _run(task: Task, request: Request, reply: Reply) -> int:
    try:
        task(request, reply)
        reply.send("done", {})
    except Halt as halt:
        _end(reply, halt.stage, halt.reason, halt.do)
    except MemoryError:
        _no_memory(reply, request.limits)
    except OSError as error:
        if error.errno == errno.ENOMEM:
            _no_memory(reply, request.limits)
        else:
            _end(reply, "decode", f"Decoding ended with: {error.strerror or error}.", LOOK_ELSEWHERE)
    except Exception as error:  # whatever a hostile file provokes is an end with a reason, never a traceback
        _end(reply, "decode", f"Decoding ended with {type(error).__name__}: {error}.", LOOK_ELSEWHERE)
    return 0


LOOK_ELSEWHERE = "Look for another copy of the recording, or work with what was decoded up to there."


def _no_memory(reply: Reply, limits: Limits) -> None:
    reason = f"Decoding needed more than its limit of {limits.memory_bytes >> 20} MiB of memory."
    _end(reply, "limits", reason, "Raise the memory limit if you trust the source, or obtain a smaller copy.")


def _end(reply: Reply, stage: str, reason: str, do: str) -> None:
    reply.send("broken", {"stage": stage, "reason": reason[:2000], "do": do})
