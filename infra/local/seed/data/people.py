"""The demo's users and their questions: three people, in a domain that can get no mail."""

from __future__ import annotations

from infra.local.seed.data.questions import Person, Question

ADA = "ada@example.org"
GRACE = "grace@example.org"
ROSALIND = "rosalind@example.org"

PEOPLE = (
    Person(ADA, models=("rasmachine", "skcm")),
    Person(GRACE, models=("rasmodel",)),
    Person(ROSALIND, models=("skcm", "bel_examples")),
)

QUESTIONS = (
    Question("rasmachine", "EGF activates MAPK1", (ADA,), "s@1 u@1"),
    Question("rasmachine", "THPO activates MAPK1", (ADA,), "s@2 u@2", applicable_since=1),
    # Known only when NF1 is: the first answer there ever is, hence no news.
    Question("rasmachine", "NF1 inhibits MAPK1", (ROSALIND,), "s@2 u@2", applicable_since=2),
    Question("skcm", "KITLG activates MAPK1", (GRACE,), "s@1 u@1"),
    Question("rasmodel", "KRAS activates MAPK3", (GRACE,), "p s u"),
    # Answered by simulation, with a plot. The model never changes: there is no news.
    Question("rasmodel", "active EGFR is eventually high", (GRACE,)),
    Question("rasmodel", "gefitinib decreases active EGFR", (GRACE,)),
    Question("bel_examples", "sialic acid inhibits SYK", (ROSALIND,), "s u"),
    # Nobody subscribes: registered by a visitor, never answered.
    Question("skcm", "vemurafenib inhibits MAPK1", (), "s u"),
)
