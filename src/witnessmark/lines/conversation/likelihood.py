"""Pure: what is heard weighs nothing over places and times by itself, and the finding says so."""

from __future__ import annotations

import numpy as np

from witnessmark.hypotheses.likelihood import LogLikelihood
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding
from witnessmark.lines.conversation import doubts, languages, limits, telling, voice
from witnessmark.lines.conversation.observations import ConversationObservations
from witnessmark.plain import to_plain

METHOD = "voice detection, language scores and bounded transcription by a speech model, voices grouped within the item"


def weigh(seen: ConversationObservations, over: Hypotheses, line: str, version: str) -> Finding | Abstention:
    """A finding that tells no place or time from another, so that what was heard can be reviewed and cited.

    Parameters
    ----------
    seen : ConversationObservations
    over : Hypotheses
    line, version : str

    Returns
    -------
    Finding or Abstention
        The table has shape (1, 1). An abstention where neither machine nor person heard anything said.
    """
    if not seen.segments and not seen.corrections:
        return Abstention(
            line,
            version,
            "No voice is heard in the sound.",
            "Listen to it, and add a 'speech-correction' mark where somebody speaks.",
            seen.inputs,
        )
    return Finding(
        line=line,
        version=version,
        method=METHOD,
        item=seen.item,
        inputs=seen.inputs,
        parameters={
            "languages": list(seen.languages),
            "models": to_plain(seen.models),
            "language_sure_share": languages.SURE,
            "turkic_sure_share": languages.TURKIC_SURE,
            "compression_ratio": doubts.COMPRESSION,
            "no_speech_probability": doubts.NO_SPEECH,
            "least_log_probability_nats": doubts.LOW_NATS,
            "voice_on_probability": voice.ON,
            "longest_stretch_s": voice.LONGEST_STRETCH_S,
        },
        seed=seen.seed,
        log_likelihood=LogLikelihood(
            np.zeros((1, 1), np.float32), {alternative.name: 0.0 for alternative in over.alternatives}
        ),
        cap_nats=limits.CAP_NATS,
        observations=to_plain(seen),
        statement=telling.statement(seen),
        limits=(*telling.own_limits(seen), *limits.STANDING_LIMITS),
    )
