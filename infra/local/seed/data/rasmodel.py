"""``rasmodel``: the Ras/MAPK pathway as textbooks draw it, curated by hand.

There is no feedback from ERK on the pathway here, so that a test of the wrong sign has no
path and can serve as a control.
"""

from __future__ import annotations

from infra.local.seed.data.papers import curated

CURATED = curated(
    1,
    # From the receptor to Ras
    "EGF binds EGFR",
    "EGF activates EGFR",
    "EGFR phosphorylates SHC1",
    "EGFR binds GRB2",
    "SHC1 binds GRB2",
    "GRB2 binds SOS1",
    "EGFR activates SOS1",
    "SOS1 activates KRAS",
    "SOS1 activates HRAS",
    "SOS1 activates NRAS",
    "NF1 inhibits KRAS",
    "NF1 inhibits NRAS",
    "RASA1 inhibits HRAS",
    "CBL ubiquitinates EGFR",
    # From Ras to ERK
    "KRAS binds BRAF",
    "KRAS activates BRAF",
    "KRAS activates RAF1",
    "NRAS activates BRAF",
    "HRAS activates RAF1",
    "BRAF phosphorylates MAP2K1 on S218",
    "BRAF phosphorylates MAP2K1 on S222",
    "BRAF activates MAP2K1",
    "RAF1 activates MAP2K1",
    "RAF1 activates MAP2K2",
    "MAP2K1 phosphorylates MAPK1 on T185",
    "MAP2K1 phosphorylates MAPK1 on Y187",
    "MAP2K1 activates MAPK1",
    "MAP2K2 activates MAPK3",
    "DUSP6 dephosphorylates MAPK1 on T185",
    "DUSP6 dephosphorylates MAPK1 on Y187",
    "DUSP6 inhibits MAPK1",
    # What ERK does
    "MAPK1 phosphorylates ELK1 on S383",
    "MAPK1 activates ELK1",
    "MAPK3 activates ELK1",
    "MAPK1 phosphorylates RPS6KA1",
    "MAPK1 activates RPS6KA1",
    "ELK1 increases the amount of EGR1",
    # The PI3K branch
    "KRAS activates PIK3CA",
    "PIK3CA activates AKT1",
    "PTEN inhibits AKT1",
    "AKT1 phosphorylates GSK3B on S9",
    "AKT1 inhibits GSK3B",
    # Drugs
    "gefitinib inhibits EGFR",
    "sotorasib inhibits KRAS",
    "vemurafenib inhibits BRAF",
    "dabrafenib inhibits BRAF",
    "selumetinib inhibits MAP2K1",
    "trametinib inhibits MAP2K1",
    "trametinib inhibits MAP2K2",
)

SANDBOX = curated(
    901,
    "EGF activates EGFR",
    "EGFR activates SOS1",
)
