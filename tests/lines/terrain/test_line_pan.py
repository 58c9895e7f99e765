"""Marks on frames of one pan are searched as one line, each frame with its own heading."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from tests.lines.clips import item_of
from tests.lines.terrain.planting import mark
from tests.lines.terrain.test_pan import HEIGHT, POSES_DEG, WIDTH, frame, world

from witnessmark.lines.contract import Remark, Tools
from witnessmark.lines.terrain import TERRAIN, looking
from witnessmark.lines.terrain.records import Pan
from witnessmark.lines.terrain.skyline_file import to_file


def test_frames_that_share_a_pan_are_one_line(tmp_path: Path) -> None:
    around = world()
    seen = [frame(around, pose, number) for number, pose in enumerate(POSES_DEG[:3])]
    path = tmp_path / "pan.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=5, options={"crf": "12"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.codec_context.thread_count = 1
        for number, (_, rgb) in enumerate(seen):
            picture = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            picture.pts, picture.time_base = number, Fraction(1, 5)
            container.mux(video.encode(picture))
        container.mux(video.encode())
    marks = tuple(
        mark("skyline", {**to_file(line), "pan_name": "west"}, at_s=number / 5.0, name=f"M-{number}")
        for number, (line, _) in enumerate(seen)
    )
    remarks: list[Remark] = []
    sight = looking.sight_of(marks, Tools(path), remarks)
    assert isinstance(sight, looking.Sight) and isinstance(sight.asked, Pan) and not remarks
    assert [axis.at_s for axis in sight.axes] == [0.0, 0.2, 0.4]
    turned = np.diff([axis.from_heading_deg for axis in sight.axes])
    np.testing.assert_allclose(turned, np.diff([pose[0] for pose in POSES_DEG[:3]]), atol=1.0)
    assert all(0.0 <= axis.error_deg < 2.0 for axis in sight.axes)
    shown = looking.sighted_of(sight, Tools(path))
    assert shown.kind == "pan" and shown.frames_count == 3 and shown.frame_jpeg == b"" and shown.span_deg > 70.0
    answer = TERRAIN.observe(item_of(path), marks, Tools(path))
    assert "not said where to look" in getattr(answer, "reason", "")
    alone = looking.sight_of(
        (marks[0], mark("skyline", {"pan": {"frames": []}, "pan_name": "x"}, name="M-9")), Tools(path), remarks
    )
    assert isinstance(alone, looking.Sight) and len(alone.marks) == 1 and any("M-9" in one.seen for one in remarks)
