"""A store of footage of known place: what is put in is compared, changes and takedowns are logged, damage is named."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from tests.lines.scene.streets import Light, Stand, Street

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.lines.scene.comparing import Looked, ready
from witnessmark.lines.scene.references import KnownPlace, Prepared
from witnessmark.lines.scene.views import View, Views
from witnessmark.media.records import Broken
from witnessmark.plain import canonical
from witnessmark.stores.places import FORMAT, MAGIC, PlaceStore

PLACE = KnownPlace(46.2, 8.1, 20.0, "GPS in the photograph")


@pytest.fixture(scope="module")
def photo() -> Looked:
    view = View(0.0, Street.seeded(71).view(Stand(), Light(seed=1), (240, 135)))
    return ready(Views((view,), (view,), ""))


def test_what_is_kept_comes_back_with_its_place(tmp_path: Path, photo: Looked) -> None:
    store = PlaceStore(tmp_path / "places", make=True)
    kept = store.add(Sha256.of(b"a"), "square.jpg", photo, PLACE, "A. Author")
    store.add(Sha256.of(b"b"), "unplaced.jpg", photo, None, "A. Author")
    again = PlaceStore(tmp_path / "places")
    assert isinstance(again, Prepared) and again.find("square.jpg") == kept == again.find(Sha256.of(b"a").hex()[:8])
    first, second = again.others()
    assert (first.label, first.place, second.place) == ("square.jpg", PLACE, None)
    looked = again.looked(first)
    assert isinstance(looked, Looked) and looked.points_count == photo.points_count
    before = again.state()
    better = KnownPlace(46.2, 8.1001, 5.0, "surveyed")
    assert again.add(Sha256.of(b"a"), "square.jpg", photo, better, "B. Author").place == better
    assert again.state() != before and len(again.kept()) == 2
    with pytest.raises(BadInputError, match="reason"):
        again.remove("square.jpg", " ", "A. Author")
    again.remove("square.jpg", "another square", "A. Author")
    with pytest.raises(NotFoundError, match="no reference"):
        again.find("square.jpg")
    assert [(line["what"], line["label"]) for line in again.log()] == [
        ("added", "square.jpg"),
        ("added", "unplaced.jpg"),
        ("again", "square.jpg"),
        ("removed", "square.jpg"),
    ]


def test_damage_costs_one_reference_and_is_named(tmp_path: Path, photo: Looked) -> None:
    store = PlaceStore(tmp_path, make=True)
    for name in ("a", "b", "c"):
        store.add(Sha256.of(name.encode()), name, photo, PLACE, "A. Author")
    paths = {one.label: one.path for one in store.others()}
    paths["a"].write_bytes(paths["a"].read_bytes()[:-9])
    paths["b"].write_bytes(b"no reference at all")
    assert [one.label for one in store.kept()] == ["a", "c"] and store.damaged() == (paths["b"],)
    told = {reference.label: store.looked(reference) for reference in store.others()}
    assert isinstance(told["c"], Looked) and len(told) == 3
    for label in ("a", paths["b"].name):
        broken = told[label]
        assert isinstance(broken, Broken) and "damaged" in broken.reason and "again" in broken.do


def test_facts_that_were_altered_or_are_of_another_are_not_told(tmp_path: Path, photo: Looked) -> None:
    store = PlaceStore(tmp_path, make=True)
    paths = {}
    for name in ("a", "b", "c"):
        store.add(Sha256.of(name.encode()), name, photo, PLACE, "A. Author")
        paths[name] = tmp_path / f"{Sha256.of(name.encode()).hex()}.place"
    whole = paths["a"].read_bytes()
    assert whole.count(b'"lat_deg":46.2') == 1
    for wrong in (
        whole.replace(b'"lat_deg":46.2', b'"lat_deg":47.2'),
        whole.replace(b'"sha256"', b'"sha265"'),
        paths["b"].read_bytes(),
        whole[:40],
        whole[:8] + bytes(24) + whole[32:],
    ):
        paths["a"].write_bytes(wrong)
        assert [one.label for one in store.kept()] == ["b", "c"] and store.damaged() == (paths["a"],)
        (told,) = (store.looked(one) for one in store.others() if one.path == paths["a"])
        assert isinstance(told, Broken) and "damaged" in told.reason and store.state()
        with pytest.raises(NotFoundError):
            store.find("a")
    facts = {"format": FORMAT, "label": "a", "place": None}  # whole, but not facts of a reference
    head = canonical(facts)
    sizes = len(head).to_bytes(8, "little") + bytes(8)
    checks = zlib.crc32(sizes + head).to_bytes(4, "little") + bytes(4)
    paths["a"].write_bytes(MAGIC + sizes + checks + head)
    assert store.damaged() == (paths["a"],)


def test_what_cannot_be_logged_is_not_done(tmp_path: Path, photo: Looked) -> None:
    store = PlaceStore(tmp_path, make=True)
    store.add(Sha256.of(b"a"), "a", photo, PLACE, "A. Author")
    log = tmp_path / "log.jsonl"
    lines = log.read_bytes()
    log.unlink()
    log.mkdir()
    with pytest.raises(BadInputError, match="cannot be written"):
        store.remove("a", "another square", "A. Author")
    with pytest.raises(BadInputError, match="cannot be written"):
        store.add(Sha256.of(b"b"), "b", photo, PLACE, "A. Author")
    assert [one.label for one in store.kept()] == ["a"]
    log.rmdir()
    log.write_bytes(lines)
    store.remove("a", "another square", "A. Author")
    assert store.kept() == () and [line["what"] for line in store.log()] == ["added", "removed"]


def test_other_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"x")
    with pytest.raises(BadInputError, match="holds other files"):
        PlaceStore(tmp_path, make=True)
    with pytest.raises(NotFoundError, match="scene index"):
        PlaceStore(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
