"""No unit, person or language is asserted without its uncertainty, in any template, sentence or record of the house.

What is read, and by which rule:

1. **Sentences**: every text in the source (also the fixed parts of f-strings) and the words of every template. A
   sentence that predicates a unit, a person or a language ("belongs to", "identified as", "soldiers of", "the language
   is", "the speaker is" ...; `ASSERTIONS`) must hold a word of doubt or denial (`DOUBT`).
2. **Records**: every dataclass and every dictionary of fixed keys with a member named for a unit, a language, a speaker
   or a person (`SENSITIVE`) must have another member that says how sure it is, who says so, or that it is only proposed
   (`SURENESS`).
3. **Templates**: every expression that prints such a member must stand in a row, item or paragraph that prints or says
   how sure it is, or that somebody claims it.

`KNOWN` holds what the second rule passes over, each with the reason; an entry nothing needs any more fails the test.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "src" / "witnessmark"
SOURCES = sorted(ROOT.rglob("*.py"))
TEMPLATES = sorted(path for ending in ("html", "typ", "txt") for path in ROOT.rglob(f"*.{ending}"))

UNITS = r"(?:unit|brigade|regiment|battalion|company|platoon|squad|division)"
PEOPLE = r"(?:soldiers?|servicem[ae]n|servicewom[ae]n|troops|fighters?|members?|gunm[ae]n|officers?)"
ASSERTIONS = (
    rf"\b{PEOPLE} (?:of|from) (?:\w+ ){{0,3}}(?:{UNITS}|\{{)",
    rf"\b(?:is|are|was|were) (?:from|of|in|with|part of) (?:the |an? |this |that )?{UNITS}\b",
    rf"\b(?:the|this|that|its|their|whose) {UNITS} (?:is|was|has been identified|wears|wore)\b",
    r"\b(?:identified|recogni[sz]ed) as\b",
    r"\b(?:the|this) (?:man|woman|person|soldier|speaker|face|voice) (?:is|was|belongs to)\b",
    r"\bthe same (?:man|woman|person|face)\b",
    r"\b(?:the|its|their|spoken) language (?:is|was)\b",
    r"\b(?:speaking|spoken in|is said in|are said in) \{",
    r"\b(?:speaks?|spoke|speaking|spoken in|is said in|are said in) (?:[A-Z][a-z]+(?:ish|ian)|Azerbaijani|Georgian)\b",
)
DOUBT = re.compile(
    r"\b(?:not|no|nobody|none|never|neither|nothing|cannot|can't|without|unless|if|whether|how|which|what|who|may"
    r"|might|could|would|must|should|likely|unlikely|chance|probab\w*|possib\w*|perhaps|seems?|similar|like|alike"
    r"|uncertain\w*|undetermined|unknown|unclear|unreliable|doubt\w*|claim\w*|propos\w*|suggest\w*|stat\w+|alleged\w*"
    r"|said to|says|named by|according|as far as|supposed|assum\w*|restricted|guess\w*|refus\w*)\b",
    re.IGNORECASE,
)
SENSITIVE = frozenset({"unit", "units", "language", "languages", "speaker", "speakers", "spoken_by", "person_name"})
SURENESS = re.compile(
    r"probab|share|mass|score|grade|sure|certain|confiden|distribution|claim|propos|suggest|determin|restricted|other"
    r"|reliab|hedge|credib|doubt|caveat|how_known|state$|status|source|rival|alternativ|uncalibrated|threshold|why|reason"
    r"|said_by|author|unreliable|count"
)
SAID = re.compile(
    SURENESS.pattern
    + r"|as its source|likely|may be|machine|stated|not checked|not known|not established|named by|given by|read from",
    re.IGNORECASE,
)
KNOWN = {
    "claims/accepting.py:ReadDocument.language": "the language a document is written in, which a person can read",
    "claims/articles/records.py:Document.language": "the language a document is written in, which a person can read",
    "claims/articles/interviews.py:Turn.speaker": "whom a printed interview names before an answer; becomes a claim",
    "claims/articles/phrases.py:Attribution.speaker": "to whom a sentence attributes something; becomes a claim",
    "cli/emblems.py:dict.units": "what a person puts into the library as claimed; kept as Reference, with its source",
    "cli/speech.py:dict.languages": "languages asked for, not heard",
    "cli/speech.py:dict.language": "what a person corrects; kept as a mark with its author",
    "cli/speech.py:dict.speaker": "what a person corrects; kept as a mark with its author",
    "desk/speech.py:dict.languages": "languages asked for, not heard",
    "lines/conversation/answers.py:dict.languages": "languages asked for, not heard",
    "lines/conversation/answers.py:dict.speakers": "groups of voices, each said to be a suggestion within",
    "lines/conversation/looking.py:Settings.languages": "languages asked for, not heard",
    "lines/conversation/looking.py:dict.languages": "languages asked for, not heard",
    "lines/conversation/observations.py:Turn.speaker": "number of a group of voices within one item, no person",
    "media/records.py:Stream.language": "what the container's own header states of a track, shown as such",
    "media/worker/facts.py:dict.language": "what the container's own header states of a track, shown as such",
    "stores/accounts/database.py:Account.language": "in which language somebody reads these pages",
}


def sentences(source: str) -> Iterator[tuple[int, str]]:
    """Every sentence among the texts of a module that people may read: docstrings are for those who read the code."""
    tree = ast.parse(source)
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    loose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # a text under a constant
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [
                "{" if isinstance(part, ast.FormattedValue) else str(ast.literal_eval(part)) for part in node.values
            ]
            text = "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside | docs | loose:
            text = node.value
        else:
            continue
        if len(text) > 12 and " " in text:
            for sentence in re.split(r"(?<=[.!?:;])\s", text):
                yield node.lineno, sentence


def template_sentences(text: str) -> Iterator[tuple[int, str]]:
    """Every sentence of a template's own words; what it prints stands as a brace."""
    plain = re.sub(r"\{#.*?#\}|\{%.*?%\}", " ", text, flags=re.DOTALL)
    plain = re.sub(r"\{\{.*?\}\}", "{", plain, flags=re.DOTALL)
    for number, line in enumerate(re.sub(r"<[^>]*>", "\n", plain).splitlines(), start=1):
        for sentence in re.split(r"(?<=[.!?])\s", line):
            yield number, sentence


