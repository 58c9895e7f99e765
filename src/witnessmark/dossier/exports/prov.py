"""PROV-JSON: what was made from what, by which act, by whom, with which program."""

from __future__ import annotations

from typing import IO

from witnessmark.dossier.casefile import rows, table, words
from witnessmark.dossier.exports.content import ExportContent
from witnessmark.plain import Plain, canonical

_MAKING = frozenset({"item.taken-in", "item.derived", "item.captured-again"})
_PREFIX = "wm"


def prov(content: ExportContent, out: IO[bytes]) -> None:
    """The case's provenance.

    Items, derived files, findings, the assessment and claims are entities; custody events and captures are activities;
    people, sources and programs are agents.

    Parameters
    ----------
    content : ExportContent
    out : binary file
        Takes PROV-JSON, canonical.

    References
    ----------
    W3C Member Submission, The PROV-JSON Serialization, 24 April 2013; W3C Recommendation PROV-DM, 30 April 2013.
    """
    made = _Document(content)
    made.items()
    made.findings()
    made.claims()
    made.events()
    out.write(canonical(made.document))


class _Document:
    def __init__(self, content: ExportContent) -> None:
        self.content = content
        space = f"urn:uuid:{content.identifier('prov')}#"
        self.document: dict[str, dict[str, Plain]] = {
            "prefix": {_PREFIX: space, "premis": "http://id.loc.gov/vocabulary/preservation/eventType/"}
        }
        self._relations = 0
        self.software = self.agent("software", f"witnessmark {content.software_version}", "prov:SoftwareAgent")

    def _put(self, kind: str, name: str, body: dict[str, Plain]) -> str:
        full = f"{_PREFIX}:{name}"
        self.document.setdefault(kind, {})[full] = {key: value for key, value in body.items() if value is not None}
        return full

    def relate(self, kind: str, **ends: str) -> None:
        """A relation such as used or wasDerivedFrom, between names."""
        self._relations += 1
        body: dict[str, Plain] = {f"prov:{end}": name for end, name in ends.items()}
        self.document.setdefault(kind, {})[f"_:r{self._relations}"] = body

    def agent(self, sort: str, name: str, kind: str) -> str:
        """A person, source or program, once."""
        local = f"{sort}-{self.content.identifier('agent', sort, name)}"
        body: dict[str, Plain] = {"prov:type": _qualified(kind), "prov:label": name}
        return self._put("agent", local, body)

    def entity(self, name: str, label: str, kind: str, **more: Plain) -> str:
        """An entity with its label and its type in this program's words."""
        body: dict[str, Plain] = {"prov:label": label, f"{_PREFIX}:kind": kind}
        return self._put("entity", name, body | {f"{_PREFIX}:{key}": value for key, value in more.items()})

    def thing(self, sha256: Plain) -> str | None:
        """The entity of some bytes; what stands in the record only by its hash is told as that."""
        if not isinstance(sha256, str) or len(sha256) != 64:
            return None
        name = f"sha256-{sha256}"
        if f"{_PREFIX}:{name}" not in self.document.get("entity", {}):
            self.entity(name, f"bytes with SHA-256 {sha256[:12]}", "bytes", sha256=sha256)
        return f"{_PREFIX}:{name}"

    def items(self) -> None:
        """Preserved files, how each was obtained, and what was drawn from it."""
        for item in self.content.rows("items"):
            exhibit = words(item["exhibit_number"])
            whole = self.entity(
                f"sha256-{item['sha256']}",
                exhibit,
                f"{item['copy']} copy",
                sha256=item["sha256"],
                sha512=item["sha512"],
                size_bytes=item["size_bytes"],
                media_type=item["media_type"],
            )
            for number, capture in enumerate(rows(item.get("captures")), 1):
                self._capture(capture, f"capture-{exhibit}-{number}", whole)
            for derived in rows(item.get("derived")):
                name = words(derived.get("exhibit_number") or derived.get("name"))
                part = self.entity(f"sha256-{derived['sha256']}", name, "derived copy", sha256=derived["sha256"])
                self.relate("wasDerivedFrom", generatedEntity=part, usedEntity=whole)

    def _capture(self, capture: dict[str, Plain], name: str, whole: str) -> None:
        tool = table(capture.get("tool"))
        act = self._put(
            "activity",
            name,
            {
                "prov:startTime": capture.get("started"),
                "prov:endTime": capture.get("ended"),
                "prov:label": capture.get("method"),
                f"{_PREFIX}:url": capture.get("url"),
            },
        )
        program = self.agent("software", f"{tool.get('name')} {tool.get('version')}", "prov:SoftwareAgent")
        self.relate("wasAssociatedWith", activity=act, agent=program)
        if capture.get("operator"):
            person = self.agent("person", words(capture["operator"]), "prov:Person")
            self.relate("wasAssociatedWith", activity=act, agent=person)
        self.relate("wasGeneratedBy", entity=whole, activity=act)

    def findings(self) -> None:
        """What lines found, from which bytes, and what was fused from it."""
        known = {}
        for finding in self.content.rows("findings"):
            name = known[finding["id"]] = self.entity(
                f"finding-{finding['id']}",
                words(finding.get("statement")) or words(finding["id"]),
                "finding",
                line=finding.get("line"),
                method=finding.get("method"),
                version=finding.get("version"),
            )
            self.relate("wasAttributedTo", entity=name, agent=self.software)
            for hashed in {words(one.get("sha256")) for one in rows(finding.get("inputs"))} | {words(finding["item"])}:
                if (source := self.thing(hashed)) is not None:
                    self.relate("wasDerivedFrom", generatedEntity=name, usedEntity=source)
        for finding in self.content.rows("findings"):
            if (later := known.get(finding.get("superseded_by"))) is not None:
                self.relate("wasDerivedFrom", generatedEntity=later, usedEntity=known[finding["id"]])
        assessment = self.content.assessment
        if assessment:
            whole = self.entity("assessment", words(assessment.get("id")) or "assessment", "assessment")
            for share in rows(assessment.get("shares")):
                if (part := known.get(share.get("finding_id"))) is not None:
                    self.relate("wasDerivedFrom", generatedEntity=whole, usedEntity=part)

    def claims(self) -> None:
        """Who says what: sources are agents, claims entities attributed to them."""
        sources = {
            source["id"]: self.agent("source", words(source.get("name") or source["id"]), "prov:Agent")
            for source in self.content.rows("sources")
        }
        for claim in self.content.rows("claims"):
            said_at = table(claim.get("said_at")).get("at")
            name = self.entity(
                f"claim-{self.content.identifier('claim', claim['id'])}",
                words(claim.get("statement")),
                "claim",
                claim_id=claim["id"],
                hedge=claim.get("hedge"),
                said_at=said_at,
            )
            if claim.get("source") in sources:
                self.relate("wasAttributedTo", entity=name, agent=sources[claim["source"]])

    def events(self) -> None:
        """The custody log: each event an activity, informed by the one before."""
        before = None
        for event in self.content.chain:
            act = self._put(
                "activity",
                f"event-{event['number']}",
                {
                    "prov:startTime": event.get("at"),
                    "prov:endTime": event.get("at"),
                    "prov:type": words(event.get("premis")),
                    f"{_PREFIX}:action": event.get("action"),
                    f"{_PREFIX}:sha256": event.get("sha256"),
                },
            )
            agent = words(event.get("agent"))
            who = self.software if agent == "witnessmark" else self.agent("person", agent, "prov:Person")
            self.relate("wasAssociatedWith", activity=act, agent=who)
            if before is not None:
                self.relate("wasInformedBy", informed=act, informant=before)
            before = act
            objects = event.get("objects")
            for place, sha256 in enumerate(objects if isinstance(objects, list) else []):
                if (thing := self.thing(sha256)) is None:
                    continue
                if place == 0 and event.get("action") in _MAKING:
                    self.relate("wasGeneratedBy", entity=thing, activity=act)
                else:
                    self.relate("used", activity=act, entity=thing)


def _qualified(name: str) -> Plain:
    return {"$": name, "type": "xsd:QName"}
