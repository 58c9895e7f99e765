"""Light of a clear or clouded sky, of the sun, and of the air between.

Luminances are in kcd/m2, illuminances in klx, as linear sRGB triples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from witnessmark.rehearsal.noise import Floats, Floats32, Lattice, smoothstep

CLOUD_BASE_M = 1700.0
"""Height of fair-weather cumulus above the ground [m] (WMO International Cloud Atlas: usually 600-2000 m)."""

_XYZ_TO_RGB = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
"""IEC 61966-2-1, D65."""

_WAVELENGTH_UM = np.array([0.610, 0.550, 0.465])


@dataclass(frozen=True, slots=True, eq=False)
class Air:
    """Sun, sky and haze of one moment.

    Attributes
    ----------
    sun : ndarray of float64, shape (3,)
        Unit vector to the apparent sun.
    turbidity : float
        Linke-like turbidity of Preetham's model: 2 very clear, 6 hazy.
    visibility_m : float
        Meteorological range: contrast of dark against sky falls to 2 %.
    cloud_cover : float
        Share of the sky above 10 degrees that is clouded, 0-1.
    sun_klx : ndarray of float64, shape (3,)
        Illuminance of a surface facing the sun, no cloud before it.
    threshold : float
        Cloud noise above which there is cloud.
    gap_m : float
        Radius of a gap in the clouds before the sun as seen from the origin; 0 for none [m].
    """

    sun: Floats
    turbidity: float
    visibility_m: float
    cloud_cover: float
    lattice: Lattice
    sun_klx: Floats
    threshold: float
    gap_m: float

    @classmethod
    def make(
        cls, sun: Floats, turbidity: float, visibility_m: float, cloud_cover: float, seed: int, *, gap: bool
    ) -> Air:
        """Lay out the air of a seed."""
        lattice = Lattice.seeded(seed)
        clear = cls(sun, turbidity, visibility_m, cloud_cover, lattice, _sun_klx(sun, turbidity), 2.0, 0.0)
        if cloud_cover <= 0.0:
            return clear
        azimuth, elevation = np.meshgrid(np.arange(0.0, 360.0, 4.0), np.degrees(np.arcsin(np.linspace(0.18, 0.99, 60))))
        noise = clear.cloud_noise(*on_cloud_plane(_direction(azimuth, elevation)))
        threshold = float(np.quantile(noise, 1.0 - min(cloud_cover, 0.999)))
        return cls(sun, turbidity, visibility_m, cloud_cover, lattice, clear.sun_klx, threshold, 650.0 if gap else 0.0)

    @property
    def overcast(self) -> bool:
        """Whether cloud hides the whole sky: no direct sun, no shadows."""
        return self.cloud_cover >= 0.95

    def cloud_noise(self, x_m: Floats, y_m: Floats) -> Floats32:
        """The field that is cut off to make clouds."""
        bend = 500.0 * self.lattice.fractal(x_m - 900.0, y_m + 400.0, 2600.0, 2)
        wide = self.lattice.fractal(x_m + bend, y_m - bend, 3400.0, 7, 0.55)
        return wide

    def cloud_depth(self, x_m: Floats, y_m: Floats) -> Floats32:
        """Optical depth of cloud above points of the cloud plane."""
        if self.cloud_cover <= 0.0:
            return np.zeros(np.shape(x_m), dtype=np.float32)
        depth = np.maximum(self.cloud_noise(x_m, y_m) - np.float32(self.threshold), 0.0) * np.float32(16.0)
        if self.gap_m > 0.0 and not self.overcast:
            sun_x, sun_y = on_cloud_plane(self.sun)
            depth *= smoothstep(self.gap_m, 1.6 * self.gap_m, np.hypot(x_m - sun_x, y_m - sun_y))
        return np.asarray(depth, dtype=np.float32)

    def sun_share(self, x_m: Floats, y_m: Floats, height_m: Floats | float) -> Floats32:
        """Share of sunlight that clouds let through to points of the ground (heights relative to the origin), 0-1."""
        if self.overcast or self.sun[2] <= 0.0:
            return np.zeros(np.shape(x_m), dtype=np.float32)
        climb = (CLOUD_BASE_M - height_m) / max(float(self.sun[2]), 0.05)
        depth = self.cloud_depth(x_m + climb * self.sun[0], y_m + climb * self.sun[1])
        result: Floats32 = np.exp(-np.minimum(depth * np.float32(1.6), np.float32(20.0))).astype(np.float32)
        return result

    def clear_sky(self, direction: Floats) -> Floats:
        """Luminance of the cloudless sky.

        Parameters
        ----------
        direction : ndarray of float64, shape (..., 3)
            Unit vectors, east, north, up; those below the horizon get its colour.

        Returns
        -------
        ndarray of float64, shape (..., 3)

        References
        ----------
        Preetham, Shirley & Smits, "A practical analytic model for daylight", SIGGRAPH 1999, doi:10.1145/311535.311545,
        appendix A.2.
        """
        t = self.turbidity
        sun_zenith = np.arccos(np.clip(self.sun[2], 0.035, 1.0))
        cos_theta = np.maximum(direction[..., 2], 0.012)
        cos_gamma = np.clip(direction @ self.sun, -1.0, 1.0)
        gamma = np.arccos(cos_gamma)
        chi = (4.0 / 9.0 - t / 120.0) * (np.pi - 2.0 * sun_zenith)
        zenith_y = max((4.0453 * t - 4.9710) * np.tan(chi) - 0.2155 * t + 2.4192, 0.05)
        powers = np.array([sun_zenith**3, sun_zenith**2, sun_zenith, 1.0])
        rows = np.array([t * t, t, 1.0])
        zenith_cx = rows @ _ZENITH_X @ powers
        zenith_cy = rows @ _ZENITH_Y @ powers

        def perez(a: float, b: float, c: float, d: float, e: float) -> Floats:
            at_zenith = (1 + a * np.exp(b)) * (1 + c * np.exp(d * sun_zenith) + e * np.cos(sun_zenith) ** 2)
            here = (1 + a * np.exp(b / cos_theta)) * (1 + c * np.exp(d * gamma) + e * cos_gamma**2)
            return np.asarray(here / at_zenith)

        cy = zenith_y * perez(*(_PEREZ_Y @ [t, 1.0]))
        cx = zenith_cx * perez(*(_PEREZ_CX @ [t, 1.0]))
        cyy = zenith_cy * perez(*(_PEREZ_CY @ [t, 1.0]))
        xyz = np.stack([cx / cyy * cy, cy, (1.0 - cx - cyy) / cyy * cy], axis=-1)
        rgb = np.maximum(xyz @ _XYZ_TO_RGB.T, 0.0)
        dusk = float(np.clip((self.sun[2] + 0.10) / 0.14, 0.003, 1.0))
        return np.asarray(rgb * dusk)

    def overcast_sky(self, direction: Floats) -> Floats:
        """Luminance of a sky wholly clouded: the CIE overcast sky, (1 + 2 sin e) / 3 of the zenith's (CIE S 011)."""
        zenith = 1.0 + 9.0 * max(float(self.sun[2]), 0.0)
        shade = zenith * (1.0 + 2.0 * np.maximum(direction[..., 2], 0.0)) / 3.0
        return np.asarray(shade[..., None] * np.array([0.96, 1.0, 1.06]))

    def airlight(self, azimuth_deg: Floats) -> Floats:
        """Luminance that thick haze tends to at bearings, shape (n, 3): the sky just above the horizon."""
        direction = _direction(azimuth_deg, np.full(np.shape(azimuth_deg), 2.0))
        clear = np.minimum(self.clear_sky(direction), 26.0)
        grey = self.overcast_sky(direction) * 0.9
        share = self.cloud_cover**2
        return np.asarray(clear * (1.0 - share) + grey * share)

    def extinction_per_m(self) -> Floats:
        """Of near-ground air, by colour, shape (3,): 3.912 / visibility at green (Koschmieder 1924), bluer for less."""
        base = 3.912 / self.visibility_m
        return np.asarray(base * (_WAVELENGTH_UM / 0.55) ** -1.1)

    def sky(self, direction: Floats) -> Floats:
        """Luminance of the sky with its clouds, without the sun's disc."""
        clear = self.clear_sky(direction)
        if self.cloud_cover <= 0.0:
            return clear
        grey = self.overcast_sky(direction)
        x, y = on_cloud_plane(direction)
        if self.overcast:
            relief = self.lattice.fractal(x, y, 5200.0, 6, 0.5).astype(np.float64)
            fade = smoothstep(0.02, 0.16, direction[..., 2])
            return np.asarray(grey * (1.0 + 0.30 * relief * fade)[..., None])
        depth = self.cloud_depth(x, y)
        to_sun = self.sun[:2] / max(float(np.hypot(self.sun[0], self.sun[1])), 1e-6)
        behind = self.cloud_depth(x + 160.0 * to_sun[0], y + 160.0 * to_sun[1])
        beyond = self.cloud_depth(x + 420.0 * to_sun[0], y + 420.0 * to_sun[1])
        lit = np.exp(-0.55 * behind - 0.25 * beyond) * 0.75 + 0.25 * np.exp(-0.25 * depth)
        cos_gamma = np.clip(direction @ self.sun, -1.0, 1.0)
        silver = 1.0 + 1.4 * np.exp(-depth) * np.maximum(cos_gamma, 0.0) ** 12
        bright = self.sun_klx / np.pi * 0.62
        cloud = (0.22 + 0.78 * lit * silver)[..., None] * bright + 0.35 * grey
        opacity = 1.0 - np.exp(-1.9 * depth)
        slant_m = CLOUD_BASE_M / np.maximum(direction[..., 2], 0.02)
        veil = np.exp(-slant_m / (1.1 * self.visibility_m))
        opacity = opacity * smoothstep(0.012, 0.07, direction[..., 2])
        shown = cloud * veil[..., None] + clear * (1.0 - veil[..., None])
        return np.asarray(clear + (shown - clear) * opacity[..., None])

    def ambient_klx(self) -> Floats:
        """Illuminance of level ground by the sky alone, shape (3,)."""
        elevation = np.arcsin(np.linspace(0.05, 0.95, 10))
        azimuth, height = np.meshgrid(np.arange(0.0, 360.0, 20.0), np.degrees(elevation))
        direction = _direction(azimuth, height)
        clear = np.minimum(self.clear_sky(direction), 40.0)
        share = self.cloud_cover if self.overcast else 0.5 * self.cloud_cover
        mixed = clear * (1.0 - share) + self.overcast_sky(direction) * share
        # Equal steps of sin(e) are equal solid angles: 2 pi / n each.
        return np.asarray(2.0 * np.pi * (mixed * direction[..., 2:3]).mean(axis=(0, 1)))


