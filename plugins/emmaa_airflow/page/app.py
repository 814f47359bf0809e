"""The page's FastAPI app. Airflow's API server alone imports this module, when it is asked for."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from botocore.exceptions import BotoCoreError, ClientError
from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import (
    FileResponse,
    JSONResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.exceptions import HTTPException

from emmaa_airflow.page.access import DAGS, MAY_SEE
from emmaa_airflow.page.answers import ChangesAnswer, CostAnswer, ModelsAnswer, RoundAnswer
from emmaa_airflow.page.bucket_fault import BucketFaultError
from emmaa_airflow.page.html import STATIC, html
from emmaa_airflow.page.jobs import MAX_JOBS, JobState
from emmaa_airflow.page.rounds import round_row
from emmaa_airflow.page.selection import MAX_NAMED, PAGE_ROWS, Filter, Order, Selection
from emmaa_airflow.page.service import Overview, OverviewUnavailableError, page_service
from emmaa_cycle.errors import InputError
from emmaa_cycle.overview.cost import DAYS, total
from emmaa_cycle.settings import load_settings

#: Statements and tests that a page lists; JSON has all.
SHOWN = 200
#: Tests whose paths are drawn; those of the others are text.
DRAWN = 40
#: The tasks of each stage, by the names of the overview's columns.
TASKS = {
    "update": ("model.run_model_update",),
    "assembly": ("update_model_manager",),
    "statistics": ("run_model_stats",),
    "tests": ("test_corpus.run_model_tests", "test_corpus.run_test_stats"),
    "queries": ("answer_queries",),
    "mails": ("notify",),
}
Round = Annotated[str, Query(max_length=40, description="a round's <dt>")]
_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_DESCRIPTION = "How the EMMAA models do, as the EMMAA page in Airflow shows it."

pages = APIRouter(dependencies=list(MAY_SEE), include_in_schema=False)
api = APIRouter(prefix="/api", dependencies=list(MAY_SEE))


def selection(
    find: Annotated[str, Query(max_length=200, description="part of a model's name")] = "",
    state: Annotated[Filter, Query(description="models in this state alone")] = Filter.ALL,
    only: Annotated[list[str] | None, Query(max_length=MAX_NAMED)] = None,
    sort: Order = Order.NAME,
    descending: bool = False,
    start: Annotated[int, Query(ge=0, description="number of the first row, from 0")] = 0,
) -> Selection:
    """Read the part of an address that selects rows."""
    return Selection(find, state, tuple(only or ()), sort, descending, start)


Selected = Annotated[Selection, Depends(selection)]


@dataclass(frozen=True)
class TwoRounds:
    """A request to compare two rounds of a model."""

    model: str
    round: Annotated[str, Query(description="the later round's <dt>; the newest if empty")] = ""
    before: Annotated[str, Query(description="the earlier one; that before it if empty")] = ""


Asked = Annotated[TwoRounds, Depends()]


@pages.get("/")
def front() -> Response:
    """Lead to the overview."""
    return RedirectResponse("overview")


@pages.get("/overview")
def show_overview(wanted: Selected, fresh: bool = False) -> Response:
    """Show all models."""
    overview = page_service().overview(fresh=fresh)
    rows = wanted.of(overview.rows)
    return html(
        "overview.html",
        overview=overview,
        rows=wanted.page(rows),
        total=len(rows),
        wanted=wanted,
        page_rows=PAGE_ROWS,
        filters=list(Filter),
        dags=DAGS,
    )


@pages.get("/round")
def show_round(dag_id: str, run_id: str) -> Response:
    """Show the round that a DAG run made."""
    found = round_row(page_service().overview().rows, dag_id, run_id)
    if found is None:
        text = "This run is no round of an EMMAA model."
        return html("message.html", title="Round", text=text, login="")
    faults = list(found.row.faults)
    gate = page_service().gate(found.row, found.date, faults)
    return html(
        "round.html",
        row=found.row,
        date=found.date,
        is_newest=found.is_newest,
        gate=gate,
        faults=faults,
    )


@pages.get("/model")
def show_model(asked: Asked) -> Response:
    """Show what changed in a model, from one round to another."""
    row = page_service().row(asked.model)
    changes = page_service().changes(row, asked.round, asked.before)
    query = urlencode({"model": row.model, "round": changes.date, "before": changes.before})
    return html(
        "model.html",
        row=row,
        changes=changes,
        shown=SHOWN,
        drawn=DRAWN,
        query=query,
        tasks=TASKS,
        dags=DAGS,
        cost=page_service().cost(row),
        dashboard=f"https://{load_settings().domain}/dashboard/{quote(row.model, safe='')}",
    )


@pages.get("/cost")
def show_cost() -> Response:
    """Show what the models cost."""
    costs = page_service().costs()
    return html(
        "cost.html",
        costs=costs,
        shown=SHOWN,
        today=total(cost.today for cost in costs),
        month=total(cost.month for cost in costs),
        days=DAYS,
        prices=load_settings().cost,
    )


@pages.get("/files")
def show_files(model: str, round: Round = "") -> Response:
    """List the files of a model's round."""
    row = page_service().row(model)
    date = round or row.round
    return html("files.html", row=row, date=date, folders=page_service().files_of(row, date))


