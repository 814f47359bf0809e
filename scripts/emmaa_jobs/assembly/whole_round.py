"""A round assembled of all raw statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emmaa_jobs.assembly.continuation.tracing import Tracing
from emmaa_jobs.assembly.entities import entities
from emmaa_jobs.assembly.round_content import RoundContent
from emmaa_jobs.model.assembled import AssembledFiles, dynamic_folder
from emmaa_jobs.model.model_file import papers_of_state

if TYPE_CHECKING:
    from emmaa_jobs.assembly.assembler import Assembled, Assembly
    from emmaa_jobs.assembly.round_models import RoundModels
    from emmaa_jobs.exports import ExportPlan
    from emmaa_jobs.model.model_file import State


def assembled_whole(
    assembly: Assembly,
    plan: ExportPlan,
    state: State,
    models: RoundModels,
    edition: str | None,
) -> RoundContent:
    """Assemble all raw statements of a state.

    :param edition: of an assembly that the next round may continue; None if it may not
    :raises InputError: if the state is not one, or has no usable statement.
    """
    raw = list(state.statements(models.left_out))
    count, paper_ids = len(raw), papers_of_state(state, raw, models.left_out)
    tracing = Tracing.begin(state, raw, models, edition)
    raw.reverse()
    assembled = assembly.run(
        (raw.pop() for _ in range(count)),
        models.left_out,
        are_unique=state.is_sealed,
        preassembled=tracing.preassembled if tracing else None,
    )
    models.make(assembled, plan)
    main = assembled.main
    rows = tracing.rows(main) if tracing else None
    files = _files(state.model, models.date_str, assembled)
    return RoundContent(
        raw=count,
        paper_ids=paper_ids,
        files=files,
        hashes=[statement.get_hash() for statement in main],
        entities=entities(main),
        models=models,
        statements=main,
        record=tracing.record(rows, files[0]) if tracing else None,
    )


def _files(model: str, date_str: str, assembled: Assembled) -> list[AssembledFiles]:
    files = [AssembledFiles.of_statements(model, date_str, assembled.main)]
    if assembled.dynamic is not None:
        folder = dynamic_folder(model)
        files.append(AssembledFiles.of_statements(folder, date_str, assembled.dynamic))
    return files
