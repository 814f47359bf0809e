// A react_app without a build: React is Airflow's own. It shows a page of this plugin in a frame
// without Airflow's sandbox, which would forbid links out of the frame and downloads.
(() => {
  const base = new URL(document.baseURI).pathname.replace(/\/$/, "");
  const frame = (path, title) =>
    globalThis.React.createElement("iframe", {
      src: `${base}/emmaa/${path}`,
      title,
      style: { border: 0, display: "block", width: "100%", height: "100%", minHeight: "60vh" },
    });
  // Airflow looks for a component by the name of the view. The address is read once: the page in
  // the frame keeps it up to date, and a frame that is made anew would lose its scroll position.
  globalThis.EMMAA = () => {
    const [search] = globalThis.React.useState(() => location.search);
    const query = new URLSearchParams(search);
    const wanted = query.get("page");
    const page = ["model", "files", "cost"].includes(wanted) ? wanted : "overview";
    return frame(`${page}${search}`, "EMMAA models");
  };
  globalThis.Round = ({ dagId, runId }) =>
    frame(`round?${new URLSearchParams({ dag_id: dagId, run_id: runId })}`, "EMMAA round");
})();
