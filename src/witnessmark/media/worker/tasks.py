"""What a worker can be asked to do."""

from __future__ import annotations

from collections.abc import Mapping

from witnessmark.media.worker.facts import probe
from witnessmark.media.worker.sample import sample
from witnessmark.media.worker.serve import Reply, Request, Task
from witnessmark.media.worker.sound import sound
from witnessmark.media.worker.still import still_at
from witnessmark.media.worker.survey import survey


def nothing(request: Request, reply: Reply) -> None:
    """Only the sandbox, which has reported itself by now."""


TASKS: Mapping[str, Task] = {
    "probe": probe,
    "survey": survey,
    "still_at": still_at,
    "sample": sample,
    "sound": sound,
    "nothing": nothing,
}
