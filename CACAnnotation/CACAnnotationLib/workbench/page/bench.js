// What the browser does by itself: keys, sizes of the layout, the slice strip, what it remembers, the connection.
"use strict";

const act = (...asked) => window.trame.trigger("act", asked);
const state = () => window.trame.state;

// Keys: before the views, so that VTK's own keys never reach them.

const REPEATED = new Set(["Ctrl+Z", "Ctrl+Y", "N", "P", "[", "]"]);
const TYPING = "input:not([type=range]):not([type=checkbox]), select, textarea";

function nameOf(event) {
  if (event.key === "Enter") return "Return";
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  if (event.ctrlKey || event.metaKey) return `Ctrl+${key}`;
  return event.shiftKey && /^[A-Z]$/.test(key) ? `Shift+${key}` : key;
}

function meaningOf(name) {
  if (name === "?") return () => state().set("help", true);
  if (name === "ArrowLeft" || name === "ArrowUp") return () => act("scroll", -1);
  if (name === "ArrowRight" || name === "ArrowDown") return () => act("scroll", 1);
  if (name === "PageUp") return () => act("scroll", -10);
  if (name === "PageDown") return () => act("scroll", 10);
  if (/^[1-5]$/.test(name) || state().get("keys").some((each) => each.key === name)) {
    return () => window.trame.trigger("key", [name]);
  }
  return null;
}

function onKey(event) {
  if (!window.trame?.state) return;
  if (event.key === "Escape") {
    for (const shown of ["help", "asks_for_note", "asks_for_reader"]) state().set(shown, false);
    state().set("tour", 0);
    state().set("largest", "");
    document.activeElement?.blur();
    return;
  }
  const target = event.target;
  if (target.closest?.(TYPING) || document.querySelector(".curtain:not([hidden])") || event.altKey) return;
  const name = nameOf(event);
  // A button, a step or a slider that has the keyboard keeps the keys that work it.
  if (target.closest?.("button, summary, a") && (name === "Return" || name === " ")) return;
  if (target.closest?.("input, [role=separator], [role=slider]") && name.startsWith("Arrow")) return;
  const meaning = meaningOf(name);
  if (!meaning) return;
  // Return held too long signs one slice off, not ten.
  if (!event.repeat || REPEATED.has(name) || name.startsWith("Arrow") || name.startsWith("Page")) meaning();
  event.preventDefault();
  event.stopPropagation();
}

window.addEventListener("keydown", onKey, true);
window.addEventListener("contextmenu", (event) => event.target.closest(".view") && event.preventDefault());

// Sizes that can be dragged, kept in this browser.

const SIZES = {
  panel: { least: 260, most: () => window.innerWidth * 0.45, of: (x) => window.innerWidth - x },
  side: {
    least: 90,
    most: () => document.querySelector(".views").clientWidth * 0.6,
    of: (x) => document.querySelector(".views").getBoundingClientRect().right - x,
  },
};

function setSize(name, pixels) {
  const { least, most } = SIZES[name];
  const size = Math.round(Math.min(Math.max(pixels, least), most()));
  document.documentElement.style.setProperty(`--${name}`, `${size}px`);
  document.querySelector(`[data-splits=${name}]`)?.setAttribute("aria-valuenow", String(size));
  localStorage.setItem(`cac-${name}`, String(size));
}

window.addEventListener("pointerdown", (event) => {
  const name = event.target.dataset?.splits;
  if (!name) return;
  event.preventDefault();
  const move = (moved) => setSize(name, SIZES[name].of(moved.clientX));
  const end = () => {
    window.removeEventListener("pointermove", move);
    window.removeEventListener("pointerup", end);
  };
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", end);
});

