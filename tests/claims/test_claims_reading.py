"""YAML as nodes: text stays text, hostile files are refused in words, and nothing but our own errors comes out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from witnessmark.claims import load_claims, template
from witnessmark.claims.reading import MAX_BYTES, MAX_DEPTH, Entries, Keyed, Text, parse
from witnessmark.errors import BadInputError, WitnessmarkError


def values(raw: bytes) -> dict[str, str]:
    node = parse(raw)
    assert isinstance(node, Keyed)
    return {key: value.value for key, value in node.nodes.items() if isinstance(value, Text)}


def test_scalars_are_never_converted() -> None:
    raw = b"a: no\nb: +10:30\nc: 2031-09-13T11:00:00+04:00\nd: 0o17\ne: ~\nf: 1_000\n"
    assert values(raw) == {
        "a": "no",
        "b": "+10:30",
        "c": "2031-09-13T11:00:00+04:00",
        "d": "0o17",
        "e": "~",
        "f": "1_000",
    }


def test_lines_are_those_of_the_file() -> None:
    node = parse(b"# head\n\na:\n  - x\n  - y: z\n")
    assert isinstance(node, Keyed) and node.key_lines == {"a": 3}
    entries = node.nodes["a"]
    assert isinstance(entries, Entries) and [entry.line for entry in entries.nodes] == [4, 5]


def test_keys_written_twice_are_kept_apart() -> None:
    node = parse(b"a: 1\nb: 2\na: 3\n")
    assert isinstance(node, Keyed) and node.repeated == (("a", 3),)
    assert values(b"a: 1\nb: 2\na: 3\n") == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "empty"),
        (b"# only a remark\n", "empty"),
        (b"a: &x 1\nb: *x\n", "Line 1: the anchor or alias 'x'"),
        (b"a: !!python/object/apply:os.system [ls]\n", "the tag"),
        (b"a: !include secret.yaml\n", "the tag '!include'"),
        (b"a: 1\n---\nb: 2\n", "second YAML document"),
        (b"a: [1\n", "not well-formed YAML at line"),
        (b"a: b: c\n", "line 1"),
        (b"? [a, b]\n: c\n", "a key is a list"),
        (b"\xff\xfe\x00a", "not UTF-8"),
        (b'a: "\\UFFFFFFFF"\n', "not well-formed"),
        (b"a: \x00\n", "not well-formed"),
        (b"[" * (MAX_DEPTH + 1), "nest deeper"),
        (b"[" * 100_000, "nest deeper"),
        (b"[" + b"1," * 70_000 + b"]", "more than 60000 entries"),
        (b"%YAML " + b"9" * 5000 + b".1\n---\na: 1\n", "not well-formed"),
        (b"a" * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_what_is_refused(raw: bytes, said: str) -> None:
    with pytest.raises(BadInputError, match=r"(?s).*") as caught:
        parse(raw)
    assert said in str(caught.value)


def test_a_thousand_million_laughs_cost_nothing() -> None:
    lines = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    lines += [f"a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * 9) + "]" for i in range(1, 10)]
    with pytest.raises(BadInputError, match="anchor or alias"):
        load_claims("\n".join(lines))


def test_a_pipe_a_folder_and_a_missing_file_are_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, tmp_path / "none.yaml", Path("/dev/zero"), Path("a\0b")):
        with pytest.raises(BadInputError, match=r"not a regular file|cannot be read"):
            load_claims(path)


def test_a_large_file_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(1 << 33)
    with pytest.raises(BadInputError, match="larger than"):
        load_claims(path)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_a_book_or_our_error(raw: bytes) -> None:
    with pytest.raises(WitnessmarkError):
        parse(raw)
        load_claims(raw.decode("utf-8", "surrogateescape"))


_PIECES = ["a: ", "- ", "[", "]", "{", "}", ", ", ": ", "\n", "\n  ", "&x ", "*x", "!t ", ">-\n", "'", '"', "#"]
_PIECES += ["---\n", "? ", "%YAML 1.1\n", "\\x", "\t", "\u2028", "é", "..."]
_PIECES += ["|\n", "format: witnessmark-claims/1\n", "sources:\n", "claims:\n"]
YAML_PIECES = st.sampled_from(_PIECES)


@settings(max_examples=250, deadline=None)
@given(st.lists(YAML_PIECES, max_size=30).map("".join))
def test_any_yaml_like_text_gives_our_error(text: str) -> None:
    with pytest.raises(WitnessmarkError) as caught:
        load_claims(text)
    assert caught.value.do and all(line.isprintable() for line in str(caught.value).split("\n"))


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_a_damaged_template_loads_or_gives_our_error(data: st.DataObject) -> None:
    text = template()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        cut = data.draw(st.integers(0, 12))
        put = data.draw(st.one_of(YAML_PIECES, st.text(max_size=6)))
        text = text[:at] + put + text[at + cut :]
    try:
        book = load_claims(text)
    except WitnessmarkError as error:
        assert error.do and all(line.isprintable() for line in str(error).split("\n"))
    else:
        assert book.sha256.hex() and all(claim.quote.text for claim in book.claims)
