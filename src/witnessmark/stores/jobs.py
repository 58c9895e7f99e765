"""Long work that survives a kill: named steps run in order by DBOS, resumed where they stopped.

DBOS is hidden here. Steps are at-least-once, so each writes by content hash and can be repeated.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from dbos import DBOS, SetWorkflowID
from dbos._serialization import DefaultSerializer, Serializer

from witnessmark import errors
from witnessmark.errors import ClashError, WitnessmarkError
from witnessmark.plain import Plain

Step = Callable[[Any, Any], Plain]
"""One step: (the job's argument, what the step before gave) -> what this step gives; all plain values."""

_JOBS: dict[str, Sequence[Step]] = {}
_APPLICATION_VERSION = "1"  # raised when a job's steps change shape; jobs of another version are not resumed


def define(name: str, steps: Sequence[Step]) -> None:
    """Name a job and its steps; done at import, so that a resumed job finds them."""
    _JOBS[name] = tuple(steps)


def _refuse(_self: object, _data: str) -> Any:
    raise ClashError(
        "The record of jobs holds a value this program never writes.",
        "Move jobs.db out of the case folder: finished work is in the custody log, unfinished work starts anew.",
    )


# A case folder may come from somebody else, and unpickling runs what it is given: nothing here is ever unpickled.
DefaultSerializer.deserialize = _refuse  # type: ignore[method-assign, assignment]


class _PlainSerializer(Serializer):
    """Job records as JSON; errors of the house come back as what they were."""

    def serialize(self, data: Any) -> str:
        if isinstance(data, WitnessmarkError):
            data = {"__error__": data.to_plain()}
        elif isinstance(data, BaseException):
            data = {"__error__": {"error": type(data).__name__, "what": str(data), "do": "", "facts": {}}}
        return json.dumps(data)

    def deserialize(self, serialized_data: str) -> Any:
        data = json.loads(serialized_data)
        if isinstance(data, dict) and "__error__" in data:
            told = data["__error__"]
            kind = getattr(errors, told["error"], None)
            if isinstance(kind, type) and issubclass(kind, WitnessmarkError):
                return kind(told["what"], told["do"], **told["facts"])
            return RuntimeError(f"{told['error']}: {told['what']}")
        return data

    def name(self) -> str:
        return "witnessmark_plain"


@DBOS.step(name="witnessmark.step")
def _step(name: str, index: int, argument: Any, previous: Any) -> Any:
    return _JOBS[name][index](argument, previous)


@DBOS.workflow(name="witnessmark.job")
def _job(name: str, argument: Any) -> Any:
    value: Any = None
    for index in range(len(_JOBS[name])):
        value = _step(name, index, argument, value)
    return value


class Jobs:
    """The jobs of one case; at most one process works on them at a time."""

    def run(self, name: str, job_id: str, argument: Plain, *, again: bool = False) -> Any:
        """Run a job, or resume it, or give back what it gave before.

        Parameters
        ----------
        name : str
            As given to `define`.
        job_id : str
            Says what the job depends on: the same id is the same work.
        argument : Plain
            Handed to every step.
        again : bool
            Run anew although an earlier run finished.

        Returns
        -------
        Plain
            What the last step gives.

        Raises
        ------
        Exception
            What a step raised.
        """
        attempt = 0
        while (status := DBOS.get_workflow_status(f"{job_id}#{attempt}")) is not None and (
            status.status not in ("PENDING", "ENQUEUED", "SUCCESS") or (again and status.status == "SUCCESS")
        ):
            attempt += 1
        with SetWorkflowID(f"{job_id}#{attempt}"):
            return DBOS.start_workflow(_job, name, argument).get_result(polling_interval_sec=0.05)


def _check(path: Path) -> None:
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=30.0)) as database:
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        raise ClashError(
            f"The record of jobs '{path}' cannot be read ({error}).",
            "Move it out of the case folder: finished work is in the custody log, unfinished work starts anew.",
        ) from error


@contextmanager
def open_jobs(folder: Path, url: str | None = None) -> Iterator[Jobs]:
    """Open the jobs of a case; unfinished ones resume at once in the background.

    Parameters
    ----------
    folder : Path
        The case folder, for the lock and the embedded database.
    url : str or None
        SQLAlchemy URL; SQLite in the folder unless given.

    Yields
    ------
    Jobs

    Raises
    ------
    ClashError
        When another process works on this case's jobs.
    """
    descriptor = os.open(folder / "jobs.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ClashError(
                "Another process is running a line of inquiry on this case.", "Wait for it to end, then run this again."
            ) from error
        logging.getLogger("dbos").setLevel(logging.CRITICAL)
        _check(folder / "jobs.db")
        DBOS(
            config={
                "name": "witnessmark",
                "system_database_url": url or f"sqlite:///{folder.resolve() / 'jobs.db'}",
                "application_version": _APPLICATION_VERSION,
                "log_level": "CRITICAL",
                "serializer": _PlainSerializer(),
                "notification_listener_polling_interval_sec": 0.05,
            }
        )
        DBOS.launch()
        try:
            yield Jobs()
        finally:
            DBOS.destroy(workflow_completion_timeout_sec=0)
    finally:
        os.close(descriptor)
