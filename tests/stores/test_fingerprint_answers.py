"""Whatever is added, taken down, joined and rebuilt: every store answers as the library in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.stores.prints import columns, mutated, noise_print

from witnessmark.errors import BadInputError, ClashError, NotFoundError
from witnessmark.lines.copies.buckets import probes
from witnessmark.lines.copies.library import Hits, Library, Recording, Seen, Template
from witnessmark.lines.copies.memory import MemoryLibrary
from witnessmark.stores.fingerprints import Entry, FingerprintStore, ImportLine
from witnessmark.stores.fingerprints import folder as folder_store
from witnessmark.stores.fingerprints.folder import FolderStore

Opener = Callable[[], FingerprintStore]

_PRINTS = st.builds(
    noise_print,
    st.integers(0, 30),
    frames=st.integers(0, 6),
    sounds=st.none() | st.integers(0, 12),
    per_frame=st.none() | st.sampled_from((0, 4, 60)),
    thumbnails=st.none() | st.integers(0, 2),
)
_STEPS = st.lists(
    st.tuples(st.just("add"), st.lists(_PRINTS, max_size=3))
    | st.tuples(st.just("remove"), st.integers(0, 9))
    | st.tuples(st.sampled_from(("compact", "rebuild")), st.none()),
    min_size=1,
    max_size=12,
)


def same(one: Hits, other: Hits) -> bool:
    """Whether two answers are equal, order and types included."""
    names = ("query", "recording", "row", "distance")
    pairs = [(getattr(one, name), getattr(other, name)) for name in names]
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs)


def check_answers(store: Library, memory: MemoryLibrary) -> None:
    """Ask both the same questions."""
    assert store.algorithm == memory.algorithm
    assert list(store.recordings()) == list(memory.recordings())
    for recording in memory.recordings():
        assert columns(store.fingerprint(recording.id)) == columns(memory.fingerprint(recording.id))
    rng = np.random.default_rng(1)
    asked = noise_print(77, frames=5, sounds=9, per_frame=7)
    frames = np.concatenate((asked.frames.codes, asked.frames.codes[:1]))  # one of them twice
    for radius in (0, 31, 70, 256):
        assert same(store.near_frames(frames, radius), memory.near_frames(frames, radius))
    assert asked.sound is not None and asked.features is not None
    assert same(store.near_sound(asked.sound.codes), memory.near_sound(asked.sound.codes))
    codes = mutated(asked.features.codes, 0.02, rng)
    for radius in (0, 12, 40, 128):
        wide = np.concatenate((probes(codes), probes(asked.features.codes)), axis=1)
        assert same(store.near_features(codes, wide, radius), memory.near_features(codes, wide, radius))
    nothing = np.zeros((0, 32), np.uint8), np.zeros((0, 16), np.uint8), np.zeros((0, 8), np.uint32)
    assert len(store.near_frames(nothing[0], 31).row) == len(store.near_sound(np.zeros(0, np.uint32)).row) == 0
    assert len(store.near_features(nothing[1], nothing[2], 31).row) == 0


def play(store: FingerprintStore, steps: list[tuple[str, object]]) -> None:
    """Do the same to the store and to a library in memory, and compare after each change of kind."""
    memory = MemoryLibrary()
    for step, argument in steps:
        if step == "add":
            assert isinstance(argument, list)
            added = store.add_many([Entry(one, "n") for one in argument])
            assert added == [memory.add(one, "n") for one in argument]
        elif step == "remove":
            assert isinstance(argument, int)
            kept = list(memory.recordings())
            if kept:
                store.remove(kept[argument % len(kept)].id, "r", "o")
                memory.remove(kept[argument % len(kept)].id)
        elif step == "compact":
            store.compact()
            assert store.stats().awaiting_compact == 0
        else:
            assert list(store.rebuild()) == []
    check_answers(store, memory)
    with store.view() as view:
        check_answers(view, memory)
    assert list(store.verify()) == []


@given(_STEPS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_folder_answers_as_the_library_in_memory(
    monkeypatch: pytest.MonkeyPatch, steps: list[tuple[str, object]]
) -> None:
    monkeypatch.setattr(folder_store, "MERGED_AT_ONCE", 3)
    with tempfile.TemporaryDirectory() as place:
        store = FolderStore(Path(place))
        play(store, steps)
        store.close()


@pytest.fixture
def store(tmp_path: Path) -> FingerprintStore:
    return FolderStore(tmp_path)


def test_the_same_file_again_is_the_same_recording(store: FingerprintStore) -> None:
    check_same_file(store)


def check_same_file(store: FingerprintStore) -> None:
    """The same SHA-256 and origin is one recording, richer when it can be."""
    print_, sha256 = noise_print(1), "ab" * 32
    early, late = Seen(1.0, 0, "platform page", "P"), Seen(2.0, None, "taken in", "here")
    first = store.add(print_.up_to(1), "a.mp4", sha256=sha256, seen=[late])
    again = store.add(print_, "b.mp4", sha256=sha256, seen=[early, late])
    assert again == Recording(first.id, "a.mp4", "", print_.duration_s, 3, sha256, (early, late))
    assert columns(store.fingerprint(first.id)) == columns(print_)
    assert store.add(print_.up_to(1), "c.mp4", sha256=sha256).tiers == 3
    partner = store.add(print_, "label", origin="partner", sha256=sha256)
    assert partner.id != first.id and [one.id for one in store.find(origin="partner")] == [partner.id]
    assert [one.id for one in store.find(sha256=sha256)] == [first.id, partner.id]
    assert store.find(name="label") == [partner] and store.find(name="none") == []
    memory = MemoryLibrary()
    assert memory.add(print_, "a.mp4", sha256=sha256, seen=[late, early]) == again
    memory.add(print_, "label", origin="partner", sha256=sha256)
    check_answers(store, memory)
    assert store.add(print_, "unnamed").id != store.add(print_, "unnamed").id
    assert list(store.verify()) == []


def test_a_file_taken_down_comes_back_only_when_asked(store: FingerprintStore) -> None:
    check_taken_down(store)


def check_taken_down(store: FingerprintStore) -> None:
    """A takedown is logged, refused without a reason, and kept to."""
    print_, sha256 = noise_print(2), "cd" * 32
    one = store.add(print_, "a.mp4", sha256=sha256, seen=[Seen(1.0, 0, "page", "P")])
    store.mark_template(one.id, Template("logo", 0.0, 1.0, (0.0, 0.0, 0.2, 0.1)))
    with pytest.raises(BadInputError, match="needs a reason"):
        store.remove(one.id, " ", "A")
    taken = store.remove(one.id, "Asked to.", "A")
    assert store.takedowns() == [taken] and store.recordings() == [] and store.find(sha256=sha256) == []
    gone: list[Callable[[], object]] = [
        lambda: store.remove(one.id, "r", "o"),
        lambda: store.fingerprint(one.id),
        lambda: store.add_seen(one.id, ()),
        lambda: store.remove_seen(one.id, ()),
        lambda: store.mark_template(one.id, Template("logo", 0, 1, None)),
    ]
    for act in gone:
        with pytest.raises(NotFoundError):
            act()
    with pytest.raises(ClashError, match=r"taken down on .* by A: Asked to"):
        store.add(print_, "b.mp4", sha256=sha256)
    back = store.add(print_, "b.mp4", sha256=sha256, again=True)
    assert back.id > one.id and back.seen == () and back.templates == ()
    assert store.compact() == 1 and store.stats().removed == 1


def test_marks_are_set_once_and_taken_back(store: FingerprintStore) -> None:
    check_marks(store)


def check_marks(store: FingerprintStore) -> None:
    """Templates and times are added once, in order, and marks can be taken back."""
    one = store.add(noise_print(3), "a")
    intro = Template("intro", 0.0, 4.25, None)
    logo = Template("logo", 0.0, 60.0, (0.7, 0.05, 0.95, 0.2))
    store.mark_template(one.id, intro)
    store.mark_template(one.id, logo)
    assert store.mark_template(one.id, intro).templates == (intro, logo)
    assert store.unmark(one.id, intro).templates == (logo,)
    with pytest.raises(NotFoundError, match="no such intro"):
        store.unmark(one.id, intro)
    seen = Seen(1_900_000_000.123456, 14_400, "as the partner states", "Q")
    assert store.add_seen(one.id, [seen, seen]).seen == (seen,)
    assert store.recordings() == [store.add_seen(one.id, [seen])]


def test_a_word_tells_changes_and_times_are_taken_back(store: FingerprintStore) -> None:
    check_state(store)


def check_state(store: FingerprintStore) -> None:
    """The word changes with recordings, times and templates, and with nothing else."""
    sha256, early, late = "ef" * 32, Seen(1.0, 0, "platform page", "P"), Seen(2.0, None, "taken in", "here")
    logo = Template("logo", 0.0, 1.0, (0.7, 0.05, 0.95, 0.2))
    one = store.add(noise_print(1).up_to(1), "a", sha256=sha256).id
    words = [store.state()]
    for change in (
        lambda: store.add(noise_print(1), "a", sha256=sha256),
        lambda: store.add_seen(one, [early, late]),
        lambda: store.remove_seen(one, [early]),
        lambda: store.mark_template(one, logo),
        lambda: store.unmark(one, logo),
        lambda: store.add(noise_print(2), "b"),
        lambda: store.remove(one, "r", "o"),
    ):
        with store.view() as view:
            change()
            assert view.state() == words[-1]
        assert store.state() not in words
        words.append(store.state())
        with store.view() as view:
            assert view.state() == words[-1]
    two = store.add(noise_print(3), "c", sha256=sha256, seen=[late], again=True).id
    words.append(store.state())
    store.add(noise_print(3), "c", sha256=sha256, seen=[late])
    assert store.add_seen(two, [late]).seen == store.remove_seen(two, [early]).seen == (late,)
    store.log_import(ImportLine("p", 1, 1, None, 1.0, None, "r"))
    store.compact()
    store.rebuild()
    assert store.state() == words[-1]
    assert store.remove_seen(two, [late, early]).seen == ()


def test_stats_count_what_is_kept(store: FingerprintStore) -> None:
    check_stats(store)


def check_stats(store: FingerprintStore) -> None:
    """Sizes, rates and origins are those of what was added."""
    assert store.stats().kb_per_minute == {1: 0.0, 2: 0.0, 3: 0.0}
    one, two = noise_print(1), noise_print(2)
    store.add(one, "a")
    store.add(two.up_to(1), "b", origin="partner")
    stats = store.stats()
    assert (stats.recordings, stats.origins, stats.removed) == (2, {"": 1, "partner": 1}, 0)
    assert stats.duration_s == pytest.approx(one.duration_s + two.duration_s)
    assert stats.kb_per_minute[2] == pytest.approx(stats.bytes_by_tier[2] / 1000 / (one.duration_s / 60))
    assert stats.stored_bytes >= sum(stats.bytes_by_tier.values()) and min(stats.bytes_by_tier.values()) > 0


def test_what_does_not_belong_is_refused(store: FingerprintStore) -> None:
    check_refusals(store)


def check_refusals(store: FingerprintStore) -> None:
    """Another algorithm, a hash that is none, an origin too long: told, and nothing kept."""
    with pytest.raises(ClashError, match="this store keeps"):
        store.add(noise_print(1, algorithm="witnessmark-copies/0"), "a")
    with pytest.raises(BadInputError, match="no SHA-256"):
        store.add(noise_print(1), "a", sha256="AB" * 32)
    with pytest.raises(BadInputError, match="too long"):
        store.add(noise_print(1), "a", origin="o" * 201)
    assert store.recordings() == []
