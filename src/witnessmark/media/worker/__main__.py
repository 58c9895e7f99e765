"""Entry of the decoding process."""

from __future__ import annotations

from witnessmark.media.worker.serve import serve
from witnessmark.media.worker.tasks import TASKS

if __name__ == "__main__":
    serve(TASKS)
