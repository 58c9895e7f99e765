"""Emblems from the command line: a library kept, searched with a box, and refusals with the fix."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tests.lines.uniforms.badges import badge, save, worn
from typer.testing import CliRunner

from witnessmark.cli.emblems import app
from witnessmark.errors import WitnessmarkError
from witnessmark.lines.uniforms.limits import CAVEAT

SAID = ("--source", "drawn for the tests", "--licence", "CC0-1.0", "--dated", "2031", "--operator", "A. Curator")


def told(*words: str, code: int = 0) -> Any:
    done = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=code != 0)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("emblems")
    files = [str(save(folder / f"badge-{number}.png", badge(number))) for number in (3, 6)]
    broken = folder / "broken.png"
    broken.write_bytes(b"no picture")
    unit = ("--unit", "3rd example company", "--confused-with", "badge 6")
    found = told("add", str(folder / "library"), *files, str(broken), "--kind", "patch", *unit, *SAID)
    assert [one["label"] for one in found["added"]] == ["badge-3", "badge-6"]
    assert [one["name"] for one in found["passed_over"]] == ["broken.png"]
    return folder / "library"


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    rgb, box = worn(badge(3), 200)
    return str(save(tmp_path_factory.mktemp("photo") / "worn.png", rgb)), ",".join(map(str, box))


def test_search_tells_grade_rivals_and_caveat_and_names_no_unit(library: Path, photo: tuple[str, str]) -> None:
    found = told("search", str(library), photo[0], "--box", photo[1])
    assert found["grade"] == "verified" and found["names_a_unit"] is False and found["caveat"] == CAVEAT
    best = found["candidates"][0]
    assert best["rank"] == 1 and best["label"] == "badge-3" and best["units_claimed"] == ["3rd example company"]
    assert best["source"] == "drawn for the tests" and best["licence"] == "CC0-1.0" and best["added_by"] == "A. Curator"
    assert best["measured"]["hull_share"] >= 0.25 and best["points"]
    assert found["library"] == {"folder": str(library), "references": 2, "curated": True}
    done = CliRunner().invoke(app, ["search", str(library), photo[0], "--box", photo[1]], catch_exceptions=False)
    assert done.stdout.startswith("verified") and CAVEAT in done.stdout


def test_a_damaged_reference_is_named_and_the_rest_is_searched(
    library: Path, photo: tuple[str, str], tmp_path: Path
) -> None:
    files = [str(save(tmp_path / f"badge-{number}.png", badge(number))) for number in (3, 6)]
    told("add", str(tmp_path / "library"), *files, *SAID)
    assert told("check", str(tmp_path / "library"))["sound"]
    hurt = tmp_path / "library" / f"{hashlib.sha256(Path(files[1]).read_bytes()).hexdigest()}.picture"
    hurt.chmod(0o644)
    hurt.write_bytes(b"")
    found = told("search", str(tmp_path / "library"), photo[0], "--box", photo[1])
    assert [one["name"].split(" ", 1)[1] for one in found["passed_over"]] == ["badge-6"]
    assert found["candidates"][0]["label"] == "badge-3" and len(found["candidates"]) == 1
    assert not told("check", str(tmp_path / "library"), code=1)["sound"]
    assert len(told("list", str(tmp_path / "library"))["passed_over"]) == 1


def test_what_is_taken_out_is_no_longer_found(tmp_path: Path) -> None:
    told("add", str(tmp_path / "library"), str(save(tmp_path / "badge-1.png", badge(1))), *SAID)
    assert told("remove", str(tmp_path / "library"), "badge-1", "--reason", "wrong source")["label"] == "badge-1"
    assert told("list", str(tmp_path / "library"))["references"] == []


def test_a_table_of_pictures_is_taken_in(tmp_path: Path) -> None:
    save(tmp_path / "a.png", badge(1))
    save(tmp_path / "b.png", badge(2))
    (tmp_path / "m.csv").write_text(
        "file,label,source,licence,kind\na.png,A,here,MIT,patch\nb.png,B camouflage,,MIT,x\n"
    )
    found = told("add", str(tmp_path / "library"), "--manifest", str(tmp_path / "m.csv"), "--operator", "A. Curator")
    assert [(one["label"], one["kind"], one["source"]) for one in found["added"]] == [
        ("A", "patch", "here"),
        ("B camouflage", "camouflage", "not stated"),
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "{lib}", "{photo}"), "No source is given"),
        (("add", "{lib}"), "No picture is given"),
        (("add", "{lib}", "{photo}", *SAID, "--worn", "unit A"), "no count"),
        (("add", "{lib}", "{photo}", *SAID, "--kind", "flag"), "no kind"),
        (("search", "{lib}", "{photo}", "--box", "1,2,3"), "no box"),
        (("search", "{lib}", "{photo}", "--box", "0,0,5,5"), "nothing can be told"),
        (("search", "{lib}", "{photo}", "--box", "0,0,90,90", "--kind", "flag"), "no kind"),
        (("search", "{lib}/none", "{photo}", "--box", "0,0,90,90"), "no library"),
        (("search", "{lib}", "{lib}/none.png", "--box", "0,0,90,90"), "no file"),
        (("search", "{lib}", "{lib}/log.jsonl", "--box", "0,0,90,90"), "cannot be decoded"),
        (("search", "{lib}", "{photo}", "--box", "0,0,90,90", "--model", "{photo}"), "No SHA-256"),
    ],
)
def test_what_cannot_be_done_is_said(library: Path, photo: tuple[str, str], words: tuple[str, ...], said: str) -> None:
    filled = [word.format(lib=library, photo=photo[0]) for word in words]
    with pytest.raises(WitnessmarkError, match=said):
        CliRunner().invoke(app, filled, catch_exceptions=False)


def test_a_learned_encoder_is_opened_by_its_hash_and_only_lengthens_the_shortlist(
    library: Path, photo: tuple[str, str], tmp_path: Path
) -> None:
    taken = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 224, 224])
    given = helper.make_tensor_value_info("row", TensorProto.FLOAT, [1, 3, 1, 1])
    graph = helper.make_graph([helper.make_node("GlobalAveragePool", ["picture"], ["row"])], "mean", [taken], [given])
    path = tmp_path / "mean.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    asked = ("search", str(library), photo[0], "--box", photo[1], "--model", str(path), "--model-licence", "CC0-1.0")
    found = told(*asked, "--model-sha256", digest)
    assert found["model"] == digest and found["grade"] == "verified"
    with pytest.raises(WitnessmarkError, match="another file"):
        CliRunner().invoke(app, [*asked, "--model-sha256", "0" * 64], catch_exceptions=False)
    assert np.isfinite(found["candidates"][0]["measured"]["score"])
