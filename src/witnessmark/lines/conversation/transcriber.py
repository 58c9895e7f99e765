"""Whisper through CTranslate2, bounded: one hearing a stretch, one decoding, no second tries at higher temperature.

A stretch is heard (encoded) once; its language, its words, their times and the translation all come from that.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.conversation.models import ModelFiles
from witnessmark.lines.conversation.observations import Word

if TYPE_CHECKING:
    from faster_whisper.tokenizer import Tokenizer

FRAMES_PER_S = 100
WHOLE_FRAMES = 3000
"""Transcripts are always asked of 30 s, silence added: with less the model repeats itself or stops early, though
hearing less is ten times faster. For telling a language less is as good."""
LEAST_FRAMES, AROUND_FRAMES = 600, 100
MOST_TOKENS, FIRST_TOKENS, TOKENS_PER_S = 220, 24, 15.0
"""Tokens of a text at most, or by the length of what is heard. The engine writes half of the length it is given, and is
given at most 448."""
COMPUTE = "int8"
TRANSCRIBE, TRANSLATE = "transcribe", "translate"


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one decoding gives.

    Attributes
    ----------
    text : str
    tokens : tuple of int
    mean_log_probability_nats : float
    no_speech_probability : float
    cut_off : bool
        The limit of tokens was reached.
    """

    text: str
    tokens: tuple[int, ...]
    mean_log_probability_nats: float
    no_speech_probability: float
    cut_off: bool


@dataclass(frozen=True, slots=True, eq=False)
class Hearing:
    """A stretch as the model holds it after hearing; good for as many questions as one likes."""

    encoded: Any
    length_s: float
    frames: int


class Transcriber:
    """A speech model, opened.

    Parameters
    ----------
    files : ModelFiles
        Checked.
    threads : int
        Of the processor; the answer does not depend on it.

    Raises
    ------
    BadInputError
        When the files cannot be opened, or are of a model that knows one language alone.
    """

    def __init__(self, files: ModelFiles, threads: int = 0) -> None:
        os.environ["HF_HUB_OFFLINE"] = "1"  # nothing is ever fetched, whatever a library thinks it lacks
        from faster_whisper import WhisperModel

        self.files = files
        count = threads or min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
        try:
            self._model = WhisperModel(str(files.folder), device="cpu", compute_type=COMPUTE, cpu_threads=count)
        except Exception as error:  # the library raises what it likes for files it cannot read
            raise BadInputError(
                f"The speech model in '{files.folder}' cannot be opened ({error}).",
                "Give a folder with a Whisper model in CTranslate2's format.",
            ) from error
        if not self._model.model.is_multilingual:
            raise BadInputError(
                f"The speech model '{files.name}' knows English alone, and would call everything English.",
                "Give one for many languages.",
            )
        if self._model.feature_extractor.mel_filters.shape[0] != self._model.model.n_mels:
            raise BadInputError(
                f"The speech model in '{files.folder}' does not say how sound is prepared for it.",
                "Put its preprocessor_config.json beside model.bin.",
            )
        self._suppressed: dict[str, tuple[int, ...]] = {}
        self._tokenizers: dict[tuple[str, str], Tokenizer] = {}

    @property
    def plain(self) -> Any:
        """The model as faster-whisper opens it, for comparing with."""
        return self._model

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes the model knows."""
        return tuple(sorted(self._model.supported_languages))

    def hear(self, samples: NDArray[np.float32], *, whole: bool = True) -> Hearing:
        """Listen to up to 30 s.

        Parameters
        ----------
        samples : ndarray of float32, shape (n,)
            16 kHz.
        whole : bool
            False where only the language is asked, for which no silence need be added.

        Returns
        -------
        Hearing
        """
        from faster_whisper.audio import pad_or_trim

        features = self._model.feature_extractor(samples)[:, :-1][:, :WHOLE_FRAMES]
        frames = int(features.shape[1])
        room = WHOLE_FRAMES if whole else min(WHOLE_FRAMES, max(LEAST_FRAMES, frames + AROUND_FRAMES))
        return Hearing(self._model.encode(pad_or_trim(features, room)), len(samples) / 16_000, frames)

    def language(self, heard: Hearing) -> Mapping[str, float]:
        """The model's scores over all its languages, summing to one."""
        found = self._model.model.detect_language(heard.encoded)[0]
        return {str(token)[2:-2]: float(score) for token, score in found}

    def decode(self, heard: Hearing, code: str, task: str = TRANSCRIBE) -> Decoded:
        """The words of a stretch, greedily: temperature 0, beam 1, once.

        Parameters
        ----------
        heard : Hearing
        code : str
            Language to decode in.
        task : str
            transcribe | translate (into English)

        Returns
        -------
        Decoded
        """
        tokenizer = self._tokenizer(code, task)
        most = min(MOST_TOKENS, FIRST_TOKENS + int(TOKENS_PER_S * heard.length_s))
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        result = self._model.model.generate(
            heard.encoded,
            [prompt],
            beam_size=1,
            sampling_temperature=0.0,
            max_length=2 * most,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=list(self._suppress(tokenizer)),
        )[0]
        tokens = tuple(int(token) for token in result.sequences_ids[0])
        total_nats = float(result.scores[0]) * len(tokens)
        return Decoded(
            text=tokenizer.decode(list(tokens)).strip(),
            tokens=tokens,
            mean_log_probability_nats=total_nats / (len(tokens) + 1),
            no_speech_probability=float(result.no_speech_prob),
            cut_off=len(tokens) >= most,
        )

    def words(self, heard: Hearing, decoded: Decoded, code: str, start_s: float) -> tuple[Word, ...]:
        """Each word with its times and probability, by how the model attends to the sound as it writes.

        Parameters
        ----------
        heard : Hearing
        decoded : Decoded
        code : str
        start_s : float
            When the stretch begins [s].

        Returns
        -------
        tuple of Word
        """
        if not decoded.tokens:
            return ()
        tokenizer = self._tokenizer(code, TRANSCRIBE)
        found = self._model.find_alignment(tokenizer, [list(decoded.tokens)], heard.encoded, heard.frames)
        made: list[Word] = []
        for one in found[0] if found else ():
            text = str(one["word"])
            first, last = (start_s + min(heard.length_s, float(one[name])) for name in ("start", "end"))
            probability = min(1.0, max(0.0, float(one["probability"])))
            if made and not any(map(str.isalnum, text)):  # signs go with the word before them
                made[-1] = Word(made[-1].text + text.strip(), made[-1].start_s, made[-1].end_s, made[-1].probability)
            elif text.strip():
                made.append(Word(text.strip(), round(first, 2), round(max(first, last), 2), round(probability, 4)))
        return tuple(made)

    def _tokenizer(self, code: str, task: str) -> Tokenizer:
        from faster_whisper.tokenizer import Tokenizer

        if (code, task) not in self._tokenizers:
            self._tokenizers[code, task] = Tokenizer(
                self._model.hf_tokenizer, self._model.model.is_multilingual, task=task, language=code
            )
        return self._tokenizers[code, task]

    def _suppress(self, tokenizer: Tokenizer) -> tuple[int, ...]:
        from faster_whisper.transcribe import get_suppressed_tokens

        key = tokenizer.language_code
        if key not in self._suppressed:
            self._suppressed[key] = tuple(get_suppressed_tokens(tokenizer, [-1]) or ())
        return self._suppressed[key]


@cache
def transcriber(files: ModelFiles) -> Transcriber:
    """A model, opened once in this process."""
    return Transcriber(files)
