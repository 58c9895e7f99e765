from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from fastapi import FastAPI
from fastapi.testclient import TestClient

PASSWORD = "five words nobody guesses"
HTML = {"accept": "text/html"}


def _clip(path: Path) -> Path:
    """Three seconds of a moving bar."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"x264-params": "bframes=0"})
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for index in range(30):
            picture = np.full((96, 160, 3), 40, np.uint8)
            picture[:, 5 * index : 5 * index + 20] = (200, 160, 90)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


CLIP: Callable[[Path], Path] = _clip


@dataclass(frozen=True)
class People:
    """Browsers by the name of who is signed in; "nobody" for none."""

    clients: dict[str, TestClient]
    tokens: dict[str, dict[str, str]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> TestClient:
        return self.clients[name]

    def token(self, name: str) -> dict[str, str]:
        """As `csrf`, asked once."""
        if name not in self.tokens:
            self.tokens[name] = self.csrf(name)
        return self.tokens[name]

    def csrf(self, name: str) -> dict[str, str]:
        """The header that forms of this browser's session carry."""
        text = self.clients[name].get("/account", headers=HTML).text
        return {"x-csrf-token": text.split('data-csrf="')[1].split('"')[0]}


def sign_in(app: FastAPI, name: str) -> TestClient:
    """A browser in which somebody signed in."""
    client = TestClient(app, follow_redirects=False)
    answer = client.post("/sign-in", data={"name": name, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client
