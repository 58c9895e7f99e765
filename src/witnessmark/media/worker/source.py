"""Opening what the parent handed over: one descriptor, known formats, nothing that the file points to."""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NoReturn

import av
import av.logging
from av.container import InputContainer

from witnessmark.media.records import Limits
from witnessmark.media.worker.serve import Halt

DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,wav,w64,mp3,aac,ac3,eac3,flac,aiff,au,"
    "caf,amr,amrnb,amrwb,wv,tta,ape,gif,apng,mxf,mxf_opatom,dv,h261,h263,h264,hevc,vvc,m4v,mjpeg,ivf,obu,rm,vc1,nut,"
    "dhav,yuv4mpegpipe,wtv,image2pipe,png_pipe,jpeg_pipe,webp_pipe,webp,bmp_pipe,tiff_pipe,jpegxl_pipe,j2k_pipe"
)
"""Formats cameras, phones, recorders and platforms write. Left out on purpose: playlists and session descriptions
(hls, dash, concat, sdp, ...), which are texts that make a reader open other files and addresses."""

DECODERS = (
    "h264,hevc,vvc,libdav1d,av1,vp8,vp9,mpeg4,msmpeg4v1,msmpeg4v2,msmpeg4,h261,h263,h263i,h263p,flv,mpeg1video,"
    "mpeg2video,mpegvideo,mjpeg,mjpegb,wmv1,wmv2,wmv3,vc1,theora,prores,prores_raw,dnxhd,dvvideo,rv10,rv20,rv30,rv40,vp3,vp5,"
    "vp6,vp6f,vp6a,svq1,svq3,cinepak,indeo3,indeo5,msvideo1,msrle,qtrle,rpza,huffyuv,ffvhuff,ffv1,utvideo,rawvideo,"
    "v210,cfhd,png,apng,gif,bmp,tiff,webp,webp_anim,jpeg2000,jpegxl,jpegls,"
    "aac,aac_fixed,aac_latm,mp1,mp1float,mp2,mp2float,mp3,mp3float,ac3,eac3,dca,truehd,flac,alac,opus,libopus,vorbis,"
    "speex,wmav1,wmav2,wmapro,wmavoice,wmalossless,amrnb,amrwb,libopencore_amrnb,libopencore_amrwb,gsm,gsm_ms,qcelp,"
    "evrc,nellymoser,cook,ra_144,ra_288,sipr,ape,tta,wavpack,g723_1,g729,ilbc,adpcm_ima_wav,adpcm_ima_qt,adpcm_ms,"
    "adpcm_swf,adpcm_yamaha,g722,g726,g726le,pcm_s8,pcm_u8,pcm_s16le,pcm_s16be,pcm_u16le,pcm_u16be,pcm_s24le,"
    "pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be,pcm_alaw,pcm_mulaw,pcm_bluray,pcm_dvd"
)
"""Decoders for what such files hold; rarely used ones, where faults live longest, are not reachable."""

for _module in pkgutil.walk_packages(
    av.__path__, "av."
):  # some are loaded on first use, which the sandbox would refuse
    if _module.name not in ("av.__main__", "av.datasets"):
        importlib.import_module(_module.name)

OTHER_COPY = "Check that the download is whole, or look for another copy."


@dataclass(slots=True)
class Handed:
    """The input as a seekable file over descriptor 0, with no name that a format could build other names from."""

    size_bytes: int
    name: str = "input"
    fd: int = 0
    _position: int = 0

    def read(self, count: int = -1) -> bytes:
        """Up to `count` bytes from the present position."""
        count = self.size_bytes if count < 0 else count
        data = self._read_at(min(count, 1 << 24))
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move; beyond the end is allowed, before the beginning is not."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size_bytes}[whence]
        if base + offset < 0:
            raise OSError(22, "a position before the beginning")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        """Present position in bytes."""
        return self._position

    def _read_at(self, count: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self.fd, count, self._position) if self._position < 1 << 62 else b""
        os.lseek(self.fd, self._position, os.SEEK_SET)
        return os.read(self.fd, count)


@dataclass(slots=True)
class Opened:
    """An open container and what it asked for besides."""

    container: InputContainer
    asked_for: list[str] = field(default_factory=list)


@contextmanager
def opened(size_bytes: int, limits: Limits) -> Iterator[Opened]:
    """Open descriptor 0 as a recording.

    Parameters
    ----------
    size_bytes : int
    limits : Limits
        `max_pixels` is handed to every decoder, which then refuses before it allocates.

    Yields
    ------
    Opened

    Raises
    ------
    Halt
        When no known format fits or the header cannot be read.
    """
    av.logging.set_level(None)
    asked_for: list[str] = []

    def refuse(url: str, flags: int, options: object) -> NoReturn:
        asked_for.append(str(url)[:300])
        raise PermissionError(1, "files named inside a recording are not opened")

    options = {"max_pixels": str(limits.max_pixels), "codec_whitelist": DECODERS}
    shut = {
        "format_whitelist": DEMUXERS,
        "codec_whitelist": DECODERS,
        "protocol_whitelist": "none",
        "protocol_blacklist": "file,http,https,tcp,udp,rtp,crypto,data,concat,subfile,pipe,fd,ftp,tls",
    }
    try:
        container = av.open(
            Handed(size_bytes),
            options=options,
            container_options=shut,
            metadata_errors="replace",
            buffer_size=1 << 18,
            io_open=refuse,
        )
    except MemoryError:
        raise
    except (av.FFmpegError, OSError, ValueError) as error:
        raise Halt("open", _why_not(error, asked_for), OTHER_COPY) from None
    assert isinstance(container, InputContainer)
    try:
        yield Opened(container, asked_for)
    finally:
        container.close()


def _why_not(error: Exception, asked_for: list[str]) -> str:
    if asked_for:
        return f"The file is a list that names another place to read from ('{asked_for[0]}'), which is never opened."
    if isinstance(error, av.error.EOFError):
        return "The file ends before its description of the pictures and sound is complete."
    if isinstance(error, av.InvalidDataError):
        return "The file is not a recording in a format known here, or its header is damaged."
    if isinstance(error, av.error.ArgumentError):
        return "The file's format is a playlist, a text or another kind that is not opened here."
    return f"The file could not be opened as a recording: {words(error)}."


def words(error: BaseException) -> str:
    """The decoder's own message, without paths and numbers of its tongue."""
    return str(getattr(error, "strerror", None) or error or type(error).__name__)[:300]
