"""How shared inputs lower weights."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.fusion.settings import FusionSettings
from witnessmark.fusion.tempering import weights

if TYPE_CHECKING:
    from tests.fusion.conftest import Build

FLAT = np.zeros((1, 1))


def test_findings_that_share_nothing_count_in_full(build: Build) -> None:
    findings = [build.finding(FLAT, inputs=[part]) for part in ("pictures", "sound")] + [build.finding(FLAT)]
    assert weights(findings, FusionSettings()) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(("correlation", "together"), [(1.0, 1.0), (0.0, 4.0), (0.5, 4.0 / 2.5)])
def test_all_sharing_all_counts_as_kish_has_it(build: Build, correlation: float, together: float) -> None:
    findings = [build.finding(FLAT, inputs=["pictures"])] * 4
    assert sum(weights(findings, FusionSettings(shared_input_correlation=correlation))) == pytest.approx(together)


def test_a_chain_does_not_punish_its_ends(build: Build) -> None:
    findings = [build.finding(FLAT, inputs=parts) for parts in (["a"], ["a", "b"], ["b"])]
    assert weights(findings, FusionSettings()) == (1 / 2, 1 / 3, 1 / 2)


def test_a_measured_correlation_of_two_lines_is_used(build: Build) -> None:
    findings = [build.finding(FLAT, inputs=["a"], line=line) for line in ("sun", "weather", "terrain")]
    settings = FusionSettings(line_correlations=(("weather", "sun", 0.25),))
    assert weights(findings, settings) == (1 / 2.25, 1 / 2.25, 1 / 3)


def test_the_same_part_of_another_file_is_not_shared(build: Build) -> None:
    import dataclasses

    from witnessmark.custody.hashes import Sha256
    from witnessmark.lines.contract import InputRef

    one = build.finding(FLAT, inputs=["pictures"])
    other = dataclasses.replace(one, inputs=(InputRef(Sha256(b"\x08" * 32), "pictures"),))
    assert weights([one, other], FusionSettings()) == (1.0, 1.0)


@given(st.lists(st.sets(st.sampled_from("abcdef"), max_size=3), max_size=7))
def test_never_more_than_the_largest_choice_that_shares_nothing(build: Build, parts: list[set[str]]) -> None:
    found = weights([build.finding(FLAT, inputs=sorted(held)) for held in parts], FusionSettings())
    largest = max(
        size
        for size in range(len(parts) + 1)
        for chosen in itertools.combinations(parts, size)
        if all(not one & other for one, other in itertools.combinations(chosen, 2))
    )
    assert sum(found) <= largest + 1e-12
    assert all(0.0 < weight <= 1.0 for weight in found)
