"""What kind of file some bytes are, by the marks their format prescribes and never by a name."""

from __future__ import annotations

from pathlib import PurePath

UNKNOWN = "application/octet-stream"
HEAD_BYTES = 4096

# (offset, bytes, media type); the first that fits decides.
# Sources: the Media Types registry of IANA and the specifications it names; RFC 9559 (Matroska), ISO/IEC 14496-12
# (ftyp), ISO/IEC 13818-1 (transport stream), RFC 3533 (Ogg), RFC 9639 (FLAC), ISO 32000-2 (PDF).
_MARKS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (0, b"\x00\x00\x01\xba", "video/mpeg"),
    (0, b"\x00\x00\x01\xb3", "video/mpeg"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"WARC/1.", "application/warc"),
)
_RIFF = {b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo", b"WEBP": "image/webp"}
_BRANDS = {
    b"qt  ": "video/quicktime",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"avif": "image/avif",
    b"M4A ": "audio/mp4",
    b"3gp": "video/3gpp",
    b"3g2": "video/3gpp2",
}
_QUICKTIME_ATOMS = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_EXTENSIONS: dict[str, frozenset[str]] = {
    "image/jpeg": frozenset({"jpg", "jpeg", "jpe", "jfif", "mpo"}),
    "image/png": frozenset({"png"}),
    "image/gif": frozenset({"gif"}),
    "image/tiff": frozenset({"tif", "tiff", "dng", "nef", "cr2", "arw"}),
    "image/webp": frozenset({"webp"}),
    "image/heic": frozenset({"heic", "heif", "hif"}),
    "image/heif": frozenset({"heic", "heif", "hif"}),
    "image/avif": frozenset({"avif"}),
    "audio/flac": frozenset({"flac"}),
    "audio/mpeg": frozenset({"mp3"}),
    "audio/aac": frozenset({"aac"}),
    "audio/amr": frozenset({"amr"}),
    "audio/wav": frozenset({"wav", "wave"}),
    "audio/mp4": frozenset({"m4a", "mp4", "aac"}),
    "audio/ogg": frozenset({"ogg", "oga", "opus", "spx"}),
    "video/ogg": frozenset({"ogv", "ogg"}),
    "video/mp4": frozenset({"mp4", "m4v", "mov", "m4a"}),
    "video/quicktime": frozenset({"mov", "qt", "mp4"}),
    "video/3gpp": frozenset({"3gp", "3gpp", "mp4"}),
    "video/3gpp2": frozenset({"3g2", "3gpp2", "mp4"}),
    "video/webm": frozenset({"webm", "mkv"}),
    "video/matroska": frozenset({"mkv", "mka", "mk3d"}),
    "video/x-msvideo": frozenset({"avi"}),
    "video/mp2t": frozenset({"ts", "mts", "m2ts", "m2t"}),
    "video/mpeg": frozenset({"mpg", "mpeg", "mpe", "vob", "m2v"}),
    "video/x-flv": frozenset({"flv"}),
    "video/x-ms-asf": frozenset({"asf", "wmv", "wma"}),
    "application/pdf": frozenset({"pdf"}),
    "application/zip": frozenset({"zip", "docx", "xlsx", "pptx", "odt", "epub", "jar", "wacz", "apk"}),
    "application/gzip": frozenset({"gz", "tgz", "svgz"}),
    "application/x-7z-compressed": frozenset({"7z"}),
    "application/vnd.rar": frozenset({"rar"}),
    "application/warc": frozenset({"warc"}),
}
_KNOWN = frozenset().union(*_EXTENSIONS.values())


def media_type(head: bytes) -> str:
    r"""Media type of a file by its first bytes.

    Parameters
    ----------
    head : bytes
        The first `HEAD_BYTES` of the file, or all of it.

    Returns
    -------
    str
        ``application/octet-stream`` when nothing fits.

    Examples
    --------
    >>> media_type(b"\x00\x00\x00\x18ftypisom")
    'video/mp4'
    """
    for offset, mark, kind in _MARKS:
        if head[offset : offset + len(mark)] == mark:
            return kind
    if head[:4] in (b"RIFF", b"RF64"):
        return _RIFF.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], _BRANDS.get(head[8:11], "video/mp4"))
    if head[4:8] in _QUICKTIME_ATOMS:
        return "video/quicktime"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "video/webm" if b"webm" in head[:64] else "video/matroska"
    if head[:4] == b"OggS":
        return "video/ogg" if b"theora" in head[:128] else "audio/ogg"
    # Packets of 188 bytes begin with 0x47; 192 where each is led by a four-byte time (BDAV).
    if any(
        len(head) > at + 2 * step and head[at] == head[at + step] == head[at + 2 * step] == 0x47
        for at, step in ((0, 188), (4, 192))
    ):
        return "video/mp2t"
    # A bare MPEG audio frame: eleven bits of sync, and no reserved version, layer, rate (ISO/IEC 11172-3, 2.4.1.3).
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x18 != 0x08:
        if head[1] & 0xF6 == 0xF0:
            return "audio/aac"
        if head[1] & 0x06 and head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C:
            return "audio/mpeg"
    return UNKNOWN


def extension_disagrees(name: str, kind: str) -> bool:
    """Whether a file's name promises another kind of file than its bytes are.

    Parameters
    ----------
    name : str
    kind : str
        As `media_type` gives it.

    Examples
    --------
    >>> extension_disagrees("clip.mp4", "image/png"), extension_disagrees("clip", "image/png")
    (True, False)
    """
    extension = PurePath(name).suffix.lower().lstrip(".")
    return extension in _KNOWN and extension not in _EXTENSIONS.get(kind, frozenset())
