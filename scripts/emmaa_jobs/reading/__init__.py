"""Reading literature: where papers come from (sources) and who reads them (readers).

A config pairs them in ``reading.literature_source`` and ``reading.reader``. A further source or
reader is one module with one class, entered in :mod:`emmaa_jobs.reading.registry`.
"""
