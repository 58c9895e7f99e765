from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.lines.terrain.hills import painted, skyline_row

from witnessmark.errors import BadInputError
from witnessmark.lines.terrain.proposal import propose
from witnessmark.lines.terrain.sky_model import SkyModel

SIDE = 64


def model_file(folder: Path, blue: float, classes: int = 2) -> tuple[Path, str]:
    """A model whose first class is the bluer, the further blue exceeds red."""
    weight = np.zeros((classes, 3, 1, 1), np.float32)
    weight[0, 0], weight[0, 2] = -blue, blue
    graph = helper.make_graph(
        [helper.make_node("Conv", ["picture", "weight", "bias"], ["scores"])],
        "sky",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, classes, SIDE, SIDE])],
        [
            numpy_helper.from_array(weight, "weight"),
            numpy_helper.from_array(np.array([-0.2 * blue] + [0.0] * (classes - 1), np.float32), "bias"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path = folder / "sky.onnx"
    onnx.save(model, str(path))
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_model_tells_sky_and_is_recorded(tmp_path: Path) -> None:
    path, digest = model_file(tmp_path, 5.0)
    model = SkyModel(path, digest, "CC0", width_px=SIDE, height_px=SIDE)
    assert model.facts.sha256 == digest and model.facts.licence == "CC0"
    frame = painted()
    odds = model.odds(frame, (320, 200))
    assert odds.shape == (200, 320) and odds[10].min() > 0.2 and odds[-10].max() < -0.2
    found = propose(frame, model=model)
    assert found.reason is None and digest in found.by
    assert float(np.nanmedian(np.abs(found.row_px - skyline_row(320, 200)))) < 0.5


def test_another_file_than_named_is_not_opened(tmp_path: Path) -> None:
    path, digest = model_file(tmp_path, 5.0)
    with pytest.raises(BadInputError, match=f"its SHA-256 is {digest}"):
        SkyModel(path, "0" * 64, "CC0")


def test_what_is_no_model_or_says_too_little_is_refused(tmp_path: Path) -> None:
    path, digest = model_file(tmp_path, 5.0)
    with pytest.raises(BadInputError, match="No licence is stated"):
        SkyModel(path, digest, " ")
    with pytest.raises(BadInputError, match="cannot be read"):
        SkyModel(tmp_path / "none.onnx", digest, "CC0")
    with pytest.raises(BadInputError, match="cannot be used"):
        SkyModel(path, digest, "CC0", scores="guesses")
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    with pytest.raises(BadInputError, match="is no model that can be read"):
        SkyModel(broken, hashlib.sha256(b"no model").hexdigest(), "CC0")


def test_scores_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    path, digest = model_file(tmp_path, 5.0)
    frame = painted()
    with pytest.raises(BadInputError, match="has 2 classes, so none is number 2"):
        SkyModel(path, digest, "CC0", width_px=SIDE, height_px=SIDE, sky_class=2).odds(frame, (32, 20))
    with pytest.raises(BadInputError, match="which are no probabilities"):
        SkyModel(path, digest, "CC0", width_px=SIDE, height_px=SIDE, scores="probabilities").odds(frame, (32, 20))
