// States of runs and tasks, from Airflow's public API with the viewer's own rights; the form that
// selects rows; and the address of the page around the frame. Text is only ever set as text.
import { approvalLink, gatedRounds, isHeld } from "./held.js";

const DAY_AND_A_HALF = 36 * 3600 * 1000;
const [PIPELINE, ASSEMBLY, ROUND] = document.querySelector("script[data-dags]").dataset.dags.split(" ");
const STAGES = {
  [PIPELINE]: { "model.run_model_update": "update" },
  [ASSEMBLY]: { update_model_manager: "assembly" },
  [ROUND]: {
    run_model_stats: "statistics",
    "test_corpus.run_model_tests": "tests",
    "test_corpus.run_test_stats": "tests",
    answer_queries: "queries",
    check_quality: "mails",
    notify: "mails",
  },
};
const SHOWN = {
  failed: ["failed", "✖ failed"],
  running: ["running", "● running"],
  deferred: ["running", "● running"],
  queued: ["waiting", "○ waiting"],
  scheduled: ["waiting", "○ waiting"],
  up_for_retry: ["waiting", "○ will be tried again"],
  up_for_reschedule: ["waiting", "○ waiting"],
};
// The worse state of a stage that several tasks make.
const RANK = ["failed", "running", "waiting"];
const COUNTED = [...RANK, "held"];

