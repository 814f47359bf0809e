"""``rasmachine``: reads about Ras signalling every day. INDRA statement JSON, one file a paper."""

from __future__ import annotations

from infra.local.seed.data.papers import indra_json

#: The first day knows both ends of the pathway, but not how SOS1 acts on Ras.
_DAY_0 = (
    indra_json("demo-0101", "EGF activates EGFR", "EGFR binds GRB2"),
    indra_json("demo-0102", "EGF activates EGFR", "GRB2 binds SOS1", source="reach"),
    indra_json("demo-0103", "EGFR phosphorylates SHC1", "EGFR activates SOS1"),
    indra_json("demo-0104", "KRAS activates BRAF", "KRAS activates RAF1"),
    indra_json("demo-0105", "BRAF phosphorylates MAP2K1", "BRAF activates MAP2K1", source="reach"),
    indra_json("demo-0106", "RAF1 activates MAP2K1", "RAF1 activates MAP2K2"),
    indra_json("demo-0107", "MAP2K1 phosphorylates MAPK1 on T185", "MAP2K1 activates MAPK1"),
    indra_json("demo-0108", "MAP2K2 activates MAPK3", source="reach"),
    indra_json("demo-0109", "MAPK1 activates ELK1", "ELK1 increases the amount of EGR1"),
    indra_json("demo-0110", "DUSP6 inhibits MAPK1"),
    indra_json("demo-0111", "VEGFA activates KDR", "KRAS may activate MAPK8", source="reach"),
)

#: SOS1 acts on Ras: the first path from EGF to MAPK1. A more exact statement takes the place of
#: a general one, and a paper brings a hypothesis alone, which assembly leaves out.
_DAY_1 = (
    indra_json("demo-0121", "SOS1 activates KRAS", "SOS1 activates NRAS"),
    indra_json("demo-0122", "BRAF phosphorylates MAP2K1 on S218", source="reach"),
    indra_json("demo-0123", "THPO activates MPL", "MPL activates JAK2"),
    indra_json("demo-0124", "MAPK1 may activate JUN"),
)

#: NF1 acts on Ras, and thrombopoietin's receptor reaches SOS1. One paper repeats what is known.
_DAY_2 = (
    indra_json("demo-0141", "NF1 inhibits KRAS", "JAK2 activates SOS1"),
    indra_json("demo-0142", "sotorasib inhibits KRAS", source="reach"),
    indra_json("demo-0143", "KRAS activates BRAF", source="reach"),
)

DAYS = (_DAY_0, _DAY_1, _DAY_2)
