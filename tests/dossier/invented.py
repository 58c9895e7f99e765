"""An invented case, rich enough to fill every part of a dossier. Parties, places and people do not exist."""

from __future__ import annotations

import datetime as dt
import hashlib
import struct
import zlib
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from witnessmark.custody.hashes import Sha256, Sha512
from witnessmark.custody.records import Derivation, Tool
from witnessmark.dossier import DossierContent, DossierPicture, Original
from witnessmark.plain import Plain, canonical

AT = dt.datetime(2024, 6, 20, 12, 0, tzinfo=dt.UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
OPERATOR = "Marta Ilves"
REVIEWER = "Jonas Brandt"
ORIGINAL_NAME = "VID_20240601_093012.mp4"


def png(height: int, width: int, seed: int) -> bytes:
    """A textured picture as PNG, written by hand so that its bytes are the same everywhere."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width]
    base = 128 + 60 * np.sin(columns / 23 + seed) * np.cos(rows / 17) + rng.normal(0, 18, (height, width))
    tint = np.array([0.9, 1.0, 1.12])
    pixels = np.clip(base[..., None] * tint, 0, 255).astype(np.uint8)
    raw = b"".join(b"\x00" + row.tobytes() for row in pixels)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def event_bytes(number: int, previous: str, agent: str, action: str, at: dt.datetime, payload: Plain) -> bytes:
    """A custody event as its file holds it."""
    body: dict[str, object] = {
        "number": number,
        "premis": "ingestion" if number == 1 else "forensic feature analysis",
        "action": action,
        "at": at,
        "agent": agent,
        "tool": {"name": "witnessmark", "version": "0.1.0"},
        "objects": [hashlib.sha256(b"original").hexdigest()],
        "payload": payload,
        "previous": previous,
    }
    return canonical({**body, "signature": KEY.sign(canonical(body))})


def make_events(count: int = 5) -> tuple[bytes, ...]:
    """A signed chain; payloads hold numbers of every kind and a member called signature, as hostile ones may."""
    events: list[bytes] = []
    previous = "00" * 32
    for number in range(1, count + 1):
        payload: Plain = {
            "original_name": ORIGINAL_NAME,
            "numbers": [0.1, 1e21, 1e-7, -0.0, 5e-324, 123456789.125, 2**53],
            "inner": {"signature": "00" * 64, "text": 'a "quoted" \\ é \u20ac \U0001f600 \u0001'},
        }
        who = OPERATOR if number % 2 else "witnessmark"
        data = event_bytes(number, previous, who, f"step.{number}", AT + dt.timedelta(minutes=number), payload)
        events.append(data)
        previous = hashlib.sha256(data).hexdigest()
    return tuple(events)


def make_case(sha256: str, sha512: str, size: int, extra: str = "") -> dict[str, Plain]:
    """The record as the desk hands it in."""
    tool: Plain = {"name": "witnessmark", "version": "0.1.0"}

    def finding(name: str, line: str, question: str, statement: str, limits: list[Plain], shape: list[Plain]) -> Plain:
        return {
            "id": name,
            "line": line,
            "question": question,
            "version": "1.2",
            "method": "closed-form weighing of marked observations",
            "item": sha256,
            "parameters": {"clock_error_s": 90.0, "floor_nats": -12.5, "marks": ["m1", "m2"]},
            "inputs": [{"sha256": sha256, "part": "pictures"}],
            "seed": 7,
            "statement": statement,
            "limits": limits,
            "cap_nats": 6.9,
            "log_likelihood": {"sha256": None, "shape": shape, "file": None, "alternatives_nats": {"older": -1.5}},
            "observations": {
                "frames": 412,
                "cuts_s": [3.2, 7.9],
                "author": OPERATOR,
                "edges": [{"x_px": 10.5, "y_px": 4}],
            },
            "supersedes": None,
            "superseded_by": None,
        }

    return {
        "case": {
            "reference": "CASE-2024-007" + extra,
            "title": "Clip of a convoy at the lower bridge" + extra,
            "mandate": f"Asked by the Lakeside Inquiry to establish place and time. Opened by {OPERATOR}.",
            "question": "Where and when was the clip filmed, and which of three accounts of it do the findings favour?",
            "created_at": "2024-06-02T08:00:00Z",
            "region": "Northern lake district",
            "time_axis": {"start": "2024-05-31T00:00:00Z", "end": "2024-06-03T00:00:00Z", "step_s": 60.0},
        },
        "items": [
            {
                "exhibit_number": "WM-0001",
                "sha256": sha256,
                "sha512": sha512,
                "size_bytes": size,
                "media_type": "video/mp4",
                "copy": "evidentiary",
                "captures": [
                    {
                        "tool": {"name": "yt-dlp", "version": "2024.05.27"},
                        "operator": OPERATOR,
                        "method": "download",
                        "original_name": ORIGINAL_NAME,
                        "started": "2024-06-02T08:10:00Z",
                        "ended": "2024-06-02T08:10:09Z",
                        "file_modified": {
                            "at": "2024-06-02T08:10:09Z",
                            "how_known": "file system",
                            "zone_proven": True,
                        },
                        "file_created": None,
                        "url": "https://video.example/watch/4711",
                        "notes": f"saved to /home/ilves/cases/007/{ORIGINAL_NAME}",
                    }
                ],
                "appearances": [
                    {
                        "platform": "VideoHub",
                        "account": "@riverside_eye",
                        "url": "https://video.example/watch/4711",
                        "posted": {
                            "at": "2024-06-01T13:40:00+04:00",
                            "how_known": "platform page",
                            "zone_proven": False,
                        },
                        "state": "live",
                        "text": "Կամուրջը առավոտյան · Мост утром · Körpü səhər",
                    }
                ],
                "media": {
                    "format": "mov,mp4",
                    "duration_s": 14.2,
                    "width_px": 1280,
                    "height_px": 720,
                    "metadata": {"com.example.device": "phone of M."},
                },
                "derived": [
                    {
                        "name": "contact sheet",
                        "sha256": "ab" * 32,
                        "parent": sha256,
                        "tool": tool,
                        "parameters": {"columns": 4},
                    }
                ],
            }
        ],
        "sources": [
            {
                "id": "S1",
                "name": "Office of the Lake Ombudsman",
                "kind": "ombudsman",
                "party": "Upland",
                "reliability": "B",
            },
            {"id": "S2", "name": "Ministry of Lowland", "kind": "government", "party": "Lowland", "reliability": "C"},
            {"id": "S3", "name": "Riverside eyewitness", "kind": "witness", "party": None, "reliability": "F"},
        ],
        "claims": [
            {
                "id": "C1",
                "source": "S1",
                "statement": "The clip was filmed at the lower bridge on the morning of 1 June 2024.",
                "quote": {
                    "text": "Կամուրջը երևում է արևածագից հետո",
                    "document": "statement-12.pdf",
                    "locator": "p. 2",
                    "language": "hy",
                    "translation": "The bridge is seen after sunrise",
                },
                "hedge": "asserts",
                "credibility": 2,
                "said_at": {"at": "2024-06-01T18:00:00+04:00", "how_known": "dateline"},
            },
            {
                "id": "C2",
                "source": "S2",
                "statement": "The clip is older footage from another valley.",
                "quote": "Видео снято раньше и в другой долине",
                "hedge": "asserts",
                "credibility": 5,
            },
            {
                "id": "C3",
                "source": "S3",
                "statement": "It was filmed in the evening of the same day.",
                "quote": "Axşam çəkilib, günəş alçaqda idi",
                "hedge": "suggests",
                "credibility": 6,
            },
        ],
        "hypotheses": {
            "crs": "+proj=laea +lat_0=46 +lon_0=8 +units=m",
            "spacing_m": 250.0,
            "n_places": 1600,
            "bounds": {"south_deg": 45.9, "west_deg": 7.9, "north_deg": 46.1, "east_deg": 8.1},
            "start": "2024-05-31T00:00:00Z",
            "step_s": 60.0,
            "n_instants": 4320,
            "alternatives": [
                {"name": "older", "statement": "The footage is older than the time axis.", "prior": 0.2},
                {"name": "elsewhere", "statement": "It was filmed outside the area.", "prior": 0.2},
            ],
        },
        "findings": [
            finding(
                "F1",
                "terrain",
                "From where would this skyline be seen?",
                "The marked skyline fits 31 of 1,600 places; the best lie along the road to the lower bridge.",
                ["Haze hides the far ridge between 12 and 40 degrees.", "Trees above 8 m would not be noticed."],
                [1600, 1],
            ),
            finding(
                "F2",
                "sun",
                "When would these shadows fall so?",
                "Two marked shadows fit a sun 18 to 24 degrees above the horizon in the east.",
                ["The day of the year is hardly constrained."],
                [1600, 4320],
            ),
            finding(
                "F3",
                "integrity",
                "Is this file what a camera or a platform would have written, and has it been cut?",
                "The container was written by a platform; its creation time was rewritten.",
                ["Absence of a manifest proves nothing."],
                [1, 4320],
            ),
        ],
        "abstentions": [
            {
                "line": "conversation",
                "item": "WM-0001",
                "reason": "The sound holds less than two seconds of speech.",
                "what_would_help": "A copy with its original sound.",
            }
        ],
        "assessment": {
            "p_grid": 0.91,
            "alternatives": {"older": 0.07, "elsewhere": 0.02},
            "regions_place": [{"probability": 0.5, "area_km2": 0.44}, {"probability": 0.9, "area_km2": 2.19}],
            "regions_time": [
                {"probability": 0.5, "minutes": 41.0, "intervals": [["2024-06-01T05:02:00Z", "2024-06-01T05:43:00Z"]]},
                {
                    "probability": 0.9,
                    "minutes": 133.0,
                    "intervals": [
                        ["2024-06-01T04:31:00Z", "2024-06-01T06:02:00Z"],
                        ["2024-06-02T04:50:00Z", "2024-06-02T05:32:00Z"],
                    ],
                },
            ],
            "shares": [
                {
                    "finding_id": "F1",
                    "line": "terrain",
                    "weight": 1.0,
                    "bits": 5.1,
                    "bits_place": 5.1,
                    "bits_time": 0.0,
                    "bits_alternatives": 0.3,
                    "capped": False,
                    "discriminates": True,
                    "without": {"C1": 0.4, "C2": -0.2, "C3": 0.1},
                },
                {
                    "finding_id": "F2",
                    "line": "sun",
                    "weight": 0.7,
                    "bits": 3.3,
                    "bits_place": 0.2,
                    "bits_time": 3.1,
                    "bits_alternatives": 0.1,
                    "capped": True,
                    "discriminates": True,
                    "without": {"C1": 1.5, "C2": -0.9, "C3": 0.6},
                },
                {
                    "finding_id": "F3",
                    "line": "integrity",
                    "weight": 1.0,
                    "bits": 0.02,
                    "bits_place": 0.0,
                    "bits_time": 0.02,
                    "bits_alternatives": 0.0,
                    "capped": False,
                    "discriminates": False,
                    "without": {"C1": 2.1, "C2": -1.1, "C3": -0.2},
                },
            ],
            "standings": [
                {
                    "claim_id": "C1",
                    "prior": 0.3,
                    "posterior": 0.982,
                    "log10_lr": 2.1,
                    "lr_words": "moderately strong support for the claim",
                    "probability_words": "almost certain",
                },
                {
                    "claim_id": "C2",
                    "prior": 0.4,
                    "posterior": 0.09,
                    "log10_lr": -1.1,
                    "lr_words": "moderate support against the claim",
                    "probability_words": "very unlikely",
                },
                {
                    "claim_id": "C3",
                    "prior": 0.3,
                    "posterior": 0.21,
                    "log10_lr": -0.2,
                    "lr_words": "does not discriminate",
                    "probability_words": "unlikely",
                },
            ],
            "does_not_discriminate": ["F3"],
            "parameters": {"cap_nats": 6.9, "shared_input_weight": 0.7},
            "marginals": {"place": {"best": {"lat_deg": 46.01, "lon_deg": 8.02}}},
            "pictures": ["posterior-place.png"],
        },
        "reviews": [
            {
                "subject": "F1",
                "reviewer": REVIEWER,
                "verdict": "sign-off",
                "at": "2024-06-18T09:00:00Z",
                "reasons": "I marked the skyline anew without seeing the first marks and came to the same road.",
                "signature": "11" * 64,
            },
            {
                "subject": "assessment",
                "reviewer": REVIEWER,
                "verdict": "dissent",
                "at": "2024-06-19T09:00:00Z",
                "reasons": "The prior for older footage is too low; clips of this bridge have circulated before.",
                "signature": "22" * 64,
                "authors": [OPERATOR],
                "author_key_pems": ["-----BEGIN PUBLIC KEY-----"],
                "reviewer_identity": {"name": REVIEWER, "affiliation": "Harbour Institute"},
                "signed": {"reviewer": {"name": REVIEWER, "affiliation": "Harbour Institute"}},
                "state": "stale",
                "notes": ["The assessment has changed since."],
                "conflict_of_interest": f"once taught {OPERATOR}",
                "blind": True,
            },
        ],
        "law": [
            {
                "instrument": "Geneva Convention III",
                "article": "13",
                "element": "Protection against public curiosity",
                "text": "Prisoners of war must at all times be protected, against insults and public curiosity.",
                "citation": "Convention relative to the Treatment of Prisoners of War, 12 August 1949, 75 UNTS 135",
                "version": "1949",
                "bears": [{"finding": "F1", "direction": "supports", "note": "Where it was.", "by": OPERATOR}],
            },
            {
                "instrument": "Rome Statute",
                "article": "8(2)(a)(vi)",
                "element": "Fair and regular trial",
                "text": "Wilfully depriving a prisoner of war of the rights of fair and regular trial.",
                "citation": "2187 UNTS 90",
                "version": "2019",
                "bears": [],
            },
        ],
        "not_resolved": ["Who filmed the clip is not known."],
    }


def make_content(folder: Path, extra: str = "", original: bytes | None = None) -> DossierContent:
    """Everything a closed edition takes; the original lies in the folder."""
    data = original if original is not None else np.random.default_rng(5).bytes(150_000)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "original.bin"
    path.write_bytes(data)
    sha256, sha512 = hashlib.sha256(data), hashlib.sha512(data)
    rng = np.random.default_rng(11)
    parent = Sha256(sha256.digest())
    still = Derivation(parent, Tool("witnessmark", "0.1.0"), {"pts_s": 3.25, "source": "/home/ilves/cases/007/a.mp4"})
    return DossierContent(
        case=make_case(sha256.hexdigest(), sha512.hexdigest(), len(data), extra),
        events=make_events(),
        public_key_pem=PEM,
        software_version="0.1.0",
        pictures=(
            DossierPicture(
                "posterior-place.png", "Probability over places, brighter is higher", png(160, 320, 1), None, False
            ),
            DossierPicture(
                "contact-sheet.png", f"Stills of WM-0001, made by {OPERATOR}", png(180, 320, 2), "WM-0001", True, still
            ),
        ),
        likelihoods={
            "F1": rng.normal(size=(40, 1)).astype(np.float32),
            "F3": rng.normal(size=(1, 60)).astype(np.float32),
        },
        originals=(Original("WM-0001", path, parent, Sha512(sha512.digest()), len(data), ORIGINAL_NAME),),
    )
