/*
 * Runs before the first paint, so that a reader who chose dark never sees a flash of light. A
 * classic script on purpose: modules wait for the document.
 */
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // a browser that keeps nothing follows the system
}
