// What the browser does by itself: keys, sizes of the layout, the slice strip, the connection.
"use strict";

const act = (...asked) => window.trame.trigger("act", asked);
const REPEATED = new Set(["Ctrl+Z", "Ctrl+Y", "N", "P", "[", "]"]);
const TYPING = "input:not([type=range]):not([type=checkbox]), select, textarea";

function nameOf(event) {
  if (event.key === "Enter") return "Return";
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  if (event.ctrlKey || event.metaKey) return `Ctrl+${key}`;
  return event.shiftKey && /^[A-Z]$/.test(key) ? `Shift+${key}` : key;
}

function onKey(event) {
  const { state } = window.trame;
  if (event.key === "Escape") {
    state.set("help", false);
    state.set("asks_for_note", false);
    state.set("largest", "");
    document.activeElement?.blur();
    return;
  }
  const typing = event.target.closest?.(TYPING);
  const dialog = document.querySelector(".curtain");
  if (typing || dialog || event.altKey) return;
  const name = nameOf(event);
  const pressed = event.target.closest?.("button, summary, a");
  if (pressed && (name === "Return" || name === " ")) return;
  if (name === "?") state.set("help", true);
  else if (["ArrowLeft", "ArrowUp"].includes(name)) act("scroll", -1);
  else if (["ArrowRight", "ArrowDown"].includes(name)) act("scroll", 1);
  else if (name === "PageUp" || name === "PageDown") act("scroll", name === "PageUp" ? -10 : 10);
  else if (/^[1-5]$/.test(name) || state.get("keys").some((each) => each.key === name)) {
    // Return held too long signs one slice off, not ten.
    if (!event.repeat || REPEATED.has(name)) window.trame.trigger("key", [name]);
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

// Before the views: VTK's own keys must not reach them.
window.addEventListener("keydown", onKey, true);
