"""Signing and checking reviews: any change shows, no author reviews themselves, a changed subject makes it stale."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.keys import PublicKey
from witnessmark.errors import BadInputError, ClashError, NotFoundError, WitnessmarkError
from witnessmark.plain import Plain, canonical, to_plain
from witnessmark.review import (
    Review,
    Reviewer,
    ReviewerKey,
    State,
    Verdict,
    digest_of,
    load_reviewer_key,
    new_reviewer_key,
    review_from_plain,
    sign_review,
    signed_bytes,
    verify_review,
)
from witnessmark.review.keys import public_pem

AT = dt.datetime(2031, 10, 5, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=4)))
SUBJECT = {"finding": "F-0001", "log10_lr": 0.25}


def seeded_key(name: str, seed: int, affiliation: str = "Independent Bureau (rehearsed)") -> ReviewerKey:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return ReviewerKey(Reviewer(name, affiliation, public_pem(private)), private)


BO = seeded_key("Bo Berg", 1)
ANA = seeded_key("Ana Álvarez", 2)
ANA_PUBLIC = PublicKey(ANA.reviewer.public_key_pem.encode())


def signed(key: ReviewerKey = BO, **changes: object) -> Review:
    return signed_with(changes, key)


def signed_with(changes: dict[str, object], key: ReviewerKey = BO) -> Review:
    given = {
        "subject_id": "F-0001",
        "subject_digest": digest_of(SUBJECT),
        "author": "Ana Álvarez",
        "reviewer": key.reviewer,
        "verdict": "sign-off",
        "reasons": "Frames and clock were compared by hand.",
        "conflict_of_interest": "none",
        "blind": False,
        "at": AT,
        "key": key,
        "author_keys": (ANA_PUBLIC,),
    } | changes
    return sign_review(**given)  # type: ignore[arg-type] # a table of keyword arguments has no one type


def test_a_review_holds_and_survives_its_plain_form() -> None:
    review = signed()
    known = {PublicKey(BO.reviewer.public_key_pem.encode()).fingerprint: "Bo Berg"}
    check = verify_review(review, digest_of(SUBJECT), author="Ana Álvarez", author_keys=[ANA_PUBLIC], known=known)
    assert check.state is State.HOLDS and check.notes == ()
    back = review_from_plain(json.loads(json.dumps(to_plain(review))))
    assert back == review and verify_review(back, digest_of(SUBJECT)).signature_holds


def test_the_same_review_has_the_same_bytes() -> None:
    assert canonical(signed()) == canonical(signed())


def test_openssl_agrees_with_the_signature(tmp_path: Path) -> None:
    review = signed()
    (tmp_path / "key.pem").write_text(review.reviewer.public_key_pem)
    (tmp_path / "sig").write_bytes(review.signature)
    (tmp_path / "message").write_bytes(signed_bytes(review))
    done = subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "message", "-sigfile", "sig"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout


def test_a_changed_subject_makes_it_stale() -> None:
    check = verify_review(signed(), digest_of(SUBJECT | {"log10_lr": 0.26}))
    assert check.state is State.STALE and check.signature_holds and not check.subject_matches
    assert any("superseded or changed after the review" in note for note in check.notes)


def test_a_superseded_subject_makes_it_stale_though_unchanged() -> None:
    check = verify_review(signed(), digest_of(SUBJECT), author="Ana Álvarez", superseded_by="F-0007")
    assert check.state is State.STALE
    assert "'F-0001' was superseded by 'F-0007' after the review." in check.notes


def test_dates_that_cannot_be_right_are_said() -> None:
    day = dt.timedelta(days=1)
    right = verify_review(signed(), digest_of(SUBJECT), subject_made_at=AT - day, recorded_at=AT + day / 2)
    assert not any("dated" in note for note in right.notes)
    wrong = verify_review(signed(), digest_of(SUBJECT), subject_made_at=AT + day, recorded_at=AT + 3 * day)
    assert sum("is dated 2031-10-05T09:30:00+04:00" in note for note in wrong.notes) == 2


def test_a_sign_off_that_says_nothing_is_told() -> None:
    check = verify_review(signed(reasons=""), digest_of(SUBJECT))
    assert "The sign-off does not say what was checked." in check.notes


CHANGES: dict[str, object] = {
    "subject_id": "F-0002",
    "subject_digest": digest_of("another"),
    "authors": ("Cy Cole",),
    "author_key_pems": (),
    "reviewer": dataclasses.replace(BO.reviewer, name="Di Dahl"),
    "verdict": Verdict.DISSENT,
    "reasons": "Frames and clock were compared by hand!",
    "conflict_of_interest": "I own the camera.",
    "blind": True,
    "own_result": digest_of("mine"),
    "at": AT + dt.timedelta(microseconds=1),
    "signature": b"\x00" * 64,
    "format": "witnessmark-review/2",
}


def test_the_changes_tried_cover_every_field() -> None:
    assert set(CHANGES) == {field.name for field in dataclasses.fields(Review)}


@pytest.mark.parametrize("field", sorted(CHANGES))
def test_any_change_of_a_field_breaks_the_signature(field: str) -> None:
    changed = dataclasses.replace(signed(), **{field: CHANGES[field]})  # type: ignore[arg-type] # one table, many types
    check = verify_review(changed, changed.subject_digest)
    assert not check.signature_holds and check.state is State.BROKEN


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 7))
def test_any_flipped_bit_of_the_plain_form_is_refused_or_breaks_it(at: int, bit: int) -> None:
    raw = bytearray(canonical(signed()))
    raw[at % len(raw)] ^= 1 << bit
    try:
        review = review_from_plain(json.loads(raw))
    except (WitnessmarkError, ValueError, AttributeError):
        return
    # Only text that stays the same key or number in another writing may survive, and review_from_plain refuses those
    check = verify_review(review, digest_of(SUBJECT))
    assert check.state in (State.BROKEN, State.STALE)
    assert check.signature_holds is False


def test_a_signature_by_another_key_does_not_hold() -> None:
    review = signed()
    forged = dataclasses.replace(review, signature=ANA.private.sign(signed_bytes(review)))
    assert verify_review(forged, digest_of(SUBJECT)).state is State.BROKEN


@pytest.mark.parametrize(
    "name",
    [
        "Ana Álvarez",
        "  ana   ALVAREZ ",
        "Álvarez, Ana",
        "Аna Álvarez",  # Cyrillic capital A
        "Ana Álv\u200barez",
        "Ana A\u0301lvarez",
        "AnaÁlvarez",
        "Ana Á1varez",
        "Ａｎａ Álvarez",
    ],
)
def test_the_author_under_any_writing_of_the_name_cannot_review(name: str) -> None:
    with pytest.raises(BadInputError, match="cannot review it"):
        signed(seeded_key(name, 3))


def test_nor_one_of_several_authors_nor_the_authors_key_under_another_name() -> None:
    with pytest.raises(BadInputError, match="cannot review it"):
        signed(author=["Ana Álvarez", "Bo Berg"])
    with pytest.raises(BadInputError, match="one that 'F-0001' was made with"):
        signed(seeded_key("Cy Cole", 2))


def test_what_the_review_says_of_its_authors_is_not_trusted() -> None:
    review = signed(author="Nobody Else", author_keys=())
    check = verify_review(review, digest_of(SUBJECT), author="Bo Berg")
    assert check.state is State.NOT_INDEPENDENT and "The reviewer is the author, Bo Berg." in check.notes
    bo_public = PublicKey(BO.reviewer.public_key_pem.encode())
    by_key = verify_review(review, digest_of(SUBJECT), author="Ana Álvarez", author_keys=[bo_public])
    assert not by_key.independent


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"verdict": "dissent", "reasons": "  "}, "comes without reasons"),
        ({"verdict": "dissent", "reasons": "..."}, "comes without reasons"),
        ({"verdict": "abstain", "reasons": ""}, "comes without reasons"),
        ({"verdict": "maybe"}, "is no verdict"),
        ({"conflict_of_interest": " "}, "Nothing is said of conflicts"),
        ({"author": ()}, "no named author"),
        ({"author": "  \u200b"}, "no named author"),
        ({"subject_id": ""}, "names no subject"),
        ({"reviewer": ANA.reviewer}, "Sign with your own key"),
        ({"at": dt.datetime(2031, 10, 5)}, "no UTC offset"),
        ({"own_result": digest_of(SUBJECT)}, "is the subject itself"),
        ({"reasons": "\ud800 seen"}, "half of a pair"),
    ],
)
def test_what_is_refused_when_signing(changes: dict[str, object], said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        signed_with(changes)


def test_what_a_reader_has_to_know_is_said() -> None:
    review = signed(
        seeded_key("A. Álvarez", 5),
        blind=True,
        conflict_of_interest="I worked with the author until 2030.",
        author_keys=(),
    )
    other = {PublicKey(review.reviewer.public_key_pem.encode()).fingerprint: "Di Dahl"}
    notes = " ".join(verify_review(review, digest_of(SUBJECT), known=other).notes)
    assert "may be one person's" in notes
    assert "I worked with the author until 2030." in notes
    assert "rests on the reviewer's word" in notes
    assert "known as that of Di Dahl" in notes
    assert "no author's key was given" in notes
    unknown = verify_review(signed(), digest_of(SUBJECT)).notes
    assert any("compare its fingerprint with the reviewer" in note for note in unknown)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("verdict", "perhaps"),
        ("at", "yesterday"),
        ("signature", "xyz"),
        ("authors", "Ana"),
        ("reviewer", None),
        ("blind", "no"),
        ("subject_digest", "00"),
        ("format", "other/1"),
        ("extra", 1),
        ("reasons", 7),
    ],
)
def test_plain_values_that_are_no_review(key: str, value: Plain) -> None:
    plain = to_plain(signed())
    assert isinstance(plain, dict)
    with pytest.raises(BadInputError, match="review"):
        review_from_plain(plain | {key: value})
    if key != "extra":
        del plain[key]
        with pytest.raises(BadInputError):
            review_from_plain(plain)


def test_a_key_that_is_no_key_breaks_the_review_and_nothing_else() -> None:
    for pem in ("", "nonsense", ANA.reviewer.public_key_pem[:60], "\ud800"):
        review = dataclasses.replace(signed(), reviewer=Reviewer("Bo Berg", "x", pem))
        assert verify_review(review, digest_of(SUBJECT)).state is State.BROKEN


def test_key_files_open_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "bo.key"
    reviewer = new_reviewer_key(path, " Bo  Berg ", "Independent Bureau")
    assert reviewer.name == "Bo Berg" and path.stat().st_mode & 0o777 == 0o600
    key = load_reviewer_key(path)
    assert key.reviewer == reviewer and "PRIVATE" not in repr(key)
    assert verify_review(signed(key), digest_of(SUBJECT)).signature_holds
    with pytest.raises(ClashError, match="a file at"):
        new_reviewer_key(path, "Bo Berg", "x")
    path.chmod(0o644)
    with pytest.raises(BadInputError, match="open to other users"):
        load_reviewer_key(path)


def test_key_files_with_a_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "bo.key"
    reviewer = new_reviewer_key(path, "Bo Berg", "Independent Bureau", "correct horse")
    assert "ENCRYPTED" in path.read_text()
    assert load_reviewer_key(path, "correct horse").reviewer == reviewer
    with pytest.raises(BadInputError, match="is encrypted"):
        load_reviewer_key(path)
    with pytest.raises(BadInputError, match=r"cannot be opened.*Check the passphrase"):
        load_reviewer_key(path, "battery staple")


def test_key_files_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        load_reviewer_key(tmp_path / "none.key")
    for name, affiliation, passphrase in (
        ("..", "x", None),
        ("Bo", " ", None),
        ("Bo", "x", ""),
        ("\ud800Bo", "x", None),
    ):
        with pytest.raises(BadInputError):
            new_reviewer_key(tmp_path / "bad.key", name, affiliation, passphrase)
    assert not (tmp_path / "bad.key").exists()
    with pytest.raises(BadInputError, match="cannot be written"):
        new_reviewer_key(tmp_path / "no" / "such.key", "Bo Berg", "x")
    os.mkfifo(tmp_path / "pipe.key")
    path = tmp_path / "bo.key"
    new_reviewer_key(path, "Bo Berg", "x")
    body = json.loads(path.read_text())
    for raw in (b"", b"[]", b"{}", b"[" * 30_000, b"\xff", json.dumps(body | {"public_key_pem": "x"}).encode()):
        broken = tmp_path / "broken.key"
        broken.write_bytes(raw)
        broken.chmod(0o600)
        for candidate in (broken, tmp_path / "pipe.key"):
            with pytest.raises(BadInputError):
                load_reviewer_key(candidate)


def test_digests_are_of_the_canonical_form() -> None:
    assert digest_of({"a": 1.0, "b": [2]}) == digest_of({"b": [2], "a": 1})
    assert isinstance(digest_of("x"), Sha256)
