"""The demo's test corpora.

The letters after a model's name say which of its model types explain the test: ``p`` PySB,
``s`` signed graph, ``u`` unsigned graph; ``@1`` is "from day 1 on". The signed graph does not
handle modifications; the unsigned graph cannot see that a sign is wrong.
"""

from __future__ import annotations

from infra.local.seed.data.corpora import Corpus, CorpusTest, MadeTest

RAS_TEXTBOOK = Corpus(
    "ras_textbook_tests",
    "Ras pathway textbook tests",
    "What textbooks say of the Ras/MAPK pathway, with controls that must fail.",
    (
        CorpusTest("EGF activates MAPK1", {"rasmodel": "p s u", "rasmachine": "s@1 u@1"}),
        CorpusTest(
            "EGFR increases the amount of EGR1", {"rasmodel": "p s u", "rasmachine": "s@1 u@1"}
        ),
        CorpusTest("KRAS activates MAP2K1", {"rasmodel": "p s u", "rasmachine": "s u"}),
        CorpusTest("KRAS activates MAPK3", {"rasmodel": "p s u", "rasmachine": "s u"}),
        CorpusTest("BRAF phosphorylates MAP2K1", {"rasmodel": "p u", "rasmachine": "u"}),
        CorpusTest("DUSP6 inhibits ELK1", {"rasmodel": "p s u", "rasmachine": "s u"}),
        CorpusTest("NF1 inhibits MAPK1", {"rasmodel": "p s u", "rasmachine": "s@2 u@2"}),
        CorpusTest("sotorasib inhibits MAPK1", {"rasmodel": "p s u", "rasmachine": "s@2 u@2"}),
        CorpusTest("selumetinib inhibits ELK1", {"rasmodel": "p s u"}),
        CorpusTest("PTEN activates GSK3B", {"rasmodel": "p s u"}),
        # Controls: against the pathway's direction, of the wrong sign, about something else
        CorpusTest("MAPK1 activates EGF"),
        CorpusTest("EGF inhibits MAPK1", {"rasmodel": "u", "rasmachine": "u@1"}),
        CorpusTest("IL6 activates STAT3"),
    ),
)

MELANOMA_DRUG = Corpus(
    "melanoma_drug_tests",
    "Melanoma drug tests",
    "What drugs do to signalling in melanoma, with controls that must fail.",
    (
        CorpusTest("vemurafenib inhibits MAPK1", {"skcm": "s u", "rasmodel": "p s u"}),
        CorpusTest("dabrafenib inhibits MAPK1", {"skcm": "s@1 u@1", "rasmodel": "p s u"}),
        CorpusTest("trametinib inhibits MAPK1", {"skcm": "s@1 u@1", "rasmodel": "p s u"}),
        CorpusTest("trametinib decreases the amount of TYR", {"skcm": "s@1 u@1"}),
        CorpusTest("imatinib inhibits MAPK1", {"skcm": "s@2 u@2"}),
        CorpusTest("palbociclib activates RB1", {"skcm": "s@2 u@2"}),
        CorpusTest("CDKN2A activates RB1", {"skcm": "s u"}),
        CorpusTest("KITLG activates MAPK1", {"skcm": "s@1 u@1"}),
        CorpusTest("BRAF phosphorylates MAP2K1", {"skcm": "u", "rasmodel": "p u"}),
        CorpusTest("SOX10 increases the amount of TYR", {"skcm": "s u"}),
        # Controls: of the wrong sign, against the direction, about something else
        CorpusTest("vemurafenib activates MAPK1", {"skcm": "u", "rasmodel": "u"}),
        CorpusTest("TYR activates BRAF"),
        CorpusTest("olaparib inhibits PARP1"),
    ),
)

IMMUNE_RECEPTOR = Corpus(
    "immune_receptor_tests",
    "Receptor tests",
    "What sialic acid and thrombopoietin do, with controls that must fail.",
    (
        CorpusTest("CD33 inhibits SYK", {"bel_examples": "s u"}),
        CorpusTest("sialic acid inhibits SYK", {"bel_examples": "s u"}),
        CorpusTest("THPO activates ELK1", {"bel_examples": "s u"}),
        CorpusTest("VCP activates NFKB1", {"bel_examples": "s u"}),
        # Controls: of the wrong sign, against the direction, about something else
        CorpusTest("sialic acid activates SYK", {"bel_examples": "u"}),
        CorpusTest("ELK1 activates THPO"),
        CorpusTest("IL6 activates STAT3"),
    ),
)

CORPORA = (RAS_TEXTBOOK, MELANOMA_DRUG, IMMUNE_RECEPTOR)

#: The tests made of ``bel_examples`` that a model of another domain can be asked.
BEL_TESTS_CORPUS = "bel_examples_tests"
BEL_TESTS = (
    # Of families; the model knows a member of each.
    MadeTest("VEGF activates VEGFR.", "rasmachine", 0, "s u"),
    MadeTest("Kinase-active BRAF activates ELK1.", "rasmachine", 0, "s u"),
    MadeTest("THPO activates BRAF.", "rasmachine", 1, "s@2 u@2"),
    MadeTest("THPO activates RAF1.", "rasmachine", 1, "s@2 u@2"),
)