const api = async (path, body) => {
  const answer = await fetch(`../api/v2/${path}`, {
    method: body ? "POST" : "GET",
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`Airflow answers ${answer.status}`);
  return answer.json();
};

// The limit of a page is not promised, so pages are asked for until all are there.
const all = async (path, name, body) => {
  const found = [];
  for (;;) {
    const page = await api(path, { ...body, page_limit: 1000, page_offset: found.length });
    found.push(...page[name]);
    if (!page[name].length || found.length >= page.total_entries) return found;
  }
};

const newestRuns = (runs) => {
  const newest = new Map();
  for (const run of runs) if (run.conf?.model) newest.set(`${run.dag_id} ${run.conf.model}`, run);
  return newest;
};

// Returns the model of a task, if the task is one of its newest run.
const modelsOf = (runs) => {
  const byId = new Map(runs.map((run) => [`${run.dag_id} ${run.dag_run_id}`, run]));
  const newest = newestRuns(runs);
  return (task) => {
    if (task.dag_id === PIPELINE) return task.rendered_map_index;
    const run = byId.get(`${task.dag_id} ${task.dag_run_id}`);
    const model = run?.conf?.model;
    return model && newest.get(`${task.dag_id} ${model}`) === run ? model : undefined;
  };
};

// By model and stage, the task that matters most. Held rounds are shown beside it.
const tasksByStage = (tasks, modelOf) => {
  const found = new Map();
  for (const task of tasks) {
    const stage = STAGES[task.dag_id]?.[task.task_id];
    const [state] = (isHeld(task) ? undefined : SHOWN[task.state]) ?? [];
    const model = stage && modelOf(task);
    if (!model) continue;
    const key = `${stage} ${model}`;
    const known = found.get(key);
    const isLater = !known || task.run_after > known.task.run_after;
    const isWorse = known && known.task.run_after === task.run_after
      && (known.state ? state && RANK.indexOf(state) < RANK.indexOf(known.state) : true);
    if (isLater || isWorse) found.set(key, { model, stage, state, task });
  }
  return [...found.values()].filter((each) => each.state);
};

const taskUrl = ({ dag_id, dag_run_id, task_id, map_index }) =>
  `../dags/${encodeURIComponent(dag_id)}/runs/${encodeURIComponent(dag_run_id)}/tasks/${encodeURIComponent(task_id)}`
  + (map_index >= 0 ? `/mapped/${map_index}` : "");

const xcom = async (task, key) => {
  const path = `dags/${encodeURIComponent(task.dag_id)}/dagRuns/${encodeURIComponent(task.dag_run_id)}`
    + `/taskInstances/${encodeURIComponent(task.task_id)}/xcomEntries/${key}?map_index=${task.map_index}`;
  const { value } = await api(path);
  return key === "failure" && typeof value === "string" ? JSON.parse(value) : value;
};

const note = (cell, text) => {
  const reason = document.createElement("span");
  reason.className = "reason";
  reason.textContent = text.length > 300 ? `${text.slice(0, 300)}…` : text;
  cell.append(reason);
};

const showReason = async (cell, task) => {
  const value = await xcom(task, "failure").catch(() => null); // a killed task has left none
  if (!value?.reason) return;
  note(cell, value.reason);
};

const lay = (rows, { model, stage, state, task, text, why }) => {
  const cell = rows.get(model)?.querySelector(`[data-stage="${stage}"]`);
  if (!cell) return;
  const link = document.createElement("a");
  link.className = state;
  link.target = "_top";
  link.href = taskUrl(task);
  link.textContent = text ?? SHOWN[task.state][1];
  cell.replaceChildren(link);
  if (state === "failed") showReason(cell, task);
  if (why) note(cell, why);
};

const layGated = (rows, { model, stage, state, task, why }) => {
  const cell = rows.get(model)?.querySelector(`[data-stage="${stage}"]`);
  if (!cell) return;
  if (state === "held") cell.append(" ", approvalLink(taskUrl(task)));
  if (why) note(cell, why);
};

// A deferred task is running for Airflow; its job may still wait in Batch's queue.
const askBatch = async (found, rows) => {
  const jobs = new Map();
  const deferred = found.filter((each) => each.task.state === "deferred" && rows.has(each.model));
  await Promise.all(deferred.map(async (each) => jobs.set(await xcom(each.task, "job").catch(() => ""), each)));
  jobs.delete("");
  const ids = [...jobs.keys()];
  for (let start = 0; start < ids.length; start += 100) {
    const query = new URLSearchParams(ids.slice(start, start + 100).map((id) => ["id", id]));
    const answer = await fetch(`api/jobs?${query}`);
    if (!answer.ok) return;
    for (const [id, job] of Object.entries(await answer.json()))
      if (["SUBMITTED", "PENDING", "RUNNABLE", "STARTING"].includes(job.status))
        Object.assign(jobs.get(id), { state: "waiting", text: `○ waiting, ${job.status}`, why: job.reason });
  }
};

const nextRun = async () => {
  const dag = await api(`dags/${PIPELINE}`);
  const next = dag.is_paused ? null : dag.next_dagrun_run_after;
  return next ? `, next daily run ${next.slice(0, 16).replace("T", " ")}` : "";
};

const form = document.getElementById("selection");

const showOnly = (tasks, state) => {
  const only = [...new Set(tasks.filter((each) => each.state === state).map((each) => each.model))];
  const query = new URLSearchParams(only.slice(0, 500).map((model) => ["only", model]));
  if (!only.length) query.append("only", "/"); // no model has this name
  query.append("live", state);
  location.assign(`overview?${query}`);
};

const overlay = async () => {
  const live = document.getElementById("live");
  const since = new Date(Date.now() - DAY_AND_A_HALF).toISOString();
  const dag_ids = [PIPELINE, ASSEMBLY, ROUND];
  const task_ids = Object.values(STAGES).flatMap(Object.keys);
  const [runs, tasks] = await Promise.all([
    all("dags/~/dagRuns/list", "dag_runs", { dag_ids, run_after_gte: since, order_by: "run_after" }),
    all("dags/~/dagRuns/~/taskInstances/list", "task_instances", { dag_ids, run_after_gte: since, task_ids }),
  ]);
  const modelOf = modelsOf(runs);
  const byTask = tasksByStage(tasks, modelOf);
  const rows = new Map([...document.querySelectorAll("tr[data-model]")].map((row) => [row.dataset.model, row]));
  const gated = await gatedRounds(api, xcom, ROUND, tasks, modelOf);
  await askBatch(byTask, rows);
  for (const each of byTask) lay(rows, each);
  for (const each of gated) layGated(rows, each);
  const found = [...byTask, ...gated];
  const count = (state) => new Set(found.filter((each) => each.state === state).map((each) => each.model)).size;
  live.textContent = COUNTED.map((state) => `${count(state)} ${state}`).join(", ") + (await nextRun());
  document.getElementById("state").addEventListener("change", ({ target }) => {
    if (target.selectedOptions[0].dataset.live !== undefined) showOnly(found, target.value);
  });
};

form.addEventListener("submit", ({ submitter }) => {
  const { descending } = submitter?.dataset ?? {};
  if (descending !== undefined) form.elements.descending.value = descending;
});
document.getElementById("state").addEventListener("change", ({ target }) => {
  if (target.selectedOptions[0].dataset.live === undefined) form.requestSubmit();
});

// What people type is found while they type, among the rows that are here; Enter asks for all.
document.getElementById("find").addEventListener("input", ({ target }) => {
  const wanted = target.value.toLowerCase();
  for (const row of document.querySelectorAll("tr[data-model]"))
    row.hidden = !`${row.dataset.model} ${row.dataset.title}`.toLowerCase().includes(wanted);
});

if (document.querySelector("[data-unread]")) setTimeout(() => location.reload(), 3000);
const chosen = new URLSearchParams(location.search).get("live");
if (chosen) document.querySelector(`option[value="${CSS.escape(chosen)}"]`)?.setAttribute("selected", "");
overlay().catch((reason) => {
  document.getElementById("live").textContent = `states of runs are not available: ${reason.message}`;
});
