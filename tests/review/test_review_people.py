"""Names compared as the eye sees them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.review.people import alike, same_name, seen_as


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ivo Lindt", "IVO LINDT"),
        ("Ivo Lindt", "Lindt, Ivo"),
        ("Ivo Lindt", "Ivo-Lindt"),
        ("Ivo Lindt", "lvo Iindt"),  # a small l for a capital I, and the reverse
        ("Pete Cox", "Рете Сох"),  # wholly in Cyrillic
        ("Zoë Straße", "ZOE STRASSE"),
        ("Ono", "0n0"),
        ("Dilara Işık", "DİLARA IŞIK"),
        ("Անի Սարգսյան", "անի սարգսյան"),
    ],
)
def test_same(one: str, other: str) -> None:
    assert same_name(one, other) and same_name(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ana Dora", "Adorana"), ("Ivo Lindt", "Iva Lindt"), ("Bo Berg", "Bo Bergman"), ("", ""), ("..", "--")],
)
def test_not_same(one: str, other: str) -> None:
    assert not same_name(one, other)


@pytest.mark.parametrize(
    ("one", "other", "may_be"),
    [
        ("A. Alvarez", "Ana Alvarez", True),
        ("Ana Alvarez", "Ana Maria Alvarez", True),
        ("Alvarez", "Ana Alvarez", True),
        ("A. B.", "Ana Berg", False),
        ("Bo Berg", "Ana Alvarez", False),
        ("Bo Alvarez", "Ana Alvarez", False),
    ],
)
def test_alike(one: str, other: str, may_be: bool) -> None:
    assert alike(one, other) is may_be and alike(other, one) is may_be


@given(st.text(max_size=30), st.integers(0, 1000))
def test_order_case_and_hidden_signs_never_matter(name: str, seed: int) -> None:
    words = name.split()
    random.Random(seed).shuffle(words)
    shuffled = "\u200b" + " ".join(words)
    assert seen_as(shuffled) == seen_as(" ".join(name.split()))
    assert same_name(name, name) is bool(seen_as(name))
    assert same_name(name, shuffled) is bool(seen_as(name))
