// The dialog "Start from here". It posts to Airflow's own API with the viewer's rights; what it will
// do, and who will be notified, stands there before anything is sent.
const dialog = document.getElementById("start");
const form = dialog.querySelector("form");
const [PIPELINE, ASSEMBLY, ROUND] = dialog.dataset.dags.split(" ");
const summary = dialog.querySelector("[data-summary]");
const answer = dialog.querySelector("[data-answer]");
const send = dialog.querySelector("[data-send]");
let model = {};

const chosen = () => ({
  from: form.elements.from.value,
  notify: form.elements.notify.value || null,
  stages: [...form.querySelectorAll("[name=stage]:checked")].map((box) => box.value),
  first: form.elements.first.value,
  last: form.elements.last.value,
  again: form.elements.again.checked,
});

const request = (wanted) => {
  const conf = { model: model.name, notify: wanted.notify };
  const run = (dag, fields) => ({ dag, path: `dags/${dag}/dagRuns`, body: { logical_date: null, conf: fields } });
  const pipeline = { models: [model.name], notify: wanted.notify };
  if (wanted.from === "update") return run(PIPELINE, pipeline);
  if (wanted.from === "assembly") return run(ASSEMBLY, conf);
  if (wanted.from === "round") return run(ROUND, { ...conf, stages: wanted.stages });
  const body = {
    dag_id: PIPELINE,
    from_date: `${wanted.first}T00:00:00Z`,
    to_date: `${wanted.last}T23:59:59Z`,
    dag_run_conf: pipeline,
    reprocess_behavior: wanted.again ? "completed" : "none",
  };
  return { dag: PIPELINE, path: "backfills", body };
};

const days = ({ first, last }) => (Date.parse(last) - Date.parse(first)) / 86400e3 + 1;

// Why it cannot be sent; empty if it can.
const missing = (wanted) => {
  if (wanted.from === "round" && !wanted.stages.length) return "Choose at least one stage.";
  if (wanted.from !== "backfill") return "";
  if (!wanted.first || !wanted.last) return "Choose the first and the last day.";
  return days(wanted) >= 1 ? "" : "The last day is before the first one.";
};

const DAILY = {
  update: "reads new literature into a new state of the model; then assembly, statistics, tests, queries and notifications follow",
  tests: "reads no literature, because of the model's config: it assembles and tests the newest state",
  none: "does nothing, because the model's config switches off both daily updates and daily tests",
};

const whatItDoes = (wanted) => {
  const name = model.title;
  if (wanted.from === "update") return `One run of ${PIPELINE} for ${name}: it ${DAILY[model.daily]}.`;
  if (wanted.from === "assembly") return `One run of ${ASSEMBLY} for ${name}: its newest state is assembled into a new round; then statistics, tests, queries and notifications follow.`;
  if (wanted.from === "round") return `One run of ${ROUND} for ${name}, on its newest round: ${wanted.stages.join(", ").replaceAll("_", " ")}.`;
  const again = wanted.again ? "also of days that have had one" : "of days that have had none";
  return `A backfill of ${PIPELINE} for ${name}: up to ${days(wanted)} runs, ${again}, the oldest first. Each ${DAILY[model.daily]}.`;
};

const whoIsNotified = (wanted) => {
  if (model.daily === "none" && ["update", "backfill"].includes(wanted.from)) return "Nobody is notified.";
  const people = `everybody who subscribed to ${model.title} or to one of its queries is mailed what is new, and the model tweets if its config says so`;
  if (wanted.from === "round" && !wanted.stages.includes("notification") && !wanted.stages.includes("queries")) return "Nobody is notified: no such stage is chosen.";
  if (wanted.notify === "no") return "Nobody is notified.";
  if (wanted.notify === "yes" || wanted.from === "update") return `With the results, ${people}.`;
  if (wanted.from === "backfill") return "Nobody is notified, as usual with a backfill.";
  return `As the run decided that made this state: if it did not say no, ${people}.`;
};

const show = () => {
  const wanted = chosen();
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== wanted.from;
  const fault = missing(wanted);
  summary.textContent = fault || `${whatItDoes(wanted)} ${whoIsNotified(wanted)}`;
  send.disabled = Boolean(fault);
};

const REFUSED = { 401: "Your login has expired: log in to Airflow again.", 403: "You may not start this: ask your Airflow administrator." };

const reason = async (reply) => {
  if (REFUSED[reply.status]) return REFUSED[reply.status];
  const { detail } = await reply.json().catch(() => ({}));
  return `Airflow answers ${reply.status}: ${typeof detail === "string" ? detail : JSON.stringify(detail ?? "")}`;
};

const linkTo = (path, text) => {
  const link = document.createElement("a");
  Object.assign(link, { target: "_top", href: `../${path}`, textContent: text });
  return link;
};

const pausedNote = async (dag) => {
  const reply = await fetch(`../api/v2/dags/${dag}`);
  return reply.ok && (await reply.json()).is_paused ? ` The DAG ${dag} is paused: it begins when somebody unpauses it.` : "";
};

const start = async () => {
  const { dag, path, body } = request(chosen());
  send.disabled = true;
  answer.replaceChildren("Asking Airflow…");
  const reply = await fetch(`../api/v2/${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  if (!reply.ok) {
    answer.replaceChildren(await reason(reply));
    send.disabled = false;
    return;
  }
  const made = await reply.json();
  const link = made.dag_run_id
    ? linkTo(`dags/${dag}/runs/${encodeURIComponent(made.dag_run_id)}`, made.dag_run_id)
    : linkTo(`dags/${dag}/backfills`, `backfill ${made.id}`);
  answer.replaceChildren("Started: ", link, ".", await pausedNote(dag));
};

const open = ({ dataset }) => {
  model = { name: dataset.start, title: dataset.title, daily: dataset.daily };
  form.reset();
  answer.replaceChildren();
  dialog.querySelector("[data-title]").textContent = model.title;
  show();
  dialog.showModal();
};

for (const button of document.querySelectorAll("[data-start]")) button.addEventListener("click", () => open(button));
form.addEventListener("input", show);
send.addEventListener("click", () => start().catch((error) => answer.replaceChildren(`Airflow cannot be reached: ${error.message}`)));
