// The charts of a model, drawn by uPlot; and links to its jobs' logs, from Airflow's API.
const charts = JSON.parse(document.getElementById("charts").textContent);
const plots = [];
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const LINES = ["--link", "--good", "--wait", "--bad", "--dim", "--fg"];
// A round's <dt> is UTC: 2026-03-02-17-05-00.
const seconds = (date) => Date.parse(date.replace(/^(.{10})-(..)-(..)-(..)$/, "$1T$2:$3:$4Z")) / 1000;

const iso = (at) => new Date(at * 1000).toISOString();
// Days, and hours where the days are few.
const ticks = (plot, splits) =>
  splits.map((at) => (iso(at).slice(11, 16) === "00:00" || splits.at(-1) - splits[0] > 3 * 86400 ? iso(at).slice(5, 10) : iso(at).slice(11, 16)));

const draw = (chart, box) => {
  const axis = { stroke: colour("--fg"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
  const series = chart.lines.map((line, number) => ({
    label: line.name,
    stroke: colour(LINES[number % LINES.length]),
    width: 2,
    spanGaps: true,
    points: { show: chart.dates.length < 60, size: 5 },
  }));
  const options = {
    width: Math.max(box.clientWidth, 240),
    height: 200,
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "UTC"),
    legend: { live: true },
    axes: [{ ...axis, values: ticks }, { ...axis, size: 64 }],
    series: [{ label: "Round", value: (plot, at) => (at == null ? "" : iso(at).slice(0, 16).replace("T", " ")) }, ...series],
  };
  return new uPlot(options, [chart.dates.map(seconds), ...chart.lines.map((line) => line.values)], box);
};

const drawAll = () => {
  while (plots.length) plots.pop().destroy();
  for (const box of document.querySelectorAll("[data-chart]")) plots.push(draw(charts[box.dataset.chart], box));
};

if (charts.length) {
  drawAll();
  // A canvas has the colours that it was drawn with.
  const again = () => requestAnimationFrame(drawAll);
  new MutationObserver(again).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) again();
    width = innerWidth;
  });
}

// Only an address of the web may become a link: javascript: and the like may not.
const isWeb = (address) => /^https?:\/\//.test(address);

const showLinks = async (cell) => {
  const { dag, run } = cell.dataset;
  const path = `../api/v2/dags/${encodeURIComponent(dag)}/dagRuns/${encodeURIComponent(run)}/taskInstances`;
  const tasks = cell.dataset.tasks.split(" ");
  const found = await (await fetch(`${path}?limit=100`)).json();
  for (const task of found.task_instances ?? []) {
    const mine = tasks.includes(task.task_id) && (task.map_index < 0 || !cell.dataset.only || task.rendered_map_index === cell.dataset.only);
    if (!mine) continue;
    const answer = await fetch(`${path}/${encodeURIComponent(task.task_id)}/links?map_index=${task.map_index}`);
    const links = answer.ok ? (await answer.json()).extra_links : {};
    for (const [name, address] of Object.entries(links ?? {})) {
      if (!address || !isWeb(address)) continue;
      const link = document.createElement("a");
      Object.assign(link, { href: address, target: "_blank", rel: "noopener noreferrer", textContent: name });
      link.title = task.rendered_map_index ?? task.task_id;
      cell.append(" ", link);
    }
  }
};
const links = document.getElementById("links");
links?.addEventListener("toggle", () => {
  for (const cell of links.querySelectorAll("[data-run]")) showLinks(cell).catch(() => cell.append(" Airflow's API gives no links."));
}, { once: true });
