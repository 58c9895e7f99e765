"""A learned model from a file of one's own: never fetched, opened only as the file that was named."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np

from witnessmark.errors import BadInputError


def open_model(what: str, path: str | Path, licence: str, sha256: str | None) -> tuple[cv2.dnn.Net, str]:
    """Open an ONNX file.

    Parameters
    ----------
    what : str
        What it is called in errors, such as "sky model".
    path : str or Path
    licence : str
        Under which it may be used; must be said.
    sha256 : str or None
        What the file must be; another one is not opened.

    Returns
    -------
    (Net, str)
        The model, and the SHA-256 of its file in hexadecimal.

    Raises
    ------
    BadInputError
        When the file is not there, is another one, is no model that can be read, or no licence is stated.
    """
    if not licence.strip():
        raise BadInputError(
            f"No licence is stated for the {what}.", "Say under which licence the model file may be used."
        )
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise BadInputError(
            f"The {what} '{path}' cannot be read: {error.strerror}.", "Give the path of an ONNX file."
        ) from error
    digest = hashlib.sha256(raw).hexdigest()
    if sha256 is not None and sha256.strip().lower() != digest:
        raise BadInputError(
            f"The {what} '{path}' is another file than named: its SHA-256 is {digest}.",
            "Get the right file, or give the SHA-256 of this one.",
        )
    try:
        return cv2.dnn.readNetFromONNX(np.frombuffer(raw, np.uint8)), digest
    except cv2.error as error:
        raise BadInputError(
            f"The {what} '{path}' is no model that can be read.", "Export it as ONNX with one picture as input."
        ) from error
