"""Third-party plug-ins come in by the same door as built-ins; a broken one costs a warning, not a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from witnessmark.errors import NotFoundError
from witnessmark.lines.contract import Line
from witnessmark.lines.providers.contract import (
    ElevationProvider,
    GazetteerProvider,
    ProviderDoor,
    WeatherProvider,
)
from witnessmark.lines.registry import discover_lines, discover_providers, lines, problems, providers

A_LINE = """
import dataclasses

@dataclasses.dataclass(frozen=True)
class Seen:
    inputs: tuple = ()

class Echo:
    name = "{name}"
    version = "1"
    question = "Does it echo?"
    observations = Seen
    needs = frozenset()
    consults = frozenset()
    references = ("Somebody 2020",)
    def observe(self, item, marks, tools): ...
    def weigh(self, seen, over): ...
    def draw(self, seen): return ()

ECHO = Echo()
NOT_A_LINE = object()
"""


def install(folder: Path, distribution: str, module: str, source: str, points: dict[str, str]) -> None:
    """Lay a package and its metadata into a folder, as an installer does."""
    (folder / f"{module}.py").write_text(source)
    info = folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    text = ""
    for group in sorted({key.split(":")[0] for key in points}):
        named = [f"{key.split(':')[1]} = {value}" for key, value in points.items() if key.split(":")[0] == group]
        text += f"[{group}]\n" + "\n".join(named) + "\n"
    (info / "entry_points.txt").write_text(text)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_third_party_line_is_found(site: Path) -> None:
    install(
        site, "echo-line", "echo_line_a", A_LINE.format(name="echo"), {"witnessmark.lines:echo": "echo_line_a:ECHO"}
    )
    found = lines()
    assert list(found) == sorted(found) and {"echo", "integrity"} <= set(found)
    assert isinstance(found["echo"], Line)


def test_broken_plug_ins_are_reported_and_the_rest_works(site: Path) -> None:
    install(
        site,
        "broken-line",
        "broken_line_b",
        "raise RuntimeError('no licence')\n",
        {"witnessmark.lines:broken": "broken_line_b:X", "witnessmark.weather:storm": "broken_line_b:Y"},
    )
    install(
        site,
        "odd-line",
        "odd_line_b",
        A_LINE.format(name="other"),
        {
            "witnessmark.lines:odd": "odd_line_b:NOT_A_LINE",
            "witnessmark.lines:misnamed": "odd_line_b:ECHO",
            "witnessmark.lines:absent": "odd_line_b:NOWHERE",
        },
    )
    reported = {problem.name: problem for problem in problems()}
    assert set(reported) == {"broken", "storm", "odd", "misnamed", "absent"}
    assert "no licence" in reported["broken"].reason and reported["broken"].distribution == "broken-line"
    assert "it lacks name" in reported["odd"].reason
    assert "its name is 'other'" in reported["misnamed"].reason
    assert str(reported["broken"]).startswith("Plug-in 'broken' of broken-line (witnessmark.lines) is not used:")
    assert "integrity" in lines() and "folder" in providers("weather")


def test_a_name_belongs_to_one_package(site: Path) -> None:
    for letter in "cd":
        module = f"echo_line_{letter}"
        points = {"witnessmark.lines:echo": f"{module}:ECHO", "witnessmark.lines:integrity": f"{module}:ECHO"}
        install(site, f"echo-{letter}", module, A_LINE.format(name="echo"), points)
    found = discover_lines()
    assert "echo" not in found.found
    assert type(found.found["integrity"]).__module__ == "witnessmark.lines.integrity"
    refused = sorted((problem.name, problem.distribution) for problem in found.problems)
    assert refused == [("echo", "echo-c"), ("echo", "echo-d"), ("integrity", "echo-c"), ("integrity", "echo-d")]
    assert all("claimed by more than one package" in problem.reason for problem in found.problems)


def test_built_in_providers(tmp_path: Path) -> None:
    expected = {"elevation": {"folder"}, "weather": {"folder"}, "gazetteer": {"case", "geonames"}}
    for group, names in expected.items():
        doors = providers(group)
        assert names <= set(doors)
        assert all(isinstance(door, ProviderDoor) and door.about.endswith(".") for door in doors.values())
    assert isinstance(providers("elevation")["folder"].open(tmp_path), ElevationProvider)
    assert isinstance(providers("weather")["folder"].open(tmp_path), WeatherProvider)
    (tmp_path / "gazetteer.yaml").write_text("places: []")
    assert isinstance(providers("gazetteer")["case"].open(tmp_path), GazetteerProvider)


def test_unknown_group_is_refused() -> None:
    with pytest.raises(NotFoundError, match="There are no 'tides' providers"):
        discover_providers("tides")
