"""``skcm``: reads about melanoma every day. TRIPS and REACH output, one file a paper."""

from __future__ import annotations

from infra.local.seed.data.papers import reach, trips

#: The first day knows KIT's ligand, but not how KIT acts on Ras.
_DAY_0 = (
    trips("demo-0201", "NRAS activates BRAF", "BRAF activates MAP2K1"),
    trips("demo-0202", "BRAF V600E phosphorylates MAP2K1 on S218"),
    trips("demo-0203", "MAP2K1 activates MAPK1", "MAP2K1 phosphorylates MAPK1"),
    trips("demo-0204", "vemurafenib inhibits BRAF"),
    trips("demo-0205", "MAPK1 phosphorylates MITF on S73", "MAPK1 activates MITF"),
    trips("demo-0206", "SOX10 increases the amount of MITF", "MITF increases the amount of TYR"),
    reach("demo-0207", "PTEN inhibits AKT1", "AKT1 activates MTOR"),
    reach("demo-0208", "CDKN2A inhibits CDK4", "CDK4 inhibits RB1", "CDK4 binds CCND1"),
    reach("demo-0209", "KITLG activates KIT"),
    reach("demo-0210", "vemurafenib inhibits BRAF"),
)

#: KIT acts on Ras: the first path from KITLG to MAPK1. Two drugs appear.
_DAY_1 = (
    trips("demo-0221", "dabrafenib inhibits BRAF", "trametinib inhibits MAP2K1"),
    trips("demo-0222", "MITF increases the amount of MLANA"),
    reach("demo-0223", "KIT activates NRAS"),
    reach("demo-0224", "AKT1 may activate SOX10"),
)

#: Two more drugs appear.
_DAY_2 = (
    trips("demo-0241", "imatinib inhibits KIT"),
    reach("demo-0242", "palbociclib inhibits CDK4"),
    reach("demo-0243", "KITLG activates KIT"),
)

DAYS = (_DAY_0, _DAY_1, _DAY_2)
