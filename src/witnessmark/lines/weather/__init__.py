"""When the weather looked so: labels of sky, rain, snow, wind, sight and warmth, weighed against records."""

from __future__ import annotations

from witnessmark.custody.records import Item
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding, Marks, Picture, Tools
from witnessmark.lines.weather import drawing, likelihood, looking
from witnessmark.lines.weather.observations import WeatherObservations


class WeatherLine:
    """The weather line; see docs/lines/weather.md."""

    name = "weather"
    version = "1"
    question = "When would the weather have looked so?"
    observations: type = WeatherObservations
    needs: frozenset[type] = frozenset()
    consults: frozenset[str] = frozenset({"weather"})
    references: tuple[str, ...] = (
        "Rabiner, A tutorial on hidden Markov models, Proceedings of the IEEE 77, 1989, doi:10.1109/5.18626",
        "Deming & Stephan, On a least squares adjustment of a sampled frequency table, Annals of Mathematical "
        "Statistics 11, 1940, doi:10.1214/aoms/1177731829",
        "WMO, Manual on Codes, WMO-No. 306, volume I.1, code table 4677 and FM 15 METAR",
        "Hersbach and others, The ERA5 global reanalysis, Quarterly Journal of the Royal Meteorological Society 146, "
        "2020, doi:10.1002/qj.3803",
        "Smith, Lott & Vose, The Integrated Surface Database, Bulletin of the American Meteorological Society 92, "
        "2011, doi:10.1175/2011BAMS3015.1",
    )

    def observe(self, item: Item, marks: Marks, tools: Tools) -> WeatherObservations | Abstention:
        """Read the labels and the records they can be weighed against; the file itself is not opened.

        Parameters
        ----------
        item : Item
        marks : Marks
            "weather-label" (or "sky-label"); fields in docs/lines/weather.md.
        tools : Tools
            Holds "weather:..." providers that give records for the places and times weighed (`records.GivenWeather`).

        Returns
        -------
        WeatherObservations or Abstention
        """
        seen = looking.look(item, marks, tools)
        if isinstance(seen, looking.CannotTell):
            return Abstention(
                self.name, self.version, seen.reason, seen.what_would_help, looking.inputs_of(item, marks)
            )
        return seen

    def weigh(self, seen: WeatherObservations, over: Hypotheses) -> Finding | Abstention:
        """Weigh time by the labels, and say what that tells of the day."""
        return likelihood.weigh(seen, over, self.name, self.version)

    def draw(self, seen: WeatherObservations) -> tuple[Picture, ...]:
        """What the labels tell of each hour the records hold."""
        return drawing.pictures(seen)


WEATHER = WeatherLine()