def _direction(azimuth_deg: Floats, elevation_deg: Floats) -> Floats:
    azimuth, elevation = np.radians(azimuth_deg), np.radians(elevation_deg)
    return np.stack(
        [np.sin(azimuth) * np.cos(elevation), np.cos(azimuth) * np.cos(elevation), np.sin(elevation)], axis=-1
    )


def on_cloud_plane(direction: Floats) -> tuple[Floats, Floats]:
    """Where rays meet a shell at the cloud base, east and north of the origin [m]."""
    up = np.maximum(direction[..., 2], 0.01)
    # A curved shell: distance to height H over radius R, by the quadratic.
    radius = 6_371_000.0
    distance = -radius * up + np.sqrt((radius * up) ** 2 + 2.0 * radius * CLOUD_BASE_M)
    return np.asarray(distance * direction[..., 0]), np.asarray(distance * direction[..., 1])


def _sun_klx(sun: Floats, turbidity: float) -> Floats:
    """Illuminance by the sun through the air: 128 klx outside it, Rayleigh and aerosol extinction by wavelength.

    Optical mass by Kasten & Young 1989 (doi:10.1364/AO.28.004735); depths as in Preetham et al. 1999, appendix A.1.
    """
    elevation = np.degrees(np.arcsin(np.clip(sun[2], -1.0, 1.0)))
    if elevation <= -0.3:
        return np.zeros(3)
    high = max(float(elevation), 0.0)
    mass = 1.0 / (np.sin(np.radians(high)) + 0.50572 * (high + 6.07995) ** -1.6364)
    rayleigh = 0.008735 * _WAVELENGTH_UM**-4.08
    aerosol = (0.04608 * turbidity - 0.04586) * _WAVELENGTH_UM**-1.3
    return np.asarray(128.0 * np.exp(-(rayleigh + aerosol) * mass))


_PEREZ_Y = np.array([[0.1787, -1.4630], [-0.3554, 0.4275], [-0.0227, 5.3251], [0.1206, -2.5771], [-0.0670, 0.3703]])
_PEREZ_CX = np.array([[-0.0193, -0.2592], [-0.0665, 0.0008], [-0.0004, 0.2125], [-0.0641, -0.8989], [-0.0033, 0.0452]])
_PEREZ_CY = np.array([[-0.0167, -0.2608], [-0.0950, 0.0092], [-0.0079, 0.2102], [-0.0441, -1.6537], [-0.0109, 0.0529]])
_ZENITH_X = np.array(
    [
        [0.00166, -0.00375, 0.00209, 0.0],
        [-0.02903, 0.06377, -0.03202, 0.00394],
        [0.11693, -0.21196, 0.06052, 0.25886],
    ]
)
_ZENITH_Y = np.array(
    [
        [0.00275, -0.00610, 0.00317, 0.0],
        [-0.04214, 0.08970, -0.04153, 0.00516],
        [0.15346, -0.26756, 0.06670, 0.26688],
    ]
)
