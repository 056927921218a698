/**
 * Sets colours and letters as they were chosen on this device before anything is painted; shell/appearance.ts, whose test
 * compares both, does it from then on. A script of its own because it must come before the first frame, and nothing inline
 * may run.
 */
try {
  const { theme, text } = JSON.parse(localStorage.getItem("aether-settings"));
  const scales = new Map([
    ["small", 0.875],
    ["large", 1.25],
  ]);
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  if (scales.has(text)) document.documentElement.style.fontSize = `${100 * scales.get(text)}%`;
} catch {
  // Nothing was chosen, or nothing can be kept here.
}
try {
  // Who has typed here before knows what this is; shell.css gives the terminal the room.
  if (JSON.parse(localStorage.getItem("aether-history")).length > 0) document.documentElement.dataset.visited = "";
} catch {
  // Nothing was typed, or nothing can be kept here.
}
