"""Two files compared by hand, with a learned model beside the verdict and never in its place."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.lines.copies.planting import FPS, captioned, encode, mirrored, scene_frames
from typer.testing import CliRunner

from witnessmark.cli.copies import app
from witnessmark.desk.comparing import Comparison, compare_files, write_strip
from witnessmark.errors import BadInputError, ClashError, NotFoundError
from witnessmark.lines.copies.descriptor import Descriptor, DescriptorFacts
from witnessmark.lines.copies.opinion import Described, opinion
from witnessmark.lines.copies.records import Match, Stretch, Transform

onnx = pytest.importorskip("onnx")
SIDE = 64
FACTS = DescriptorFacts("somewhere/deep/tiny.onnx", "ab" * 32, "CC0", SIDE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording, a mirrored and captioned part of it, another place, and a model that sees 8 x 8 mean levels."""
    from onnx import TensorProto, helper, numpy_helper

    made = tmp_path_factory.mktemp("compared")
    frames = scene_frames(0, 8 * FPS)
    encode(made / "known.mp4", frames)
    encode(made / "copy.mp4", mirrored(captioned(frames[2 * FPS :])), crf=30)
    encode(made / "other.mp4", _elsewhere(6 * FPS))
    encode(made / "third.mp4", scene_frames(100_000, 6 * FPS))
    patch = np.full((1, 3, 8, 8), 1.0 / 192.0, np.float32)
    centred = (np.eye(64) - 1.0 / 64.0).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["picture", "patch"], ["levels"], strides=[8, 8], kernel_shape=[8, 8]),
            helper.make_node("Flatten", ["levels"], ["flat"]),
            helper.make_node("MatMul", ["flat", "centred"], ["vector"]),
        ],
        "levels",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, 64])],
        [numpy_helper.from_array(patch, "patch"), numpy_helper.from_array(centred, "centred")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    (made / "tiny.onnx").write_bytes(model.SerializeToString())
    return made


def _elsewhere(count: int) -> list[NDArray[np.uint8]]:
    """A camera that pans over another texture, the other way."""
    rng = np.random.default_rng(11)
    ground = cv2.resize(rng.integers(0, 255, (60, 200, 3), dtype=np.uint8), (1600, 480), interpolation=cv2.INTER_CUBIC)
    return [np.ascontiguousarray(ground[n : n + 180, 1200 - 9 * n : 1520 - 9 * n]) for n in range(count)]


@pytest.fixture(scope="module")
def copied(folder: Path) -> Comparison:
    describe = Descriptor(folder / "tiny.onnx", "CC0", SIDE)
    return compare_files(folder / "copy.mp4", folder / "known.mp4", descriptor=describe)


def test_a_copy_is_told_with_a_second_opinion_beside_it(folder: Path, copied: Comparison) -> None:
    said = json.loads(json.dumps(copied.to_plain()))
    row, second = said["match"], said["descriptor"]
    assert (row["ref"], row["relation"], row["mirrored"]) == ("known.mp4", "copy", True)
    assert row["r0"] - row["q0"] == pytest.approx(2.0, abs=0.3)
    assert row["sha256"] == hashlib.sha256((folder / "known.mp4").read_bytes()).hexdigest()
    assert said["query"]["name"] == "copy.mp4" and said["query"]["duration_s"] == pytest.approx(6.0, abs=0.1)
    assert second["agreement"] == "same stretch" and second["mirrored"]
    assert second["r0_s"] - second["q0_s"] == pytest.approx(2.0, abs=0.5) and second["agreed_s"] > 3.0
    assert second["similarity"] > 0.25 and 0.0 < second["moment"] <= 1.0
    assert (second["file"], second["licence"], second["side_px"]) == ("tiny.onnx", "CC0", SIDE)
    assert second["sha256"] == hashlib.sha256((folder / "tiny.onnx").read_bytes()).hexdigest()
    assert second["measured_against"] == "the reference's other moments"
    assert str(folder) not in json.dumps(said)


def test_unrelated_recordings_normalise_and_nothing_is_found_in_another_place(folder: Path) -> None:
    describe = Descriptor(folder / "tiny.onnx", "CC0", SIDE)
    done = compare_files(
        folder / "other.mp4", folder / "known.mp4", descriptor=describe, background=[folder / "third.mp4"]
    )
    assert done.opinion is not None and done.opinion.measured_against == "unrelated recordings"
    assert done.match is None or done.match.relation != "copy"
    assert done.opinion.agreement != "same stretch"
    with pytest.raises(NotFoundError, match=r"absent\.mp4"):
        compare_files(folder / "absent.mp4", folder / "known.mp4")


def described(order: list[int]) -> Described:
    """Pictures at two a second, each unlike all others except its namesake."""
    vectors = np.random.default_rng(5).normal(size=(40, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Described(0.5 * np.arange(len(order), dtype=np.float64), vectors[order])


def matched(relation: str, offset_s: float) -> Match:
    same = Transform((1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0), ("same frame",))
    stretch = Stretch(0.0, 5.0, offset_s, 5.0 + offset_s, 1.0, 1.0, same)
    assert relation in ("related", "copy")
    return Match(0, "copy" if relation == "copy" else "related", 1.5, False, (stretch,), 3, None, (), {})


@pytest.mark.parametrize(
    ("match", "agreement", "words"),
    [
        (matched("copy", 4.0), "same stretch", "finds the same stretch."),
        (matched("related", 4.0), "same stretch", "does not make it a copy"),
        (matched("copy", 0.0), "another stretch", "look at both"),
        (None, "descriptor only", "does not make it a copy"),
    ],
)
def test_it_says_how_it_stands_to_the_verdict(match: Match | None, agreement: str, words: str) -> None:
    query, reference = described(list(range(8, 20))), described(list(range(24)))
    turned = described(list(range(28, 40)))
    background = described(list(range(24, 28))).vectors
    for others in (background, np.zeros((0, 0), np.float32)):
        found = opinion(FACTS, match, query, turned, reference, others)
        assert (found.agreement, found.mirrored, found.file) == (agreement, False, "tiny.onnx")
        assert words in found.words
        assert found.q0_s == pytest.approx(0.0, abs=0.5) and found.r0_s == pytest.approx(4.0, abs=0.5)
    blind = opinion(FACTS, match, turned, turned, reference, background)
    assert blind.agreement == ("neither" if match is None else "verdict only") and blind.q0_s is None
    assert blind.agreed_s == 0.0 and blind.similarity is None


def test_pictures_are_blurred_unless_asked_and_nothing_is_overwritten(copied: Comparison, tmp_path: Path) -> None:
    blurred = write_strip(copied, tmp_path / "new")
    clear = write_strip(copied, tmp_path / "new", clear=True)
    assert blurred is not None and clear is not None and blurred.name == "copies-strip-blurred.png"
    one, other = (cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in (blurred, clear))
    assert one is not None and other is not None and one.shape == other.shape
    still = slice(-90, -30), slice(60, 200)  # inside the first still of the lowest row
    detail = [float(np.abs(np.diff(view[still][:, ::6].astype(float), axis=1)).mean()) for view in (one, other)]
    assert detail[0] < 0.7 * detail[1]
    assert np.array_equal(one[: one.shape[0] // 3, 30:], other[: other.shape[0] // 3, 30:])
    with pytest.raises(ClashError, match="exists"):
        write_strip(copied, tmp_path / "new")


def test_a_model_that_cannot_be_used_is_said(folder: Path) -> None:
    model, wrong = folder / "tiny.onnx", folder / "wrong.onnx"
    wrong.write_bytes(b"nothing of the kind")
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    with pytest.raises(BadInputError, match="another file than named"):
        Descriptor(model, "CC0", SIDE, "00" * 32)
    assert Descriptor(model, "CC0", SIDE, digest.upper()).facts.sha256 == digest
    pair = ["compare", str(folder / "copy.mp4"), str(folder / "known.mp4")]
    for more, why in (
        (["--descriptor", str(model)], "No licence is stated"),
        (["--descriptor", str(model), "--licence", "CC0", "--sha256", "00" * 32], "another file than named"),
        (["--descriptor", str(wrong), "--licence", "CC0"], "is no model that can be read"),
        (["--descriptor", str(folder / "absent.onnx"), "--licence", "CC0"], "cannot be read"),
        (["--licence", "CC0"], "No descriptor is named"),
    ):
        done = CliRunner().invoke(app, [*pair, *more])
        assert isinstance(done.exception, BadInputError) and why in str(done.exception)


def test_the_command_tells_people_and_programs(folder: Path, copied: Comparison) -> None:
    model = ["--descriptor", str(folder / "tiny.onnx"), "--licence", "CC0", "--side", str(SIDE)]
    pair = ["compare", str(folder / "copy.mp4"), str(folder / "known.mp4")]
    done = CliRunner().invoke(app, [*pair, *model, "--pictures", str(folder / "looked-at"), "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    (drawn,) = said.pop("pictures")
    assert said == json.loads(json.dumps(copied.to_plain()))
    assert Path(drawn).read_bytes().startswith(b"\x89PNG")
    again = CliRunner().invoke(app, [*pair, "--pictures", str(folder / "looked-at")])
    assert isinstance(again.exception, ClashError)
    plain = compare_files(folder / "copy.mp4", folder / "known.mp4")
    assert plain.opinion is None and plain.to_plain()["match"] == copied.to_plain()["match"]
