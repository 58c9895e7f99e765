"""How much a finding counts when others rest on the same inputs."""

from __future__ import annotations

from collections.abc import Sequence

from witnessmark.fusion.settings import FusionSettings
from witnessmark.lines.contract import Finding


def weights(findings: Sequence[Finding], settings: FusionSettings) -> tuple[float, ...]:
    r"""Weight of each finding's log-likelihood: 1, or less where inputs are shared.

    Parameters
    ----------
    findings : sequence of Finding
    settings : FusionSettings

    Returns
    -------
    tuple of float
        In the order of the findings, each above 0 and at most 1.

    Notes
    -----
    Two findings share an input when both name the same file by hash and the same part of it. Finding *i* weighs

    .. math:: w_i = 1 / (1 + \sum_{j \ne i,\ j \text{ shares an input with } i} \rho_{ij}).

    For *k* findings that all share, the weights sum to :math:`k / (1 + (k - 1) \rho)`, Kish's effective number of
    correlated observations (Kish 1965, *Survey Sampling*, section 5.4): one for :math:`\rho = 1`, *k* for 0. Where the
    sharing is not all with all (A with B, B with C) and :math:`\rho = 1`, the sum never exceeds the largest number of
    findings of which no two share anything (Caro 1979; Wei 1981, Bell Laboratories memorandum 81-11217-9). Findings
    are thus never counted as more evidence than a choice of unrelated ones among them, and A and C, which share
    nothing, are not punished for B as they would be by counting everything linked as one.
    """
    inputs = [frozenset((bytes(ref.sha256), ref.part) for ref in finding.inputs) for finding in findings]
    return tuple(
        1.0
        / (
            1.0
            + sum(
                settings.correlation(findings[i].line, findings[j].line)
                for j in range(len(findings))
                if j != i and inputs[i] & inputs[j]
            )
        )
        for i in range(len(findings))
    )
