"""From where a ridge line looks so: a marked skyline searched over an elevation model, every pose allowed for."""

from __future__ import annotations

import importlib.util

from witnessmark.custody.records import Item
from witnessmark.errors import WitnessmarkError
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding, InputRef, Marks, Picture, Remark, Tools
from witnessmark.lines.providers.contract import ElevationProvider
from witnessmark.lines.providers.noting import Noted
from witnessmark.lines.terrain import drawing, likelihood, looking
from witnessmark.lines.terrain.observations import TerrainObservations
from witnessmark.lines.terrain.searching import Kept, Question, observed, search

__all__ = ["TERRAIN", "TerrainLine"]

WORKERS = 2
"""Threads of a search; the numbers do not depend on it."""
NEEDED = ("numba",)
"""Packages of the extra ``terrain`` without which nothing can be searched."""
WHAT_HELPS = "Mark more of the line where it rises and falls, frames of a pan from the same spot, or ridges in front."


class TerrainLine:
    """The terrain line; see docs/lines/terrain.md."""

    name = "terrain"
    version = "2"
    question = "From where does this ridge line look so?"
    observations: type = TerrainObservations
    needs: frozenset[type] = frozenset({ElevationProvider})
    consults: frozenset[str] = frozenset({"elevation", "search"})
    references: tuple[str, ...] = (
        "Baatz, Saurer, Köser & Pollefeys, Large scale visual geo-localization of images in mountainous terrain, ECCV "
        "2012, doi:10.1007/978-3-642-33709-3_37",
        "Saurer, Baatz, Köser, Ladický & Pollefeys, Image based geo-localization in the Alps, IJCV 116, 2016, "
        "doi:10.1007/s11263-015-0830-0",
        "Tzeng, Zhai, Clements, Townshend & Zakhor, User-driven geolocation of untagged desert imagery using digital "
        "elevation models, CVPR Workshops 2013",
        "Torge & Müller, Geodesy, 4th edition, 2012, sections 4.1 and 5.1",
        "Lange, Little & Taylor, Robust statistical modeling using the t distribution, JASA 84, 1989, "
        "doi:10.1080/01621459.1989.10478852",
    )

    def observe(self, item: Item, marks: Marks, tools: Tools) -> TerrainObservations | Abstention:
        """Search the region for places from which the marked line is seen.

        Parameters
        ----------
        item : Item
        marks : Marks
            Kinds "skyline" and "search"; fields in docs/lines/terrain.md. Marks of other kinds are passed over.
        tools : Tools
            "elevation:..." providers give the ground, "search:..." says where to look.

        Returns
        -------
        TerrainObservations or Abstention
            An abstention when nothing is marked, it is not said where to look, no elevation covers it, or the line
            says nothing.
        """
        remarks: list[Remark] = []
        sight = looking.sight_of(marks, tools, remarks)
        if isinstance(sight, looking.CannotTell):
            return self._abstain(looking.inputs_of(item, ()), sight)
        inputs = looking.inputs_of(item, sight.marks)
        region = looking.region_of(marks, tools, remarks)
        if isinstance(region, looking.CannotTell):
            return self._abstain(inputs, region)
        missing = [package for package in NEEDED if importlib.util.find_spec(package) is None]
        if missing:
            return self._abstain(
                inputs,
                looking.CannotTell(
                    f"Searching the terrain needs {', '.join(missing)}, which is not installed.",
                    "Run: pip install 'witnessmark[terrain]'.",
                ),
            )
        found = looking.elevation_of(region, tools, remarks)
        if isinstance(found, looking.CannotTell):
            return self._abstain(inputs, found)
        try:
            return self._search(item, sight, region, found, tools, remarks)
        except WitnessmarkError as error:
            return self._abstain(inputs, looking.CannotTell(error.what, error.do))

    def _search(
        self,
        item: Item,
        sight: looking.Sight,
        region: looking.Region,
        elevation: tuple[str, ElevationProvider],
        tools: Tools,
        remarks: list[Remark],
    ) -> TerrainObservations | Abstention:
        """Search, and fit the best places.

        Raises
        ------
        WitnessmarkError
            What the elevation provider or the search says of its input.
        """
        noted = Noted(elevation[1])
        question = Question(sight.asked, region.region_deg, region.spacing_m, region.asked_by, WORKERS)
        kept = Kept() if region.folder is None else Kept(region.folder / "profiles", region.folder / "tiles")
        located = search(question, noted, kept, tools.progress)
        marked = looking.inputs_of(item, sight.marks)
        if located.abstained is not None:
            read = tuple(InputRef(each.sha256, f"elevation:{each.source}") for each in noted.readings)
            return self._abstain((*marked, *read), looking.CannotTell(located.abstained, WHAT_HELPS))
        sighted = looking.sighted_of(sight, tools)
        return observed(item.sha256, marked, question, sighted, noted, located, tuple(remarks), tools.progress)

    def weigh(self, seen: TerrainObservations, over: Hypotheses) -> Finding | Abstention:
        """Weigh the place axis by the evidence of the places searched; time is not touched."""
        return likelihood.weigh(seen, over, self.name, self.version)

    def draw(self, seen: TerrainObservations) -> tuple[Picture, ...]:
        """The map of where the camera can have stood, and the best places over the frame."""
        return drawing.pictures(seen)

    def _abstain(self, inputs: tuple[InputRef, ...], why: looking.CannotTell) -> Abstention:
        return Abstention(self.name, self.version, why.reason, why.what_would_help, inputs)


TERRAIN = TerrainLine()
