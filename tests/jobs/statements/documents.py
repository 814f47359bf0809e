"""JSON of statements, as readers and buckets hold it."""

from __future__ import annotations

BRAF, MEK = {"name": "BRAF", "db_refs": {"HGNC": "1097"}}, {"name": "MEK", "db_refs": {}}
ACTIVATION = {"type": "Activation", "subj": BRAF, "obj": MEK, "obj_activity": "kinase"}
SITE = {"type": "Phosphorylation", "enz": BRAF, "sub": MEK, "residue": "S", "position": "218"}
EVIDENCE = {"source_api": "reach", "text": "A sentence.", "text_refs": {"PMID": "1"}}
