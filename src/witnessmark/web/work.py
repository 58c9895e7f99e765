"""Long work, in processes of its own: a page is never kept waiting, and a crash there takes nothing else along."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from witnessmark.errors import NotFoundError
from witnessmark.web.workplace import Workplace

AT_ONCE = 2
"""Pieces of work that run at the same time; those of one case run one after another, as its jobs do."""
KEPT = 200
"""Finished pieces of work remembered."""


@dataclass
class Piece:
    """A piece of work.

    Attributes
    ----------
    id : str
    case : str
        Its name in addresses.
    title : str
        What it is, for people.
    operator : str
        Who asked for it.
    arguments : list of str
        Of ``python -m witnessmark.web.worker``, after the case folder and the operator.
    state : str
        waiting | running | done | failed
    done : float
        0 to 1.
    what : str
        What is being done.
    answer : dict or None
        What came of it; for a failed one the error as plain values.
    """

    id: str
    case: str
    title: str
    operator: str
    arguments: list[str]
    state: str = "waiting"
    done: float = 0.0
    what: str = ""
    answer: dict[str, Any] | None = None
    asked_s: float = field(default_factory=time.time)

    def told(self) -> dict[str, Any]:
        """The piece as plain values for pages and programs."""
        return {
            "id": self.id,
            "title": self.title,
            "by": self.operator,
            "state": self.state,
            "done": round(self.done, 3),
            "what": self.what,
            "answer": self.answer,
        }


class Work:
    """The pieces of work of a workplace, oldest first.

    Parameters
    ----------
    workplace : Workplace
    """

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._changed = threading.Condition()
        self._waiting: deque[Piece] = deque()
        self._pieces: dict[str, Piece] = {}
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._count = 0
        self._closed = False
        workplace.when_closed.append(self.close)

    def ask(self, case: str, title: str, operator: str, arguments: Sequence[str]) -> Piece:
        """Put a piece of work in the queue; the same work that still waits is not queued twice."""
        with self._changed:
            for piece in self._waiting:
                if piece.case == case and piece.arguments == list(arguments):
                    return piece
            self._count += 1
            piece = Piece(f"w{self._count}-{int(time.time())}", case, title, operator, list(arguments))
            self._pieces[piece.id] = piece
            self._waiting.append(piece)
            for old in [each for each in self._pieces.values() if each.answer is not None][:-KEPT]:
                del self._pieces[old.id]
            self._start_some()
        return piece

    def of(self, case: str) -> list[dict[str, Any]]:
        """The work of a case, newest first."""
        with self._changed:
            return [piece.told() for piece in reversed(self._pieces.values()) if piece.case == case]

    def get(self, case: str, piece_id: str) -> dict[str, Any]:
        """A piece of work of a case.

        Raises
        ------
        NotFoundError
        """
        with self._changed:
            piece = self._pieces.get(piece_id)
            if piece is None or piece.case != case:
                raise NotFoundError("There is no such work going on.", "What was finished is on the case's pages.")
            return piece.told()

    def wait(self, seconds: float) -> None:
        """Wait until something changes, at most so long."""
        with self._changed:
            self._changed.wait(seconds)

    def close(self) -> None:
        """Stop everything; what was begun is resumed by its case's jobs the next time it is asked for."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            for process in self._running.values():
                process.terminate()

    def _start_some(self) -> None:
        """Start what may run now; the lock is held."""
        for piece in list(self._waiting):
            if len(self._running) >= AT_ONCE or self._closed:
                return
            if piece.case in self._running:
                continue
            self._waiting.remove(piece)
            folder = self._workplace.folders().get(piece.case)
            if folder is None:
                piece.state, piece.answer = "failed", {"what": "The case is gone.", "do": "See the list of cases."}
                continue
            piece.state = "running"
            self._running[piece.case] = self._process(folder, piece)
            threading.Thread(target=self._follow, args=(piece,), daemon=True).start()

    def _process(self, folder: Path, piece: Piece) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "witnessmark.web.worker", str(folder), piece.operator, *piece.arguments]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, bufsize=1)

    def _follow(self, piece: Piece) -> None:
        process = self._running[piece.case]
        assert process.stdout is not None
        last: dict[str, Any] = {}
        for row in process.stdout:
            try:
                said = json.loads(row)
            except ValueError:
                continue
            with self._changed:
                if "done" in said:
                    piece.done, piece.what = float(said["done"]), str(said["what"])
                else:
                    last = said
                self._changed.notify_all()
        code = process.wait()
        with self._changed:
            good = code == 0 and "answer" in last
            piece.state, piece.done = ("done", 1.0) if good else ("failed", piece.done)
            stopped = {
                "what": f"The work stopped (exit status {code}).",
                "do": "Start it again; it goes on from there.",
            }
            piece.answer = last["answer"] if good else last.get("error", stopped)
            del self._running[piece.case]
            self._start_some()
            self._changed.notify_all()
