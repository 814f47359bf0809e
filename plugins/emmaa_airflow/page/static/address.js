// The address of the page around the frame leads back to what is shown here.
try {
  if (parent !== window && parent.location.pathname.endsWith("/plugin/emmaa")) {
    const query = new URLSearchParams(location.search);
    query.delete("fresh");
    const page = location.pathname.split("/").pop();
    if (page !== "overview") query.set("page", page);
    const search = query.size ? `?${query}` : "";
    parent.history.replaceState(parent.history.state, "", parent.location.pathname + search);
  }
} catch {
  // a page of another origin
}