def asserted(sentence: str) -> str | None:
    """What a sentence asserts without a doubt, or None."""
    for pattern in ASSERTIONS:
        found = re.search(pattern, sentence, re.IGNORECASE if "A-Z" not in pattern else 0)
        if found and not DOUBT.search(sentence):
            return found[0]
    return None


def records(source: str) -> Iterator[tuple[int, str, set[str]]]:
    """Every record of a module: line, name, and its members."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and any("dataclass" in ast.unparse(each) for each in node.decorator_list):
            named = {
                each.target.id
                for each in node.body
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
            }
            yield node.lineno, node.name, named
        elif isinstance(node, ast.Dict):
            keys = {each.value for each in node.keys if isinstance(each, ast.Constant) and isinstance(each.value, str)}
            yield node.lineno, "dict", keys


def bare(members: set[str]) -> set[str]:
    """Members that name a unit, language, speaker or person where nothing beside them says how surely."""
    named = members & SENSITIVE
    beside = members - SENSITIVE
    return named if named and not any(SURENESS.search(member) for member in beside) else set()


def printed(template: str) -> Iterator[tuple[int, str, str]]:
    """Every expression of a template that prints such a member: line, expression, and the block it stands in."""
    for found in re.finditer(r"\{\{(.*?)\}\}|#(\w[\w.]*)", template, re.DOTALL):
        expression = (found[1] or found[2] or "").strip()
        if set(re.findall(r"\.(\w+)", expression)) & SENSITIVE:
            start = max(
                template.rfind(mark, 0, found.start()) for mark in ("<tr", "<p", "<li", "<dl", "<h", "<caption", "\n\n")
            )
            stops = [
                template.find(mark, found.end()) for mark in ("</tr>", "</p>", "</li>", "</dl>", "</caption>", "\n\n")
            ]
            stop = min((at for at in stops if at >= 0), default=len(template))
            block = template[max(0, start) : stop].replace(found[0], "", 1)
            yield template.count("\n", 0, found.start()) + 1, expression, block


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_sentence_asserts_what_is_not_sure(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    found = [(line, sentence) for line, sentence in sentences(source) if asserted(sentence)]
    assert not found, f"{path.name}: say how sure it is, or who claims it: {found}"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_template_asserts_or_prints_what_is_not_sure(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    said = [(line, sentence) for line, sentence in template_sentences(text) if asserted(sentence)]
    assert not said, f"{path.name}: say how sure it is, or who claims it: {said}"
    shown = [(line, expression) for line, expression, block in printed(text) if not SAID.search(block)]
    assert not shown, f"{path.name}: print how sure it is beside it: {shown}"


def test_every_record_of_a_unit_person_or_language_says_how_sure_it_is() -> None:
    found, needed = list[str](), set[str]()
    for path in SOURCES:
        for line, name, members in records(path.read_text(encoding="utf-8")):
            for member in sorted(bare(members)):
                called = f"{path.relative_to(ROOT).as_posix()}:{name}.{member}"
                if called in KNOWN:
                    needed.add(called)
                else:
                    found.append(f"{called} in line {line}, beside {sorted(members - {member})}")
    assert not found, "say beside it how sure it is: " + "; ".join(found)
    assert needed == set(KNOWN), f"nothing needs these exceptions any more: {sorted(set(KNOWN) - needed)}"


@pytest.mark.parametrize(
    "sentence",
    [
        "These are soldiers of the 3rd brigade.",
        "They are from the unit on the left.",
        "The unit is the 3rd company.",
        "It was identified as {.",
        "The speaker is a commander.",
        "This shows the same person in both.",
        "The language is Turkish.",
        "Two men speaking { are heard.",
    ],
)
def test_the_first_rule_bites(sentence: str) -> None:
    assert asserted(sentence)
    assert asserted(f"It is likely that {sentence}") is None


def test_the_second_rule_bites() -> None:
    assert bare({"unit", "item", "at_s"}) == {"unit"} and bare({"language", "text"}) == {"language"}
    assert not bare({"unit", "how_sure"}) and not bare({"language", "probability"}) and not bare({"item"})
    (_, name, members), *_ = records("@dataclass\nclass A:\n    unit: str\n    at_s: float\n")
    assert (name, bare(members)) == ("A", {"unit"})
    assert [bare(members) for _, _, members in records("x = {'speaker': 1, 'at_s': 2}")] == [{"speaker"}]


def test_the_third_rule_bites() -> None:
    (_, expression, block), *_ = printed("<p>They are {{ box.unit }}.</p><p>claimed</p>")
    assert expression == "box.unit" and not SAID.search(block)
    (_, _, block), *_ = printed("<p>{{ box.unit }}, with a probability of {{ box.probability }}.</p>")
    assert SAID.search(block)
