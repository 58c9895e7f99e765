"""CASE/UCO: the investigation, its files with hashes, the custody log as actions, findings and claims as assertions."""

from __future__ import annotations

from typing import IO

from witnessmark.dossier.casefile import rows, table, words
from witnessmark.dossier.exports.content import ExportContent, text_of
from witnessmark.plain import Plain, canonical

CONTEXT: dict[str, Plain] = {
    "action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "investigation": "https://ontology.caseontology.org/case/investigation/",
    "location": "https://ontology.unifiedcyberontology.org/uco/location/",
    "observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_MAKING = frozenset({"item.taken-in", "item.derived"})


def case_uco(content: ExportContent, out: IO[bytes]) -> None:
    """The case as a CASE 1.5 graph.

    Each custody event is an InvestigativeAction informed by the one before; each item is a File with its hashes and
    a ProvenanceRecord with its exhibit number; findings and claims are assertions, never facts.

    Parameters
    ----------
    content : ExportContent
    out : binary file
        Takes JSON-LD, canonical JSON; nothing in it has to be fetched to read it.

    References
    ----------
    CASE Ontology 1.5.0 and UCO 1.5.0, https://caseontology.org. Hash methods are plain strings, as UCO has them
    since 1.4.0.
    """
    graph = _Graph(content)
    graph.items()
    graph.findings()
    graph.place()
    graph.claims()
    graph.events()
    graph.investigation()
    out.write(canonical({"@context": CONTEXT | {"kb": graph.space}, "@graph": graph.nodes}))


class _Graph:
    def __init__(self, content: ExportContent) -> None:
        self.content = content
        self.space = f"urn:uuid:{content.identifier('case-uco')}#"
        self.nodes: list[Plain] = []
        self._known: set[str] = set()
        self._files: dict[str, dict[str, Plain]] = {}
        self.software = self.tool("witnessmark", content.software_version)

    def node(self, kind: str, names: tuple[object, ...], body: dict[str, Plain]) -> dict[str, Plain]:
        """Add a node once, and give what refers to it."""
        local = kind.split(":")[1].lower()
        name = f"kb:{local}-{self.content.identifier(kind, *names)}"
        if name not in self._known:
            self._known.add(name)
            told: dict[str, Plain] = {"@id": name, "@type": kind}
            told |= {key: value for key, value in body.items() if value not in (None, "", [])}
            self.nodes.append(told)
        return {"@id": name}

    def tool(self, name: str, version: str) -> dict[str, Plain]:
        """A program and its version."""
        return self.node("tool:Tool", (name, version), {"core:name": name, "tool:version": version})

    def person(self, name: str) -> dict[str, Plain]:
        """Who acted, by the name this edition calls them."""
        return self.node("identity:Person", (name,), {"core:name": name})

    def file(self, body: dict[str, Plain], name: str) -> dict[str, Plain]:
        """A preserved or derived file with its hashes."""
        sha256 = words(body["sha256"])
        hashes: list[Plain] = []
        for method, value in (("SHA256", sha256), ("SHA512", words(body.get("sha512")))):
            if value:
                told: dict[str, Plain] = {"types:hashMethod": method, "types:hashValue": _typed(value, "hexBinary")}
                hashes.append(self.node("types:Hash", (sha256, method), told))
        size = body.get("size_bytes")
        content: dict[str, Plain] = {"observable:hash": hashes, "observable:mimeType": body.get("media_type")}
        if isinstance(size, int):
            content["observable:sizeInBytes"] = _typed(str(size), "integer")
        facets: list[Plain] = [
            self.node("observable:ContentDataFacet", (sha256,), content),
            self.node("observable:FileFacet", (sha256,), {"observable:fileName": name}),
        ]
        made = self.node("observable:File", (sha256,), {"core:name": name, "core:hasFacet": facets})
        self._files[sha256] = made
        return made

    def items(self) -> None:
        """Items, how each was obtained, and the files derived from them."""
        for item in self.content.rows("items"):
            exhibit = words(item["exhibit_number"])
            whole = self.file(item, exhibit)
            made = [whole]
            for number, capture in enumerate(rows(item.get("captures")), 1):
                self._capture(capture, exhibit, number, whole)
            for derived in rows(item.get("derived")):
                part = self.file(derived, words(derived.get("exhibit_number") or derived.get("name")))
                made.append(part)
                self.node(
                    "observable:ObservableRelationship",
                    (exhibit, derived["sha256"]),
                    {
                        "core:source": part,
                        "core:target": whole,
                        "core:kindOfRelationship": "Derived_From",
                        "core:isDirectional": True,
                    },
                )
            self.node(
                "investigation:ProvenanceRecord",
                (exhibit,),
                {
                    "core:description": f"{exhibit} and what was derived from it",
                    "investigation:exhibitNumber": exhibit,
                    "core:object": list(made),
                },
            )

    def _capture(self, capture: dict[str, Plain], exhibit: str, number: int, whole: Plain) -> None:
        tool = table(capture.get("tool"))
        operator = words(capture.get("operator"))
        self.node(
            "investigation:InvestigativeAction",
            ("capture", exhibit, number),
            {
                "core:name": "acquisition",
                "core:description": words(capture.get("method")) or "obtained",
                "action:startTime": _time(capture.get("started")),
                "action:endTime": _time(capture.get("ended")),
                "action:performer": self.person(operator) if operator else None,
                "action:instrument": [self.tool(words(tool.get("name")), words(tool.get("version")))],
                "action:result": [whole],
            },
        )

    def findings(self) -> None:
        """What lines found: the analysis as an action, its statement as an annotation of the file."""
        for finding in self.content.rows("findings"):
            subject = self._files.get(words(finding.get("item")))
            if subject is None:
                continue
            limits = finding.get("limits")
            state = f"Superseded by {finding['superseded_by']}." if finding.get("superseded_by") else ""
            told = self.node(
                "core:Annotation",
                ("finding", finding["id"]),
                {
                    "core:name": f"finding {finding['id']}",
                    "core:statement": words(finding.get("statement")),
                    "core:description": [
                        words(one)
                        for one in (finding.get("question"), *(limits if isinstance(limits, list) else []), state)
                        if one
                    ],
                    "core:object": [subject],
                },
            )
            self.node(
                "investigation:InvestigativeAction",
                ("finding", finding["id"]),
                {
                    "core:name": f"analysis: {words(finding.get('line'))}",
                    "core:description": words(finding.get("method")),
                    "action:performer": self.software,
                    "action:instrument": [self.software],
                    "action:object": [subject],
                    "action:result": [told],
                },
            )

    def place(self) -> None:
        """The most probable cell as a location that says what it leaves open."""
        place = self.content.most_probable_place
        if not place:
            return
        at: dict[str, Plain] = {
            f"location:{name}": _typed(f"{place[key]:.6f}", "decimal")
            for name, key in (("latitude", "lat_deg"), ("longitude", "lon_deg"))
            if isinstance(place.get(key), (int, float))
        }
        facet = self.node("location:LatLongCoordinatesFacet", ("most probable",), at)
        regions = "; ".join(
            f"{one.get('probability')} within {one.get('area_km2')} km2"
            for one in rows(self.content.assessment.get("regions_place"))
        )
        self.node(
            "location:Location",
            ("most probable",),
            {
                "core:name": "centre of the most probable cell",
                "core:description": f"Not a location of the event: a cell of {place.get('cell_m')} m. {regions}",
                "core:hasFacet": [facet],
            },
        )

    def claims(self) -> None:
        """What parties say, as assertions by them."""
        sources = {}
        for source in self.content.rows("sources"):
            name = words(source.get("name")) or words(source["id"])
            body: dict[str, Plain] = {"core:name": name, "core:description": words(source.get("party"))}
            sources[source["id"]] = self.node("identity:Identity", ("source", source["id"]), body)
        for claim in self.content.rows("claims"):
            said = [words(claim.get("statement")), text_of(claim.get("quote"))]
            self.node(
                "core:Assertion",
                ("claim", claim["id"]),
                {
                    "core:name": f"claim {claim['id']}",
                    "core:statement": [one for one in said if one],
                    "core:description": f"{words(claim.get('hedge'))}; information {words(claim.get('credibility'))}",
                    "core:createdBy": sources.get(claim.get("source")),
                },
            )

    def events(self) -> None:
        """The custody log."""
        before: dict[str, Plain] | None = None
        for event in self.content.chain:
            objects = event.get("objects")
            things: list[Plain] = [
                self._files[words(one)] for one in (objects if isinstance(objects, list) else []) if one in self._files
            ]
            making = event.get("action") in _MAKING
            agent = words(event.get("agent"))
            before = self.node(
                "investigation:InvestigativeAction",
                ("event", event["number"]),
                {
                    "core:name": words(event.get("premis")),
                    "core:description": f"custody event {event['number']}, {event.get('action')}, "
                    f"SHA-256 {event.get('sha256')}",
                    "action:startTime": _time(event.get("at")),
                    "action:endTime": _time(event.get("at")),
                    "action:performer": self.software if agent in ("", "witnessmark") else self.person(agent),
                    "action:instrument": [self.software],
                    "action:result": things[:1] if making else [],
                    "action:object": things[1:] if making else things,
                    "investigation:wasInformedBy": [before] if before is not None else [],
                },
            )

    def investigation(self) -> None:
        """The case, and all that belongs to it."""
        facts = table(self.content.record["case"])
        kinds = ("investigation:", "observable:File", "core:", "location:Location")
        belongs: list[Plain] = [
            {"@id": node["@id"]}
            for node in rows(self.nodes)
            if words(node["@type"]).startswith(kinds) and node["@type"] != "observable:FileFacet"
        ]
        left_out = self.content.record.get("left_out")
        self.node(
            "investigation:Investigation",
            ("case",),
            {
                "core:name": f"{self.content.reference}: {self.content.title}",
                "core:description": [
                    f"{self.content.edition.value} edition",
                    *[words(one) for one in (left_out if isinstance(left_out, list) else [])],
                ],
                "investigation:focus": [words(facts["question"])] if facts.get("question") else [],
                "core:object": belongs,
            },
        )


def _typed(value: str, kind: str) -> dict[str, Plain]:
    return {"@type": f"xsd:{kind}", "@value": value}


def _time(value: Plain) -> dict[str, Plain] | None:
    return _typed(value, "dateTime") if isinstance(value, str) and value else None
