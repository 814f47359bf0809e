"""Output of the real TRIPS and REACH goes through an update as the statements it stands for."""

from __future__ import annotations

from pathlib import Path

import pytest

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.model_file import load_model
from emmaa_jobs.reading.update import update_model
from tests.jobs.reading_inbox import MODEL, NEXT_ROUND, ROUND, config, deliver, write_config

FILES = Path(__file__).resolve().parents[4] / "shared" / "data" / "reader_output"

pytestmark = pytest.mark.skipif(not FILES.is_dir(), reason=f"no reader output in {FILES}")

#: By file, what its sentence says; the files' names are the sentences.
EXPECTED = {
    "Active_MAP2K1_that_is_not_bound_to_PP2A_alpha_phosphorylates_ERK2": [
        "Phosphorylation(MAP2K1(activity, bound: [PPP2CA, False]), MAPK1())"
    ],
    "BRAF_V600E_that_is_not_bound_to_Vemurafenib_phosphorylates_MAP2K1": [
        "Phosphorylation(BRAF(muts: (V, 600, E), bound: [VEMURAFENIB, False]), MAP2K1())"
    ],
    "EGFR_autophosphorylates_itself": ["Autophosphorylation(EGFR())"],
    "EGFR_bound_to_EGFR_transphosphorylates_itself": [
        "Transphosphorylation(EGFR(bound: [EGFR, True]))"
    ],
    "EGF_and_NGF_lead_to_the_phosphorylation_of_MAPK1": [
        "Phosphorylation(EGF(), MAPK1())",
        "Phosphorylation(NGF(), MAPK1())",
    ],
    "EGF_leads_to_the_activation_of_MAPK1": ["Activation(EGF(), MAPK1())"],
    "EGF_leads_to_the_phosphorylation_of_ERK": ["Phosphorylation(EGF(), ERK())"],
    "FGF2_activates_PI3K_Akt_mTOR_and_MAPK_ERK": [],
    "GTP_bound_NRAS_that_is_not_bound_to_SOS1_binds_BRAF": [
        "Complex(NRAS(bound: [GTP, True], bound: [SOS1, False]), BRAF())"
    ],
    "MAP2K1_acetylates_MAPK1": ["Acetylation(MAP2K1(), MAPK1())"],
    "MAP2K1_deacetylates_MAPK1": ["Deacetylation(MAP2K1(), MAPK1())"],
    "MAP2K1_defarnesylates_MAPK1": ["Defarnesylation(MAP2K1(), MAPK1())"],
    "MAP2K1_degrades_MAPK1": ["DecreaseAmount(MAP2K1(), MAPK1())"],
    "MAP2K1_deubiquitinates_MAPK1": ["Deubiquitination(MAP2K1(), MAPK1())"],
    "MAP2K1_phosphorylates_MAPK1": ["Phosphorylation(MAP2K1(), MAPK1())"],
    "MAP2K1_ribosylates_MAPK1": ["Ribosylation(MAP2K1(), MAPK1())"],
    "MAP2K1_synthesizes_MAPK1": ["IncreaseAmount(MAP2K1(), MAPK1())"],
    "MAP2K1_ubiquitinates_MAPK1": ["Ubiquitination(MAP2K1(), MAPK1())"],
    "MAPK1_is_degraded": ["DecreaseAmount(None, MAPK1())"],
    "MAPK1_is_synthesized": ["IncreaseAmount(None, MAPK1())"],
    "MAPK1_translocates_to_the_nucleus": ["Translocation(MAPK1(), None, nucleus)"],
    "MEK_not_bound_to_Selumetinib_phosphorylates_ERK": [
        "Phosphorylation(MEK(bound: [SELUMETINIB, False]), ERK())"
    ],
    "Phosphorylated_MAP2K1_is_activated": [
        "ActiveForm(MAP2K1(mods: (phosphorylation)), activity, True)"
    ],
    "RAF1_activates_MAP2K1": ["Activation(RAF1(), MAP2K1())"],
    "RAS_converts_GTP_into_GDP_and_GMP": ["Conversion(RAS(), [GTP()], [GDP(), GMP()])"],
    "RB1_not_phosphorylated_at_S807_is_active": [
        "ActiveForm(RB1(mods: (phosphorylation, S, 807, False)), activity, True)"
    ],
    "Ras_activated_SAF_1_that_binds_to_a_bona_fide_SAF_1_binding_element": [],
    "Ras_converts_GTP_into_GDP": ["Conversion(RAS(), [GTP()], [GDP()])"],
    "SOS1_bound_NRAS_binds_GTP": ["Complex(NRAS(bound: [SOS1, True]), GTP())"],
    "Stimulation_by_EGF_activates_MAPK1": [],
    "TCRA_activates_NEDD4__MEK1__CK2__PIP3_and_mTORC2": [
        "Activation(TRA(), CK2())",
        "Activation(TRA(), MAP2K1())",
        "Activation(TRA(), NEDD4())",
        "Activation(TRA(), PIP-3())",
        "Activation(TRA(), mTORC2())",
    ],
    "The_EGFR_EGF_complex_binds_another_EGFR_EGF_complex": [
        "Complex(EGFR(bound: [EGF, True]), EGFR(bound: [EGF, True]))"
    ],
    "The_receptor_tyrosine_kinase_EGFR_binds_the_growth_factor_ligand_EGF": [
        "Complex(RTK(), EGF())"
    ],
    "cfos_gene": [],
    "chebi_id_test": [],
    "endoplasmic_reticulum": [],
    "estrogen_receptor_alpha": [],
    "increase_amount_qty": ["IncreaseAmount(TGFBR1(), SMURF2())"],
    "mek1": [],
    "p53_decreases_the_transcription_of_mdm2": ["DecreaseAmount(TP53(), MDM2())"],
    "p53_increases_mdm2": ["IncreaseAmount(TP53(), MDM2())"],
    "p53_increases_the_transcription_of_mdm2": ["IncreaseAmount(TP53(), MDM2())"],
    "reach_conversion": ["Conversion(ACE(), [angiotensin-I()], [angiotensin-II()])"],
    "reach_coordinates": ["Activation(MAP2K1(), MAPK1())", "Activation(MAP2K1(), MAPK1())"],
    "reach_reg_phos": ["Phosphorylation(IGF1(), AKT())"],
}


@pytest.fixture
def read(bucket: Bucket) -> Bucket:
    write_config(bucket, config("trips", "reach"))
    for file in sorted(FILES.iterdir()):
        reader = "trips" if file.suffix == ".ekb" else "reach"
        deliver(bucket, file.name, file.read_bytes(), reader)
    update_model(bucket, MODEL, ROUND)
    return bucket


def test_sentences_become_their_statements(read: Bucket) -> None:
    found: dict[str, list[str]] = {file.stem: [] for file in FILES.iterdir()}
    for item in load_model(read, MODEL).statements:
        (evidence,) = item.stmt.evidence
        found[evidence.text_refs["DEMO"]].append(str(item.stmt))

    assert {paper: sorted(statements) for paper, statements in found.items()} == EXPECTED


def test_papers_without_statements_are_read_too(read: Bucket) -> None:
    assert load_model(read, MODEL).paper_ids == sorted(file.stem for file in FILES.iterdir())


def test_same_output_is_not_news_the_next_day(read: Bucket) -> None:
    """Coordinates of REACH are tuples when read and lists when stored."""
    before = load_model(read, MODEL, ROUND)

    update = update_model(read, MODEL, NEXT_ROUND)

    assert update.updated.statements == len(before.statements) == 43
