"""When shadows fall so: the sun's and the moon's place from marks on frames, weighed over place and time."""

from __future__ import annotations

from witnessmark.custody.records import Item
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding, Marks, Picture, Tools
from witnessmark.lines.sun import drawing, likelihood, looking
from witnessmark.lines.sun.observations import SunObservations


class SunLine:
    """The sun line; see docs/lines/sun.md."""

    name = "sun"
    version = "2"
    question = "When would these shadows fall so?"
    observations: type = SunObservations
    needs: frozenset[type] = frozenset()
    consults: frozenset[str] = frozenset({"elevation", "headings", "horizons"})
    references: tuple[str, ...] = (
        "Meeus, Astronomical Algorithms, 2nd edition, Willmann-Bell 1998, chapters 12, 16, 22, 25, 47 and 48",
        "Reda & Andreas, Solar position algorithm for solar radiation applications, Solar Energy 76, 2004, "
        "doi:10.1016/j.solener.2003.12.003",
        "Sandnes, Determining the geographical location of image scenes based on object shadow lengths, Journal of "
        "Signal Processing Systems 65, 2011, doi:10.1007/s11265-010-0538-x",
        "Wu & Cao, Geo-location estimation from two shadow trajectories, CVPR 2010, doi:10.1109/CVPR.2010.5540163",
        "Lange, Little & Taylor, Robust statistical modeling using the t distribution, JASA 84, 1989, "
        "doi:10.1080/01621459.1989.10478852",
    )

    def observe(self, item: Item, marks: Marks, tools: Tools) -> SunObservations | Abstention:
        """Read the marks and draw each with its error; only the frame's size and focal length come from the file.

        Parameters
        ----------
        item : Item
        marks : Marks
            Kinds and fields in docs/lines/sun.md; marks of other kinds are passed over.
        tools : Tools
            May hold "elevation:...", "headings:..." and "horizons:..." providers.

        Returns
        -------
        SunObservations or Abstention
            An abstention when nothing usable is marked or marks of one frame contradict one another.
        """
        seen = looking.look(item, marks, tools)
        if isinstance(seen, looking.CannotTell):
            return Abstention(
                self.name, self.version, seen.reason, seen.what_would_help, looking.inputs_of(item, marks)
            )
        return seen

    def weigh(self, seen: SunObservations, over: Hypotheses) -> Finding | Abstention:
        """Weigh place and time by the sun's and moon's place, and say what that tells of the day."""
        return likelihood.weigh(seen, over, self.name, self.version)

    def draw(self, seen: SunObservations) -> tuple[Picture, ...]:
        """The sky with what was seen in it."""
        return drawing.pictures(seen)


SUN = SunLine()