window.addEventListener("keydown", (event) => {
  const name = event.target.dataset?.splits;
  if (!name || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const { x } = event.target.getBoundingClientRect();
  setSize(name, SIZES[name].of(x + (event.key === "ArrowLeft" ? -20 : 20)));
});

for (const name of Object.keys(SIZES)) {
  const kept = Number(localStorage.getItem(`cac-${name}`));
  if (kept) document.documentElement.style.setProperty(`--${name}`, `${kept}px`);
}

// The strip of slices.

function goAlongStrip(strip, y) {
  const { top, height } = strip.getBoundingClientRect();
  const slices = Number(strip.dataset.slices);
  const slice = Math.floor(((y - top) / height) * slices);
  act("go_to_slice", Math.min(Math.max(slice, 0), slices - 1));
}

window.addEventListener("pointerdown", (event) => {
  const strip = event.target.closest?.("#strip");
  if (!strip) return;
  goAlongStrip(strip, event.clientY);
  const move = (moved) => goAlongStrip(strip, moved.clientY);
  const end = () => {
    window.removeEventListener("pointermove", move);
    window.removeEventListener("pointerup", end);
  };
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", end);
});

// Where the reader is, so that a page that is loaded again goes on there: a number of a scan, no name of a patient.

function remember() {
  const { scans, strip } = state().state ?? {};
  if (scans?.reader) {
    const place = { reader: scans.reader, scan: scans.open, slice: strip?.here ?? null };
    localStorage.setItem("cac-place", JSON.stringify(place));
  }
}

function resume() {
  const kept = JSON.parse(localStorage.getItem("cac-place") ?? "null");
  if (kept) act("resume", kept.reader, kept.scan, kept.slice);
  act("draw");
  if (!localStorage.getItem("cac-toured")) {
    localStorage.setItem("cac-toured", "yes");
    state().set("tour", 1);
  }
}

// The connection: a page that lost it says so, and comes back by itself. One page at a time shows a session.

const ASK_EVERY_MS = 5000;
const other = new BroadcastChannel("cac");
let elsewhere = false;
let unanswered = 0;

function away(title, text) {
  document.getElementById("away-title").textContent = title;
  document.getElementById("away-text").textContent = text;
  document.getElementById("away").hidden = false;
}

function lose() {
  away(
    "The connection was lost",
    "Every label up to here is stored. The workbench comes back by itself, where you were, as soon as it can be reached.",
  );
}

async function look() {
  if (elsewhere) return;
  const gone = document.getElementById("lost");
  if (gone) lose();
  try {
    const answer = await fetch("/ready", { signal: AbortSignal.timeout(ASK_EVERY_MS) });
    unanswered = 0;
    if (gone && answer.status === 403) location.replace("/");
    else if (gone) (await answer.json()).ready && location.replace("/");
    else document.getElementById("away").hidden = true;
  } catch {
    unanswered += 1;
    if (unanswered > 1) lose();
  }
}

other.addEventListener("message", () => {
  elsewhere = true;
  away("Shown in another tab", "This session goes on in another tab or window of this browser.");
  document.getElementById("away-back").textContent = "Go on here";
});

// The timer: seconds on this slice; a pause of a minute is none of them.

const LONGEST_PAUSE_S = 60;
let counted = { seconds: null, since: 0 };

function showTimer() {
  const seconds = state().get("timer");
  const shown = document.getElementById("timer");
  if (!shown) return;
  if (seconds === null) {
    shown.textContent = "";
    return;
  }
  if (seconds !== counted.seconds) counted = { seconds, since: performance.now() };
  const passed = (performance.now() - counted.since) / 1000;
  const total = Math.floor(seconds + (passed < LONGEST_PAUSE_S ? passed : 0));
  shown.textContent = `${Math.floor(total / 60)}:${String(total % 60).padStart(2, "0")}`;
}

// Files: taken along when they are there, brought one by one with their place in the folder.

let taken = "";

function takeAlong() {
  const link = document.getElementById("download");
  const address = link?.getAttribute("href");
  if (address && address !== taken) {
    taken = address;
    link.click();
  }
}

async function bring(files) {
  const shown = document.getElementById("upload-state");
  const batch = String(Date.now());
  let sent = 0;
  try {
    for (const file of files) {
      shown.textContent = `Sending ${sent + 1} of ${files.length} files …`;
      const place = encodeURIComponent(file.webkitRelativePath || file.name);
      const answer = await fetch(`/upload/${batch}`, { method: "PUT", headers: { "X-CAC-Path": place }, body: file });
      if (!answer.ok) throw new Error(await answer.text());
      sent += 1;
    }
    shown.textContent = "";
    act("uploaded", batch);
  } catch (error) {
    act("forget_upload", batch);
    shown.textContent = `${sent} of ${files.length} files were sent, then it broke off, and none was added: ${error.message}`;
  }
}

window.addEventListener("change", (event) => {
  const input = event.target;
  if (input.dataset?.uploads === undefined || !input.files.length) return;
  bring([...input.files]);
  input.value = "";
});

// A dialog takes the keyboard when it comes, and keeps it.

let dialogSeen = null;

function mindDialogs() {
  const curtain = document.querySelector(".bench > .curtain:not(.waiting)");
  for (const part of document.querySelectorAll(".bench > :not(.curtain)")) part.inert = Boolean(curtain);
  const dialog = curtain?.querySelector("[role=dialog]") ?? null;
  if (dialog && dialog !== dialogSeen) dialog.querySelector("input, button")?.focus();
  dialogSeen = dialog;
  const note = document.getElementById("note");
  if (note && !note.dataset.seen) {
    note.dataset.seen = "yes";
    note.closest("details").open = true;
    note.focus();
  }
}

// trame-rca's pictures have no words for those who do not see them.
function namePictures() {
  for (const picture of document.querySelectorAll(".area img:not([alt])")) {
    picture.alt = `${picture.closest(".view").querySelector(".view-name").textContent} view`;
  }
}

function onPage() {
  namePictures();
  mindDialogs();
  takeAlong();
  if (document.getElementById("lost")) lose();
}

function begin() {
  if (!window.trame?.state?.get || !document.querySelector(".bench")) {
    setTimeout(begin, 50);
    return;
  }
  other.postMessage("here");
  resume();
  setInterval(remember, 1000);
  setInterval(showTimer, 500);
  setInterval(look, ASK_EVERY_MS);
  window.addEventListener("pagehide", remember);
  document.getElementById("away-back").addEventListener("click", () => location.replace("/"));
  new MutationObserver(onPage).observe(document.getElementById("app"), {
    attributes: true,
    attributeFilter: ["href"],
    childList: true,
    subtree: true,
  });
  onPage();
}

begin();
