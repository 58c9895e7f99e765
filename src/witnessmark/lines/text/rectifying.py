"""Lines of text brought upright and to one height, dark on light, as a reader wants them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.text.detecting import Quad, Rgb, height_px, width_px

Grey = NDArray[np.uint8]

LINE_PX = 40
"""Height a line is brought to [px], its margins besides."""
MARGIN_PX = 12
SHARPEN, SHARPEN_PX = 1.5, 2.0
"""Unsharp masking: how much, and the smoothing it is taken against [px]. It helps blurred lines and costs sharp ones
nothing measurable; see benchmarks/results/text.md."""
MOST_WIDTH_PX = 4000
TALL = 1.8
"""A box this many times higher than wide is turned: writing runs along it."""


def rectified(rgb: Rgb, quad: Quad) -> Grey:
    """A line of text, upright, `LINE_PX` high with a light margin, dark on light.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
    quad : ndarray of float64, shape (4, 2)

    Returns
    -------
    ndarray of uint8, shape (LINE_PX + 2 MARGIN_PX, at most MOST_WIDTH_PX)
    """
    line = cut(rgb, quad, LINE_PX)
    grey = _spread(line)
    return np.asarray(
        cv2.copyMakeBorder(grey, MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX, cv2.BORDER_CONSTANT, value=_paper(grey)),
        np.uint8,
    )


def cut(rgb: Rgb, quad: Quad, line_px: int) -> Rgb:
    """The quad as an upright picture of that height [px]."""
    corners = np.roll(quad, -1, axis=0) if height_px(quad) > TALL * width_px(quad) else quad
    high, wide = max(1.0, height_px(corners)), max(1.0, width_px(corners))
    width = int(np.clip(round(wide * line_px / high), 8, MOST_WIDTH_PX))
    target = np.array([[0, 0], [width, 0], [width, line_px], [0, line_px]], np.float32)
    warp = cv2.getPerspectiveTransform((corners + 0.5).astype(np.float32), target)
    shift = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    back = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    shrinks = high > 1.5 * line_px
    source = rgb
    if shrinks:  # smooth before thinning out, or strokes break up
        source = np.asarray(cv2.GaussianBlur(rgb, (0, 0), 0.4 * high / line_px), np.uint8)
    return np.asarray(
        cv2.warpPerspective(
            source, shift @ warp @ back, (width, line_px), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        ),
        np.uint8,
    )


def _spread(line: Rgb) -> Grey:
    """One channel of full contrast, dark on light: the colour axis along which the line varies most."""
    flat = line.reshape(-1, 3).astype(np.float64)
    centred = flat - flat.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred / len(flat))
    axis = vectors[:, -1] * np.sign(vectors[:, -1].sum() or 1.0)
    values = (flat @ axis).reshape(line.shape[:2]).astype(np.float32)
    values += SHARPEN * (values - cv2.GaussianBlur(values, (0, 0), SHARPEN_PX))
    low, high = np.percentile(values, (1.0, 99.0))
    grey = np.clip((values - low) / max(high - low, 1e-6) * 255.0, 0.0, 255.0).astype(np.uint8)
    return np.asarray(255 - grey if _light_on_dark(grey) else grey, np.uint8)


def _light_on_dark(grey: Grey) -> bool:
    """Whether strokes are lighter than what they stand on: the rim of a box is paper, and strokes are the fewer."""
    rim = np.concatenate([grey[:3].ravel(), grey[-3:].ravel()])
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return float(np.mean(rim < threshold)) + float(np.mean(grey < threshold)) > 1.0


def _paper(grey: Grey) -> float:
    return float(np.median(np.concatenate([grey[0], grey[-1]])))
