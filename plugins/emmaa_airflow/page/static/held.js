// Rounds that the gate holds or has held, from Airflow's approvals. Text is only ever set as text.
const GATE = "check_quality";
// A held round waits for a week at most; the newest answers are those of the states' own time.
const EIGHT_DAYS = 8 * 24 * 3600 * 1000;
const WAITING = ["deferred", "awaiting_input"]; // of Airflow 3.2, and of 3.3

export const isHeld = (task) => task.task_id === GATE && WAITING.includes(task.state);

const approvals = async (api, dag) => {
  const found = [];
  for (;;) {
    const query = new URLSearchParams({
      task_id: GATE,
      created_at_gte: new Date(Date.now() - EIGHT_DAYS).toISOString(),
      order_by: "-created_at",
      limit: 100,
      offset: found.length,
    });
    const page = await api(`dags/${dag}/dagRuns/~/hitlDetails?${query}`);
    found.push(...page.hitl_details);
    if (!page.hitl_details.length || found.length >= page.total_entries) return found;
  }
};

// Held rounds and those that a person has answered for, each as `{model, stage, state, task, why}`.
// Who may not see approvals still sees which of the newest rounds are held.
export const gatedRounds = async (api, xcom, dag, tasks, modelOf) => {
  const details = await approvals(api, dag).catch(() => null);
  const held = details
    ? details.map((each) => each.task_instance).filter(isHeld)
    : tasks.filter((task) => isHeld(task) && modelOf(task));
  const rounds = held.map(async (task) => {
    const gate = await xcom(task, "gate").catch(() => null);
    const why = [gate?.date && `round ${gate.date}`, ...(gate?.findings ?? [])].filter(Boolean).join("; ");
    return { model: gate?.model ?? modelOf(task), stage: "mails", state: "held", task, why };
  });
  const answered = (details ?? []).filter((each) => each.response_received && modelOf(each.task_instance));
  const decisions = answered.map(({ task_instance, chosen_options, responded_by_user }) => ({
    model: modelOf(task_instance),
    stage: "mails",
    task: task_instance,
    why: `${chosen_options?.includes("Approve") ? "approved" : "rejected"} by ${responded_by_user?.name ?? "somebody"}`,
  }));
  return [...(await Promise.all(rounds)).filter((round) => round.model), ...decisions];
};

// A person decides on the task's own tab of Airflow.
export const approvalLink = (taskUrl) => {
  const link = document.createElement("a");
  Object.assign(link, { className: "held", target: "_top", href: `${taskUrl}/required_actions`, textContent: "‖ held" });
  return link;
};
