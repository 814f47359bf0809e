// Airflow's theme and colours: of the page around this frame (same origin), else of the browser.
(() => {
  const root = document.documentElement;
  const framed = () => {
    try {
      return parent !== window && parent.document ? parent : null;
    } catch {
      return null; // a page of another origin
    }
  };
  const outside = framed();
  const isDark = () => {
    if (outside) return outside.document.documentElement.classList.contains("dark");
    const stored = localStorage.getItem("theme");
    return stored === "dark" || (stored !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  };
  const colours = { "--bg": "--chakra-colors-bg", "--fg": "--chakra-colors-fg", "--line": "--chakra-colors-border" };
  const show = () => {
    root.dataset.theme = isDark() ? "dark" : "light";
    if (!outside) return;
    const style = outside.getComputedStyle(outside.document.documentElement);
    for (const [mine, theirs] of Object.entries(colours)) {
      const value = style.getPropertyValue(theirs).trim();
      if (value) root.style.setProperty(mine, value);
    }
  };
  show();
  if (outside) {
    const options = { attributes: true, attributeFilter: ["class", "style"] };
    new MutationObserver(show).observe(outside.document.documentElement, options);
  }
})();
