"""What an edition says, in the formats others read: one file a format, all from the same redacted content."""

from witnessmark.dossier.exports.acled import acled
from witnessmark.dossier.exports.case_uco import case_uco
from witnessmark.dossier.exports.content import CapturedPage, ExportContent, PlaceRegion, export_content
from witnessmark.dossier.exports.ftm import ftm
from witnessmark.dossier.exports.geojson import geojson
from witnessmark.dossier.exports.prov import prov
from witnessmark.dossier.exports.wacz import wacz

WRITERS = {
    "case-uco": (case_uco, "CASE/UCO 1.5 as JSON-LD", ".jsonld"),
    "ftm": (ftm, "FollowTheMoney entities, one JSON object a line", ".ftm.json"),
    "acled": (acled, "a table of events in ACLED's columns, with precisions, CSV", ".csv"),
    "prov": (prov, "W3C PROV as PROV-JSON", ".prov.json"),
    "geojson": (geojson, "places and regions with their errors, RFC 7946", ".geojson"),
    "wacz": (wacz, "captured pages as one web archive, WACZ 1.1.1", ".wacz"),
}
"""By name: what writes it (content -> bytes), what it is, and the usual ending of its file."""

__all__ = ["WRITERS", "CapturedPage", "ExportContent", "PlaceRegion", "export_content"]
