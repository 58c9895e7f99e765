"""Several tasks that one worker does one after another, each read as if it had a worker of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from witnessmark.media.launch import Call, broken_of
from witnessmark.media.records import Broken
from witnessmark.media.wire import Message


class Part:
    """What a worker sends up to the end of one of its tasks; in place of a `Call` where a task is put together.

    Parameters
    ----------
    call : Call
    messages : iterator of Message
        ``call.messages()``, shared by all parts of the call.

    Attributes
    ----------
    whole : bool
        Whether the worker came to the task's end, early or not; without that there is no next part.
    """

    def __init__(self, call: Call, messages: Iterator[Message]) -> None:
        self.whole = False
        self._call = call
        self._messages = messages
        self._halted: Broken | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The call outlives its parts."""

    def messages(self) -> Iterator[Message]:
        """See `Call.messages`."""
        for message in self._messages:
            if message.kind == "part":
                self.whole = True
                return
            if message.kind == "halted":
                self._halted = broken_of(message)
            else:
                yield message

    def ending(self, at_s: float | None, frames: int) -> Broken | None:
        """See `Call.ending`."""
        if self._halted is not None:
            return dataclasses.replace(self._halted, at_s=at_s, frames_decoded=frames)
        return None if self.whole else self._call.ending(at_s, frames)
