"""What a worker can be asked to do."""

from __future__ import annotations

from collections.abc import Mapping

from witnessmark.media.worker.facts import probe
from witnessmark.media.worker.sample import pictures, sample
from witnessmark.media.worker.serve import Halt, Reply, Request, Task
from witnessmark.media.worker.sound import sound
from witnessmark.media.worker.still import still_at
from witnessmark.media.worker.survey import survey


def nothing(request: Request, reply: Reply) -> None:
    """Only the sandbox, which has reported itself by now."""


def sample_and_sound(request: Request, reply: Reply) -> None:
    """First `sample`, then `sound`: starting a worker costs more than decoding some seconds.

    Each ends with ``part``; before it comes ``halted`` where the task ended before its time.
    """
    for task in (sample, sound):
        try:
            task(request, reply)
        except Halt as halt:
            reply.send("halted", {"stage": halt.stage, "reason": halt.reason[:2000], "do": halt.do})
        reply.send("part", {})


TASKS: Mapping[str, Task] = {
    "probe": probe,
    "survey": survey,
    "still_at": still_at,
    "sample": sample,
    "pictures": pictures,
    "sound": sound,
    "sample_and_sound": sample_and_sound,
    "nothing": nothing,
}
