from __future__ import annotations

import datetime as dt
from pathlib import Path

import pypdf
import pypdfium2
import pytest
import typst

from witnessmark.claims.articles import read_article
from witnessmark.claims.articles.documents import MOST_BYTES, open_document
from witnessmark.claims.articles.languages import language_of
from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError
from witnessmark.media.records import Limits

PARAGRAPH = (
    "The ministry said on Friday that the video was authentic,"
    " and that it had been filmed near Lake Tarn on 13 September."
)
PAGE = f"""<!doctype html><html lang="en"><head><title>Clip is genuine, says ministry - Harbour Post</title>
<meta property="og:site_name" content="Harbour Post">
<meta property="article:published_time" content="2031-10-03T12:00:00+04:00">
<script>document.write('MARK-SCRIPT'); fetch('http://127.0.0.1:9/')</script>
<style>p {{}} /* MARK-STYLE */</style></head>
<body><nav><a href="/">MARK-MENU</a></nav><article><h1>Clip is genuine, says ministry</h1>
<p>{PARAGRAPH}</p>
<p>&ldquo;We have no doubt,&rdquo; said its spokesman, Karel Dorn.
&ldquo;The uniforms &amp; voices were compared.&rdquo;</p>
<p>The opposition said it could not verify the video, and called for an inquiry into the killing of the prisoners.</p>
<img src="x" onerror="alert('MARK-EVENT')"><iframe src="file:///etc/passwd"></iframe></article>
<footer>All rights reserved.</footer></body></html>"""


def kept(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def test_a_page_gives_its_text_title_outlet_and_day(tmp_path: Path) -> None:
    path = kept(tmp_path, "page.html", PAGE)
    reading = read_article(path)
    document = reading.document
    assert (document.kind, document.outlet, document.language, document.unread) == ("html", "Harbour Post", "en", None)
    assert (document.said_on, document.said_on_from) == (dt.date(2031, 10, 3), "page")
    assert document.sha256 == Sha256.of(path.read_bytes())
    assert document.title is not None and document.text.startswith(document.title)
    assert PARAGRAPH in document.text and "compared" in document.text
    assert "MARK" not in document.text and "passwd" not in document.text
    assert all(document.text[each.start : each.end] == each.passage for each in reading.proposals)
    assert "Karel Dorn" in {each.speaker for each in reading.proposals}
    again = read_article(path, said_on=dt.date(2031, 10, 4))
    assert (again.document.said_on, again.document.said_on_from) == (dt.date(2031, 10, 4), "given")


def test_a_pdf_s_lines_become_paragraphs(tmp_path: Path) -> None:
    source = kept(
        tmp_path,
        "a.typ",
        f"#set page(width: 11cm)\nHARBOUR, 3 October 2031 (Wire) -- {PARAGRAPH} So it was.\n\nA second line.",
    )
    typst.compile(str(source), output=str(tmp_path / "a.pdf"))
    document = open_document(tmp_path / "a.pdf")
    assert document.kind == "pdf" and document.unread is None
    assert PARAGRAPH in document.text and document.text.endswith("So it was.\nA second line.")
    assert (document.said_on, document.said_on_from) == (dt.date(2031, 10, 3), "dateline")


def test_a_pdf_without_text_and_a_locked_one_say_so(tmp_path: Path) -> None:
    blank = pypdfium2.PdfDocument.new()
    blank.new_page(200, 200)
    blank.save(str(tmp_path / "scan.pdf"))
    reading = read_article(tmp_path / "scan.pdf")
    assert reading.proposals == () and reading.document.unread is not None and "no text" in reading.document.unread
    writer = pypdf.PdfWriter(clone_from=str(tmp_path / "scan.pdf"))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(str(tmp_path / "locked.pdf"))
    unread = open_document(tmp_path / "locked.pdf").unread
    assert unread is not None and "password" in unread


def test_what_is_hostile_ends_with_a_reason(tmp_path: Path) -> None:
    deep = kept(tmp_path, "deep.html", "<html><body>" + "<div>" * 100_000 + "x")
    assert open_document(deep).unread is not None
    slow = open_document(kept(tmp_path, "slow.html", PAGE), limits=Limits(wall_s=0.05))
    assert slow.unread is not None and "limit" in slow.unread


def test_too_large_and_not_an_article(tmp_path: Path) -> None:
    large = tmp_path / "large.html"
    with large.open("wb") as stream:
        stream.truncate(50_000_000)
    assert large.stat().st_size > MOST_BYTES
    with pytest.raises(BadInputError, match="50 MB"):
        open_document(large)
    for name, content in (
        ("a.docx", b"PK\x03\x04rest"),
        ("a.png", b"\x89PNG\r\n"),
        ("a.bin", b"text\x00\x01"),
        ("a.txt", b""),
    ):
        with pytest.raises(BadInputError):
            open_document(kept(tmp_path, name, content))
    with pytest.raises(BadInputError, match="no file"):
        open_document(tmp_path / "missing.txt")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Nazirlik bildirib ki, görüntülər sentyabrın 13-də çəkilib və araşdırma aparılır.", "az"),
        ("Պաշտպանության նախարարությունը հայտնել է, որ տեսանյութը իսկական է։", "hy"),
        ("Министерство сообщило, что видео подлинное и было снято 13 сентября.", "ru"),
        (
            "Le ministère a déclaré que la vidéo est authentique et que les images ont été tournées dans la région.",
            "fr",
        ),
    ],
)
def test_other_languages_are_kept_and_not_guessed(tmp_path: Path, text: str, code: str) -> None:
    reading = read_article(kept(tmp_path, "a.txt", text))
    assert reading.document.language == code and reading.text == text
    assert reading.document.unread is not None and reading.proposals == ()


def test_encodings(tmp_path: Path) -> None:
    text = "The ministry said that the café in the village was shelled on 13 September, and that it was a war crime."
    for name, raw in (
        ("8.txt", text.encode()),
        ("16.txt", text.encode("utf-16")),
        ("bom.txt", text.encode("utf-8-sig")),
    ):
        assert open_document(kept(tmp_path, name, raw)).text == text
    old = open_document(kept(tmp_path, "old.txt", text.encode("cp1252")))
    assert "shelled on 13 September" in old.text and old.notes


def test_marks_that_steer_a_terminal_or_the_direction_are_taken_out(tmp_path: Path) -> None:
    text = open_document(
        kept(tmp_path, "a.txt", "The ministry\x1b[31m said\u202e that it was \u200bthe end of the war.")
    ).text
    assert text == "The ministry[31m said that it was the end of the war."


def test_language_by_letters_and_words() -> None:
    assert language_of("The army said it was there, and that was all that it said.") == "en"
    assert language_of("12345 !!") == "und"
