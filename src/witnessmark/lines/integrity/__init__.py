"""Whether a file is what a camera or a platform would have written, and whether it has been cut."""

from __future__ import annotations

import hashlib

from witnessmark import media
from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Item
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding, InputRef, Marks, Picture, Remark, Tools
from witnessmark.lines.integrity import (
    container,
    cuts,
    drawing,
    encoders,
    gaps,
    likelihood,
    provenance,
    repeats,
    spans,
    timestamps,
)
from witnessmark.lines.integrity.limits import CLOCK
from witnessmark.lines.integrity.observations import (
    KEEP_AT_MOST,
    IntegrityObservations,
    PostedBound,
    ProvenanceFacts,
    StatedTime,
)
from witnessmark.media.records import Broken, Probe, Sound, Survey
from witnessmark.plain import canonical, iso


class IntegrityLine:
    """The integrity line; see docs/lines/integrity.md."""

    name = "integrity"
    version = "1"
    question = "Is this file what a camera or a platform would have written, and has it been cut?"
    observations: type = IntegrityObservations
    needs: frozenset[type] = frozenset()
    consults: frozenset[str] = frozenset()
    references: tuple[str, ...] = (
        "ISO/IEC 14496-12:2022, Information technology - ISO base media file format, 8.2.2 (movie header)",
        "C2PA Technical Specification 2.2, section 15 (validation), https://spec.c2pa.org",
        "SWGDE 23-V-001, Best Practices for Digital Forensic Video Analysis",
        "Hampel, The influence curve and its role in robust estimation, JASA 69, 1974, "
        "doi:10.1080/01621459.1974.10482962",
        "Jones, Student's simplest distribution, The Statistician 51, 2002, doi:10.1111/1467-9884.00297",
    )

    def observe(self, item: Item, marks: Marks, tools: Tools) -> IntegrityObservations | Abstention:
        """Read the container, decode the pictures and sound once, and say what is there.

        Parameters
        ----------
        item : Item
        marks : Marks
            Not used: this line needs no person.
        tools : Tools

        Returns
        -------
        IntegrityObservations or Abstention
            Facts are returned whether or not anything bears on time; an abstention only when nothing can be decoded.
        """
        tools.progress(0.0, "reading the container")
        probe = media.probe(tools.original)
        if isinstance(probe, Broken):
            return self._broken(item, probe)
        tools.progress(0.1, "decoding the pictures")
        survey = media.survey(tools.original)
        if isinstance(survey, Broken):
            return self._broken(item, survey)
        tools.progress(0.8, "decoding the sound")
        sound = media.sound(tools.original) if probe.sound_packets else None
        tools.progress(0.9, "reading the C2PA manifest")
        manifest = provenance.read_manifest(tools.original, probe.format_name)
        seen = _observed(item, tools, probe, survey, sound if isinstance(sound, Sound) else None, manifest)
        tools.progress(1.0, "done")
        return seen

    def weigh(self, seen: IntegrityObservations, over: Hypotheses) -> Finding | Abstention:
        """Weigh the stated creation time and the first known posting over the time axis; place is not touched."""
        return likelihood.weigh(seen, over, self.name, self.version)

    def draw(self, seen: IntegrityObservations) -> tuple[Picture, ...]:
        """The time line with what was found."""
        return (drawing.timeline(seen),)

    def _broken(self, item: Item, broken: Broken) -> Abstention:
        where = "" if broken.at_s is None else f" at {broken.at_s:.2f} s"
        return Abstention(
            line=self.name,
            version=self.version,
            reason=f"The file could not be decoded ({broken.stage}{where}): {broken.reason.rstrip('.')}.",
            what_would_help=broken.do.rstrip(".") + ".",
            inputs=(InputRef(item.sha256, "container metadata"),),
        )


INTEGRITY = IntegrityLine()


def _observed(
    item: Item,
    tools: Tools,
    probe: Probe,
    survey: Survey,
    sound: Sound | None,
    manifest: ProvenanceFacts,
) -> IntegrityObservations:
    """Put together what the parts see."""
    facts = container.container_facts(probe)
    frames_stated = next((stream.frames_stated for stream in probe.streams if stream.kind == "video"), 0)
    timing = gaps.timing_facts(survey.pts_s, frames_stated)
    repeated = repeats.repeat_facts(survey)
    breaks = cuts.find_cuts(survey, probe, sound, timing.gaps, repeated.freezes)
    span = spans.sound_facts(probe, survey)
    traces = encoders.traces_of(probe)
    times = timestamps.stated_times(probe)
    posted = timestamps.posted_bounds(tools.appearances, CLOCK.posting_tolerance_s)
    return IntegrityObservations(
        item=item.sha256,
        inputs=_inputs(item, tools, sound is not None),
        container=facts,
        times=times,
        traces=traces,
        writer=encoders.writer_of(traces),
        timing=timing,
        repeats=repeated,
        cuts=breaks[:KEEP_AT_MOST],
        cuts_count=len(breaks),
        sound=span,
        provenance=manifest,
        posted=posted,
        track=spans.track_of(survey, sound),
        stopped="" if survey.stopped is None else survey.stopped.reason,
        remarks=(
            *container.container_remarks(facts, probe, survey),
            *_time_remarks(times, posted),
            *encoders.encoder_remarks(traces),
            *gaps.timing_remarks(timing),
            *repeats.repeat_remarks(repeated),
            *cuts.cut_remarks(breaks),
            *spans.sound_remarks(span),
            *provenance.provenance_remarks(manifest),
        ),
    )


def _inputs(item: Item, tools: Tools, with_sound: bool) -> tuple[InputRef, ...]:
    refs = [InputRef(item.sha256, "container metadata"), InputRef(item.sha256, "pictures")]
    if with_sound:
        refs.append(InputRef(item.sha256, "sound"))
    if tools.appearances:
        record = Sha256(hashlib.sha256(canonical(list(tools.appearances))).digest())
        refs.append(InputRef(record, "appearances"))
    return tuple(refs)


def _time_remarks(times: tuple[StatedTime, ...], posted: tuple[PostedBound, ...]) -> list[Remark]:
    """Stated times and postings as sentences."""
    remarks = []
    for stated in times:
        if stated.unset:
            seen = f"The {stated.field} is {iso(stated.at)}, a moment to which clocks fall back when they lose power."
            innocent = "The device's clock was probably never set; this says nothing of when it was filmed."
        elif stated.zone_proven:
            seen = f"The {stated.field} states {iso(stated.at)}, with its own offset."
            innocent = "A clock may be wrong, and a stated time can be written by anybody."
        else:
            seen = f"The {stated.field} states {iso(stated.at)}; the format prescribes UTC."
            innocent = "Many cameras write local time there, and programs write the time of export or upload."
        remarks.append(Remark("time", False, seen, innocent))
    if not times:
        remarks.append(
            Remark(
                "time",
                False,
                "The file states no creation time.",
                "Most platforms remove it. The dates of a file on a disk are those of copying and prove nothing.",
            )
        )
    remarks.extend(
        Remark(
            "posting",
            False,
            f"It was posted on {bound.platform} at {iso(bound.posted)} ({bound.how_known}).",
            "An earlier posting may exist that is not known here; a posting's text says nothing of when it was filmed.",
        )
        for bound in posted[:10]
    )
    return remarks