@pages.get("/file")
def download(model: str, key: str) -> Response:
    """Stream one file of a model; no other object of the bucket."""
    found = page_service().files.open(page_service().row(model).model, key)
    # Plots are shown on the model's page; nothing else is more than bytes to a browser.
    media_type = "image/png" if key.endswith(".png") else "application/octet-stream"
    return StreamingResponse(found.chunks, headers=dict(found.headers), media_type=media_type)


@api.get("/models")
def models(wanted: Selected, limit: Annotated[int, Query(ge=1, le=1000)] = 1000) -> ModelsAnswer:
    """Return the models that are wanted, with their newest round's figures."""
    overview = page_service().overview()
    rows = wanted.of(overview.rows)
    chosen = [asdict(row) for row in rows[wanted.start : wanted.start + limit]]
    return ModelsAnswer(
        models=chosen, total=len(rows), counts=overview.counts, **_freshness(overview)
    )


@api.get("/changes")
def changes(asked: Asked) -> ChangesAnswer:
    """Return what changed in a model, statement by statement and test by test."""
    row = page_service().row(asked.model)
    found = page_service().changes(row, asked.round, asked.before)
    return ChangesAnswer(**asdict(found))


@api.get("/cost")
def cost() -> CostAnswer:
    """Return what each model costs, by stage, the dearest first."""
    prices = load_settings().cost
    costs = [asdict(cost) for cost in page_service().costs()]
    return CostAnswer(models=costs, days=DAYS, **prices.model_dump())


@api.get("/jobs")
def jobs(
    id: Annotated[list[str], Query(min_length=1, max_length=MAX_JOBS, description="Batch's ids")],
) -> dict[str, JobState]:
    """Return the states of Batch jobs, with the reason why one waits."""
    try:
        return page_service().jobs.states(id)
    except (BotoCoreError, ClientError) as error:
        raise HTTPException(502, f"Batch cannot be asked: {error}") from None


@api.get("/round")
def round_of_run(dag_id: str, run_id: str) -> RoundAnswer:
    """Return the model whose round a DAG run made, and whether it is the newest."""
    overview = page_service().overview()
    found = round_row(overview.rows, dag_id, run_id)
    if found is None:
        raise HTTPException(404, "This run is no round of an EMMAA model.")
    return RoundAnswer(model=asdict(found.row), date=found.date, is_newest=found.is_newest)


@api.get("/openapi.json", include_in_schema=False)
def openapi(request: Request) -> JSONResponse:
    """Return the description of this API."""
    return JSONResponse(request.app.openapi())


def _freshness(overview: Overview) -> dict[str, Any]:
    return {
        "age_seconds": overview.age,
        "unread": overview.unread,
        "refreshing": overview.refreshing,
        "fault": overview.fault,
    }


def make_app() -> FastAPI:
    """Return the app, whose static files alone are open: there is no data in them."""
    app = FastAPI(
        title="EMMAA",
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )

    @app.get("/static/{name}", include_in_schema=False)
    def static(name: str) -> Response:
        file = STATIC / name
        if file.parent != STATIC or file.suffix not in _MEDIA_TYPES or not file.is_file():
            raise HTTPException(404)
        headers = {"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"}
        return FileResponse(file, media_type=_MEDIA_TYPES[file.suffix], headers=headers)

    app.include_router(pages)
    app.include_router(api)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(OverviewUnavailableError, _unavailable)
    app.add_exception_handler(BucketFaultError, _unavailable)
    app.add_exception_handler(InputError, _not_found)
    return app


def _is_data(request: Request) -> bool:
    return "/api/" in request.url.path or "/static/" in request.url.path


async def _refused(request: Request, error: Exception) -> Response:
    """Answer a request that is not allowed, a person with a page and a program with JSON."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    if _is_data(request):
        return JSONResponse({"detail": error.detail}, error.status_code, error.headers)
    texts = {
        401: "Your login has expired.",
        403: f"You may not see the runs of {', '.join(DAGS)}: ask your Airflow administrator.",
        404: "There is no such page.",
    }
    text = texts.get(error.status_code, str(error.detail))
    login = "../api/v2/auth/login" if error.status_code in (401, 403) else ""
    return html("message.html", error.status_code, title="EMMAA", text=text, login=login)


async def _not_found(request: Request, error: Exception) -> Response:
    """Say that there is no such model or round."""
    if _is_data(request):
        return JSONResponse({"detail": str(error)}, 404)
    return html("message.html", 404, title="EMMAA", text=str(error), login="")


async def _unavailable(request: Request, error: Exception) -> Response:
    """Say why nothing can be shown; Airflow itself goes on."""
    if _is_data(request):
        return JSONResponse({"detail": str(error)}, 503)
    return html("message.html", 503, title="EMMAA", text=str(error), login="")
