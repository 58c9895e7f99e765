"""A bundle goes from one store to another: found there, kept apart, replaced, and let go; no name and no picture."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stores.exchange.parties import NAMES, NOON, OF_THE_FILE, POSTED, Party, filled, key_of, party, sharing
from tests.stores.prints import columns, noise_print

from witnessmark.errors import BadInputError, ClashError, NotFoundError
from witnessmark.lines.copies.packing import pack
from witnessmark.stores.exchange import (
    Labels,
    Partners,
    import_bundle,
    read_bundle,
    remove_origin,
    write_bundle,
)
from witnessmark.stores.exchange.bundle import check_origin
from witnessmark.stores.exchange.sealed import open_sealed
from witnessmark.stores.exchange.thinning import shareable, thinned
from witnessmark.stores.fingerprints import open_library


@pytest.fixture
def owner(tmp_path: Path) -> Party:
    (tmp_path / "owner").mkdir()
    return filled(party(tmp_path / "owner", 1))


@pytest.fixture
def reader(tmp_path: Path) -> Party:
    (tmp_path / "reader").mkdir()
    return party(tmp_path / "reader", 2)


def test_a_partner_finds_the_copy_and_sees_no_name(owner: Party, reader: Party) -> None:
    path = owner.folder / "bundle.wmshare"
    shared = sharing(frames_per_minute=30.0, features_per_frame=8, facts="time and platform")
    write_bundle(path, owner.store, owner.key, shared, now=NOON)
    own = reader.store.add(noise_print(40), "their own.mp4")
    done = import_bundle(
        path, reader.store, reader.partners, "R. Reader", fingerprint=owner.key.public.fingerprint.hex()
    )
    assert (done.added, done.kept, done.removed) == (3, 0, 0)

    query = noise_print(1)
    hits = reader.store.near_frames(query.frames.codes, 0)
    assert query.sound is not None
    whole = {
        recording
        for recording in set(hits.recording.tolist())
        if set(hits.query[hits.recording == recording].tolist()) == set(range(len(query.frames.codes)))
    }
    (found,) = whole
    recording = next(each for each in reader.store.recordings() if each.id == found)
    assert recording.origin == "Northern Archive"
    assert recording.tiers == 2
    resolved = Labels(owner.key, "").resolve([recording.name], owner.store)
    assert resolved[recording.name].name == NAMES[1]
    assert own.origin == ""


def test_no_name_no_picture_no_reason_and_no_order_of_intake_is_in_the_bytes(owner: Party) -> None:
    path = owner.folder / "bundle.wmshare"
    write_bundle(path, owner.store, owner.key, sharing(frames_per_minute=60.0, features_per_frame=50), now=NOON)
    data = path.read_bytes()
    for number, name in enumerate(NAMES):
        for part in (name, name.split()[0], Path(name).stem, f"{number:064x}"):
            assert part.encode() not in data
        for encoding in ("utf-16-le", "utf-16-be"):
            assert name.encode(encoding) not in data
        thumbnails = noise_print(number).thumbnails
        assert thumbnails is not None
        for picture in thumbnails.luma:
            assert all(bytes(row) not in data for row in picture)
        packed = pack(noise_print(number))[3]
        assert packed[40:72] not in data
    assert b"in the middle of a frame" not in data
    assert b"Photogram" not in data
    assert str(owner.folder).encode() not in data
    labels = [listed.label for listed in read_bundle(path).listed]
    assert labels == sorted(labels)


@pytest.mark.parametrize(("facts", "where"), [("none", None), ("time", ""), ("time and platform", "Photogram")])
def test_only_chosen_and_attested_facts_are_shared(owner: Party, reader: Party, facts: str, where: str | None) -> None:
    path = owner.folder / "bundle.wmshare"
    write_bundle(path, owner.store, owner.key, sharing(facts=facts, round_up_s=86_400), now=NOON)
    assert not any(word in path.read_bytes() for word in (b"rosa_1961", b"photogram.example"))
    import_bundle(path, reader.store, reader.partners, "R. Reader", trust=True)
    seen = [each for recording in reader.store.recordings() for each in recording.seen]
    if where is None:
        assert seen == []
    else:
        (fact,) = seen
        assert (fact.account, fact.url) == ("", "")
        assert fact.where == where
        assert fact.how_known == "as the partner states (platform page)"
        assert POSTED.at_unix_s <= fact.at_unix_s < POSTED.at_unix_s + 86_400
        assert fact.at_unix_s % 86_400 == 0
        assert fact.at_unix_s != OF_THE_FILE.at_unix_s


def test_only_ones_own_recordings_are_exported(owner: Party, reader: Party) -> None:
    first, second = owner.folder / "first.wmshare", reader.folder / "second.wmshare"
    write_bundle(first, owner.store, owner.key, sharing(), now=NOON)
    import_bundle(first, reader.store, reader.partners, "R. Reader", trust=True)
    with pytest.raises(BadInputError, match="nothing of your own"):
        write_bundle(second, reader.store, reader.key, sharing(origin="Southern Archive"))
    foreign = reader.store.recordings()[0].id
    with pytest.raises(BadInputError, match="not this library's own"):
        write_bundle(second, reader.store, reader.key, sharing(origin="Southern Archive"), recordings=[foreign])
    own = reader.store.add(noise_print(50), "own.mp4")
    bundle = write_bundle(second, reader.store, reader.key, sharing(origin="Southern Archive"))
    assert [listed.label for listed in bundle.listed] == [Labels(reader.key, "").of(own)]


def test_a_newer_bundle_takes_the_place_of_an_older_one(owner: Party, reader: Party) -> None:
    first, second = owner.folder / "first.wmshare", owner.folder / "second.wmshare"
    write_bundle(first, owner.store, owner.key, sharing(), now=NOON)
    import_bundle(first, reader.store, reader.partners, "R. Reader", trust=True)
    kept_before = {each.name: each.id for each in reader.store.recordings()}
    gone = owner.store.recordings()[1]
    owner.store.remove(gone.id, "asked for", "O. Owner")
    owner.store.add(noise_print(9), "new.mp4", sha256="9" * 64)
    write_bundle(
        second, owner.store, owner.key, sharing(keep_until=dt.date(2030, 1, 1)), now=NOON + dt.timedelta(days=1)
    )
    done = import_bundle(second, reader.store, reader.partners, "R. Reader")
    assert (done.added, done.kept, done.removed) == (1, 2, 1)
    assert done.partner.keep_until == "2030-01-01"
    now = {each.name: each.id for each in reader.store.recordings()}
    label = Labels(owner.key, "").of(gone)
    assert label in kept_before and label not in now
    assert {name: number for name, number in now.items() if name in kept_before} == {
        name: number for name, number in kept_before.items() if name != label
    }
    again = import_bundle(second, reader.store, reader.partners, "R. Reader")
    assert (again.added, again.kept, again.removed) == (0, 3, 0)
    with pytest.raises(ClashError, match="is in the store"):
        import_bundle(first, reader.store, reader.partners, "R. Reader")


def test_an_import_cut_short_is_finished_by_importing_again(owner: Party, reader: Party) -> None:
    first, second = owner.folder / "first.wmshare", owner.folder / "second.wmshare"
    write_bundle(first, owner.store, owner.key, sharing(), now=NOON)
    import_bundle(first, reader.store, reader.partners, "R. Reader", trust=True)
    for recording in owner.store.recordings():
        owner.store.remove(recording.id, "made anew", "O. Owner")
    owner.store.add(noise_print(9), "new.mp4")
    write_bundle(second, owner.store, owner.key, sharing(), now=NOON + dt.timedelta(days=1))
    # The program ended after the new recordings were added: they are there beside the old ones.
    for listed, fingerprint in read_bundle(second).fingerprints():
        reader.store.add(fingerprint, listed.label, origin="Northern Archive", seen=listed.seen)
    done = import_bundle(second, reader.store, reader.partners, "R. Reader")
    assert (done.added, done.kept, done.removed) == (0, 1, 3)
    assert len(reader.store.recordings()) == 1


def test_removing_an_origin_removes_all_of_it_and_nothing_else(owner: Party, reader: Party) -> None:
    path = owner.folder / "bundle.wmshare"
    write_bundle(path, owner.store, owner.key, sharing(), now=NOON)
    own = reader.store.add(noise_print(40), "own.mp4")
    import_bundle(path, reader.store, reader.partners, "R. Reader", trust=True)
    assert remove_origin("Northern Archive", reader.store, reader.partners, "the agreement ended", "R. Reader") == 3
    assert [each.id for each in reader.store.recordings()] == [own.id]
    assert reader.partners.all() == ()
    assert [taken.reason for taken in reader.store.takedowns()] == ["the agreement ended"] * 3
    assert all(taken.bytes_gone_unix_s is not None for taken in reader.store.takedowns())
    with pytest.raises(NotFoundError, match="no partner"):
        remove_origin("Northern Archive", reader.store, reader.partners, "again", "R. Reader")
    with pytest.raises(NotFoundError):
        remove_origin("", reader.store, reader.partners, "mine", "R. Reader")
    assert len(reader.store.recordings()) == 1


def test_a_new_key_needs_its_fingerprint_and_a_changed_one_is_refused(owner: Party, reader: Party) -> None:
    path, other = owner.folder / "bundle.wmshare", owner.folder / "other.wmshare"
    write_bundle(path, owner.store, owner.key, sharing(), now=NOON)
    shown = owner.key.public.fingerprint.hex()
    with pytest.raises(BadInputError, match="is new here") as refused:
        import_bundle(path, reader.store, reader.partners, "R. Reader")
    assert refused.value.facts["fingerprint"] == shown
    with pytest.raises(ClashError, match="not the one you gave"):
        import_bundle(path, reader.store, reader.partners, "R. Reader", fingerprint="00" * 32)
    assert list(reader.store.recordings()) == []
    spoken = " ".join(shown[i : i + 4] for i in range(0, 64, 4)).upper()
    done = import_bundle(path, reader.store, reader.partners, "R. Reader", fingerprint=spoken)
    assert done.partner.how == "fingerprint compared"
    assert done.partner.fingerprint == shown

    write_bundle(other, owner.store, key_of(3), sharing(), now=NOON + dt.timedelta(days=1))
    for trust in (False, True):
        with pytest.raises(ClashError, match="known by another key"):
            import_bundle(other, reader.store, reader.partners, "R. Reader", trust=trust)
    with pytest.raises(ClashError, match="known by another key"):
        import_bundle(other, reader.store, reader.partners, "R. Reader", fingerprint=key_of(3).public.fingerprint.hex())
    assert len(reader.store.recordings()) == 3


def test_partners_are_kept_in_a_file_that_is_checked(tmp_path: Path) -> None:
    partners = Partners(tmp_path / "deep" / "partners.json")
    accepted = partners.check("B", key_of(1).public, fingerprint=None, trust=True, now="2024-05-01T12:00:00Z")
    partners.keep(accepted)
    partners.keep(partners.check("A", key_of(2).public, fingerprint=None, trust=True, now="2024-05-01T12:00:00Z"))
    assert [each.origin for each in Partners(tmp_path / "deep" / "partners.json").all()] == ["A", "B"]
    (tmp_path / "deep" / "partners.json").write_bytes(b'{"format": 9}')
    with pytest.raises(BadInputError, match="not a list of partners"):
        partners.all()


@pytest.mark.parametrize(
    "origin", ["", " ", "x" * 201, "Bank: photos", "bank:x", "two\nlines", "turned\u202e", " edge"]
)
def test_names_that_could_mislead_are_no_origins(origin: str) -> None:
    with pytest.raises(BadInputError, match="cannot be the name"):
        check_origin(origin)


def test_labels_tell_nothing_to_others_and_differ_by_audience(owner: Party) -> None:
    recordings = owner.store.recordings()
    one, other = Labels(owner.key, "press"), Labels(owner.key, "court")
    assert one.of(recordings[0]) == Labels(owner.key, "press").of(recordings[0])
    assert len({labels.of(each) for labels in (one, other, Labels(key_of(7), "press")) for each in recordings}) == 9
    assert one.resolve([one.of(recordings[2])], owner.store) == {one.of(recordings[2]): recordings[2]}
    with pytest.raises(NotFoundError, match="stands for no recording"):
        one.resolve([other.of(recordings[2])], owner.store)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 200), frames=st.floats(1.0, 240.0), features=st.integers(1, 20), sound=st.booleans())
def test_what_is_shared_comes_out_as_it_went_in(
    tmp_path_factory: pytest.TempPathFactory, seed: int, frames: float, features: int, sound: bool
) -> None:
    folder = tmp_path_factory.mktemp("trip")
    kept = noise_print(seed, sounds=20 if sound else None)
    store = open_library(folder / "index")
    store.add(kept, "a name")
    bundle = write_bundle(
        folder / "bundle", store, key_of(1), sharing(frames_per_minute=frames, features_per_frame=features)
    )
    ((listed, out),) = bundle.fingerprints()
    assert listed.duration_s == kept.duration_s
    assert columns(out) == columns(shareable(kept, frames, features))
    assert out.thumbnails is None
    assert out.stopped is None


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 200), frames=st.floats(0.5, 300.0), per_frame=st.integers(1, 20))
def test_thinning_keeps_the_strongest_of_evenly_spread_frames(seed: int, frames: float, per_frame: int) -> None:
    features = noise_print(seed, frames=30).features
    assert features is not None
    thin = thinned(features, frames, per_frame)
    minutes = float(features.times_s[-1] - features.times_s[0]) / 60.0
    assert 1 <= len(thin.times_s) <= np.ceil(minutes * frames) + 1
    for index, at_s in enumerate(thin.times_s):
        (source,) = np.flatnonzero(features.times_s == at_s)
        rows = slice(int(features.first[source]), int(features.first[source + 1]))
        got = slice(int(thin.first[index]), int(thin.first[index + 1]))
        for name in ("codes", "x", "y", "size", "angle"):
            assert np.array_equal(getattr(thin, name)[got], getattr(features, name)[rows][:per_frame])
    with pytest.raises(BadInputError, match="is nothing"):
        thinned(features, 0.0, per_frame)


def test_a_file_is_never_written_over(owner: Party) -> None:
    path = owner.folder / "bundle.wmshare"
    path.write_bytes(b"precious")
    with pytest.raises(ClashError, match="already"):
        write_bundle(path, owner.store, owner.key, sharing())
    assert path.read_bytes() == b"precious"
    assert sorted(each.name for each in owner.folder.iterdir() if each.name.startswith(".bundle")) == []
    with pytest.raises(BadInputError, match="cannot be written"):
        write_bundle(owner.folder / "missing" / "b", owner.store, owner.key, sharing())
    with pytest.raises(BadInputError, match="go together"):
        write_bundle(owner.folder / "b", owner.store, owner.key, sharing(frames_per_minute=10.0))


def test_the_same_export_gives_the_same_bytes(owner: Party) -> None:
    one, other = owner.folder / "one", owner.folder / "other"
    for path in (one, other):
        write_bundle(path, owner.store, owner.key, sharing(frames_per_minute=12.0, features_per_frame=4), now=NOON)
    assert one.read_bytes() == other.read_bytes()
    assert open_sealed(one, "bundle").digest == open_sealed(other, "bundle").digest
