"""A PySB model's network of species and reactions: ``sbml`` and ``sbgn``."""

from __future__ import annotations

from emmaa_jobs.exports.source import ExportSource


def sbml(source: ExportSource) -> bytes:
    """SBML, level 3 version 2, with PySB's rates and initial amounts.

    :raises InputError: if the network does not end or is too large.
    """
    from html import escape

    from pysb.export import export

    text: str = export(source.network, "sbml", escape(source.title))
    return text.encode()


def sbgn(source: ExportSource) -> bytes:
    """Return an SBGN process description, without a layout.

    :raises InputError: if the network does not end or is too large.
    """
    from indra.assemblers.pysb.export import export_sbgn
    from lxml import etree

    text: str = export_sbgn(source.network)
    # INDRA calls the encoding "utf8", a name that XML does not know.
    root = etree.fromstring(text.encode())
    content: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return content
