"""Whether a recording, or a part of it, is already known, and since when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from witnessmark.custody.records import Appearance, Item
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding, InputRef, Marks, Picture, Tools
from witnessmark.lines.copies import likelihood
from witnessmark.lines.copies.appearances import Member, chain
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.fingerprinting import fingerprint_of
from witnessmark.lines.copies.library import Seen, together
from witnessmark.lines.copies.looking import Looked, found_of, kept_fingerprint, libraries_of, look
from witnessmark.lines.copies.observations import KEEP_AT_MOST, CopiesObservations, FingerprintFacts
from witnessmark.lines.copies.partners import answers_of
from witnessmark.lines.copies.stills import still_pairs
from witnessmark.lines.copies.telling import answer_remarks, remarks
from witnessmark.media.records import Broken


class CopiesLine:
    """The copies line; see docs/lines/copies.md."""

    name = "copies"
    version = "1"
    question = "Is this recording, or a part of it, already known, and since when?"
    observations: type = CopiesObservations
    needs: frozenset[type] = frozenset()
    consults: frozenset[str] = frozenset({"fingerprints"})
    references: tuple[str, ...] = (
        "Meta, PDQ: a perceptual hash for photos, in The TMK+PDQF video-hashing algorithm and the PDQ image-hashing "
        "algorithm, 2019, https://github.com/facebook/ThreatExchange/blob/main/hashing/hashing.pdf",
        "Clopper and Pearson, The use of confidence or fiducial limits illustrated in the case of the binomial, "
        "Biometrika 26, 1934, doi:10.1093/biomet/26.4.404",
        "Ayer et al., An empirical distribution function for sampling with incomplete information, Annals of "
        "Mathematical Statistics 26, 1955, doi:10.1214/aoms/1177728423",
        "Brummer and du Preez, Application-independent evaluation of speaker detection, Computer Speech & Language 20, "
        "2006, doi:10.1016/j.csl.2005.08.001",
    )

    def observe(self, item: Item, marks: Marks, tools: Tools) -> CopiesObservations | Abstention:
        """Fingerprint the item, search every library handed over, and say what matches.

        Parameters
        ----------
        item : Item
        marks : Marks
            Not used: this line needs no person.
        tools : Tools
            Libraries are the providers whose names begin with "fingerprints:".

        Returns
        -------
        CopiesObservations or Abstention
            An abstention only when nothing can be decoded.
        """
        libraries = libraries_of(tools.providers)
        fingerprint: Fingerprint | Broken | None = kept_fingerprint(libraries, item.sha256)
        if fingerprint is None:
            fingerprint = fingerprint_of(tools.original, progress=lambda done, what: tools.progress(0.7 * done, what))
        if isinstance(fingerprint, Broken):
            return self._broken(item, fingerprint)
        looked = look(fingerprint, item.sha256, libraries, lambda done, what: tools.progress(0.7 + 0.25 * done, what))
        tools.progress(0.95, "comparing pictures")
        seen = _observed(item, tools, fingerprint, looked)
        tools.progress(1.0, "done")
        return seen

    def weigh(self, seen: CopiesObservations, over: Hypotheses) -> Finding | Abstention:
        """Weigh the time axis by when copies were first seen; place is not touched."""
        return likelihood.weigh(seen, over, self.name, self.version)

    def draw(self, seen: CopiesObservations) -> tuple[Picture, ...]:
        """Aligned strips of the surest matches, and the appearances in order of time."""
        from witnessmark.lines.copies import strips  # brings matplotlib, which stores of fingerprints need not wait for

        return strips.draw(seen)

    def _broken(self, item: Item, broken: Broken) -> Abstention:
        where = "" if broken.at_s is None else f" at {broken.at_s:.2f} s"
        return Abstention(
            line=self.name,
            version=self.version,
            reason=f"The file could not be decoded ({broken.stage}{where}): {broken.reason.rstrip('.')}.",
            what_would_help=broken.do.rstrip(".") + ".",
            inputs=(InputRef(item.sha256, "pictures"),),
        )


COPIES = CopiesLine()


def _observed(item: Item, tools: Tools, fingerprint: Fingerprint, looked: Looked) -> CopiesObservations:
    """Put together what was found."""
    told = looked.hits[:KEEP_AT_MOST]
    found = tuple(found_of(hit, fingerprint.duration_s) for hit in told)
    own = _own_times(item, tools.appearances)
    answers = answers_of(tools.providers, item.sha256)
    sequence = chain(_members(item, own, fingerprint, looked))
    parts = ["pictures"] if fingerprint.frames.times_s.size else []
    parts += ["sound"] if fingerprint.sound is not None else []
    return CopiesObservations(
        item=item.sha256,
        inputs=tuple(InputRef(item.sha256, part) for part in parts or ["pictures"]),
        fingerprint=_facts(fingerprint),
        searched=looked.searched,
        same_file=looked.same_file,
        found=found,
        found_count=len(looked.hits),
        own=own,
        chain=sequence,
        stills=still_pairs(fingerprint, told),
        answers=answers,
        remarks=(
            *remarks(looked.searched, looked.same_file, found, len(looked.hits)),
            *answer_remarks(answers),
            *sequence.remarks,
        ),
    )


def _members(item: Item, own: tuple[Seen, ...], fingerprint: Fingerprint, looked: Looked) -> list[Member]:
    """The item, with what is known of the very same file elsewhere, and everything that is a copy."""
    elsewhere = (seen for known in looked.same_file for seen in known.seen)
    members = [Member(item.exhibit_number, "", fingerprint.duration_s, together((*own, *elsewhere)), None)]
    members.extend(
        Member(hit.recording.name, hit.recording.origin, hit.recording.duration_s, hit.seen, hit.match)
        for hit in looked.hits
        if hit.match.relation == "copy"
    )
    return members


def _own_times(item: Item, appearances: Sequence[Appearance]) -> tuple[Seen, ...]:
    """When the item was posted, and when it was obtained, earliest first."""
    times = [_posted(one) for one in appearances]
    times.extend(Seen(capture.ended.timestamp(), _offset_s(capture.ended), "taken in", "") for capture in item.captures)
    return tuple(sorted(times, key=lambda one: (one.at_unix_s, one.where)))


def _posted(one: Appearance) -> Seen:
    moment = one.posted
    words = moment.how_known if moment.how_known.startswith("platform page") else f"posting, {moment.how_known}"
    offset_s = _offset_s(moment.at) if moment.zone_proven else None
    return Seen(moment.at.timestamp(), offset_s, words, one.platform, one.account, one.url or "")


def _offset_s(moment: dt.datetime) -> int:
    return round((moment.utcoffset() or dt.timedelta()).total_seconds())


def _facts(fingerprint: Fingerprint) -> FingerprintFacts:
    sound = fingerprint.sound
    return FingerprintFacts(
        algorithm=fingerprint.algorithm,
        duration_s=fingerprint.duration_s,
        width_px=fingerprint.width_px,
        height_px=fingerprint.height_px,
        frames_count=int(fingerprint.frames.times_s.size),
        features_count=0 if fingerprint.features is None else int(fingerprint.features.codes.shape[0]),
        thumbnails_count=0 if fingerprint.thumbnails is None else int(fingerprint.thumbnails.times_s.size),
        sound_s=0.0 if sound is None else float(sound.codes.size * sound.step_s),
        stopped=fingerprint.stopped or "",
    )
