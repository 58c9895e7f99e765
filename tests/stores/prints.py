"""Fingerprints made of seeded noise, for tests of what keeps them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.copies.fingerprint import (
    ALGORITHM,
    Fingerprint,
    FrameCodes,
    LocalFeatures,
    SoundCodes,
    Thumbnails,
)


def noise_print(
    seed: int,
    *,
    frames: int = 12,
    sounds: int | None = 20,
    per_frame: int | None = 15,
    thumbnails: int | None = 6,
    algorithm: str = ALGORITHM,
    wide: bool = True,
) -> Fingerprint:
    """A fingerprint whose codes lie near a few shared centres, so that recordings of other seeds hit each other."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(5)
    near = mutated(centres.integers(0, 256, (4, 32), dtype=np.uint8)[rng.integers(0, 4, frames)], 0.06, rng)
    times_s = np.cumsum(rng.integers(1, 3, frames) / 4).astype(np.float32)
    sound = None
    if sounds is not None:
        sound = SoundCodes(start_s=0.125 * seed, step_s=0.125, codes=rng.integers(0, 9, sounds, dtype=np.uint32))
    features = None
    if per_frame is not None:
        first = np.concatenate(([0], np.cumsum(rng.integers(0, per_frame + 1, frames)))).astype(np.uint32)
        f, kind = int(first[-1]), np.uint16 if wide else np.uint8
        codes = mutated(centres.integers(0, 256, (6, 16), dtype=np.uint8)[rng.integers(0, 6, f)], 0.05, rng)
        x, y = rng.integers(0, np.iinfo(kind).max, (2, f)).astype(kind)
        size, angle = rng.integers(0, 256, (2, f), dtype=np.uint8)
        features = LocalFeatures(times_s=times_s, first=first, codes=codes, x=x, y=y, size=size, angle=angle)
    small = None
    if thumbnails is not None:
        luma = rng.integers(0, 30, (thumbnails, 9, 16), dtype=np.uint8).cumsum(2, dtype=np.uint8)
        small = Thumbnails(times_s=np.arange(thumbnails, dtype=np.float32), luma=luma)
    return Fingerprint(
        algorithm=algorithm,
        duration_s=float(times_s[-1]) if frames else 1.0,
        width_px=640,
        height_px=360,
        frames=FrameCodes(times_s=times_s, codes=near, quality=rng.integers(0, 101, frames, dtype=np.uint8)),
        sound=sound,
        features=features,
        thumbnails=small,
        stopped="It ends in the middle of a frame." if seed % 3 == 0 else None,
    )


def mutated(codes: NDArray[np.uint8], share: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The codes with each bit flipped at a chance of `share`."""
    flips = rng.random((*codes.shape, 8)) < share
    return codes ^ np.packbits(flips, axis=-1)[..., 0]


def columns(print_: Fingerprint) -> list[tuple[object, ...]]:
    """All of a fingerprint as values that compare with ``==``."""
    plain: list[tuple[object, ...]] = [
        (print_.algorithm, print_.duration_s, print_.width_px, print_.height_px, print_.stopped)
    ]
    if print_.sound is not None:
        plain.append((print_.sound.start_s, print_.sound.step_s))
    for part in (print_.frames, print_.sound, print_.features, print_.thumbnails):
        if part is None:
            plain.append((None,))
            continue
        arrays = [getattr(part, name) for name in type(part).__slots__]
        plain.extend((a.dtype.str, a.shape, a.tobytes()) for a in arrays if isinstance(a, np.ndarray))
    return plain
