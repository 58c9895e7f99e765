import hashlib
from pathlib import Path

import numpy as np
import pytest
from tests.lines.copies.moving import cropped, room, scene

from witnessmark.errors import BadInputError
from witnessmark.lines.copies.descriptor import Descriptor, described_line, normalised

onnx = pytest.importorskip("onnx")
SIDE = 64


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen fixed filters of 16 x 16 pixels, and the mean of what each finds in each quarter of the picture."""
    from onnx import TensorProto, helper, numpy_helper

    filters = np.random.default_rng(4).normal(0, 0.1, (16, 3, 16, 16)).astype(np.float32)
    filters -= filters.mean(axis=(1, 2, 3), keepdims=True)
    nodes = [
        helper.make_node("Conv", ["picture", "filters"], ["found"], strides=[4, 4], kernel_shape=[16, 16]),
        helper.make_node("Relu", ["found"], ["kept"]),
        helper.make_node("AveragePool", ["kept"], ["pooled"], kernel_shape=[6, 6], strides=[6, 6]),
        helper.make_node("Flatten", ["pooled"], ["vector"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, 64])],
        [numpy_helper.from_array(filters, "filters")],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path: Path = tmp_path_factory.mktemp("model") / "tiny.onnx"
    path.write_bytes(made.SerializeToString())
    return path


def test_a_model_of_ones_own_describes_pictures(model: Path) -> None:
    describe = Descriptor(model, "CC0", SIDE)
    vectors = describe([room(1), room(2), np.repeat(room(1)[:, :, None], 3, axis=2)])
    assert vectors.shape == (3, 64)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert vectors[0] == pytest.approx(vectors[2], abs=1e-5)
    assert float(vectors[0] @ vectors[1]) < 0.999
    assert describe.facts.sha256 == hashlib.sha256(model.read_bytes()).hexdigest()
    assert (describe.facts.licence, describe.facts.side_px) == ("CC0", SIDE)


def test_what_pictures_share_with_unrelated_ones_is_taken_off(model: Path) -> None:
    describe = Descriptor(model, "CC0", SIDE)
    frames = scene(1, 1, 3.0)[::6]
    query, reference = describe([cropped(frame) for frame in frames]), describe(frames)
    background = describe([room(seed) for seed in range(50, 62)])
    scores = normalised(query, reference, background)
    plain = query @ reference.T
    nearest = np.sort(query @ background.T, axis=1)[:, -5:].mean(axis=1)
    assert scores == pytest.approx(plain - nearest[:, None], abs=1e-5)
    unrelated = normalised(describe([room(90)]), reference, background)
    assert scores.max(axis=1).mean() > unrelated.max()


def test_a_line_is_followed_through_similarities() -> None:
    q_s, r_s = np.arange(0, 6, 0.5), np.arange(0, 20, 0.5)
    scores = np.full((len(q_s), len(r_s)), -0.1, np.float32)
    scores[np.arange(len(q_s)), np.arange(len(q_s)) + 8] = 0.6
    found = described_line(scores, q_s, r_s)
    assert found is not None
    assert found.line.at(2.0) == pytest.approx(6.0, abs=0.3)
    assert found.agreed_s == pytest.approx(6.0, abs=0.6) and found.moment > 0.9
    assert described_line(np.full((4, 4), -0.2, np.float32), q_s[:4], r_s[:4]) is None


def test_a_file_that_is_no_model_and_a_missing_licence_are_said(tmp_path: Path, model: Path) -> None:
    wrong = tmp_path / "wrong.onnx"
    wrong.write_bytes(b"nothing of the kind")
    with pytest.raises(BadInputError, match=r"wrong\.onnx"):
        Descriptor(wrong, "CC0")
    with pytest.raises(BadInputError, match="cannot be read"):
        Descriptor(tmp_path / "absent.onnx", "CC0")
    with pytest.raises(BadInputError, match="licence"):
        Descriptor(model, " ")
