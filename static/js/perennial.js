/* Makes pages more pleasant; each of them works without. It loads nothing, evaluates nothing and writes no markup. */
(() => {
  "use strict";

  // Instagram appends `#_` to the way back, and the browser carries it on to the page that we redirect to.
  if (location.hash === "#_") history.replaceState(null, "", location.pathname + location.search);

  // Theme. The colours follow the device by the style sheet alone; Tabler's own parts ask for the attribute.
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = () => { document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light"; };
  dark.addEventListener("change", theme);
  theme();

  // A pressed button says that it works, and can't be pressed twice.
  const words = new WeakMap();

  const begin = (form, button) => {
    form.setAttribute("aria-busy", "true");
    if (!button) return;
    words.set(button, [...button.childNodes]);
    button.replaceChildren("Working…");
    button.disabled = true;
  };

  const rest = (form) => {
    form.removeAttribute("aria-busy");
    for (const button of form.querySelectorAll("button")) {
      if (words.has(button)) button.replaceChildren(...words.get(button));
      words.delete(button);
      button.disabled = false;
    }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.hasAttribute("aria-busy")) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.setAttribute("aria-busy", "true");
    const button = event.submitter || form.querySelector("button");
    // Later: a disabled button is left out of what is sent.
    setTimeout(() => begin(form, button));
  }, true);

  // On the way back a browser may show the page as it was left, pressed buttons included.
  addEventListener("pageshow", () => document.querySelectorAll("form").forEach(rest));

  // Times are written in UTC; the device's own stands in the tooltip.
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
  const tooltips = () => {
    for (const time of document.querySelectorAll("time[datetime]:not([title])")) {
      const at = new Date(time.dateTime);
      if (!Number.isNaN(at.getTime())) time.title = `${local.format(at)}, your time`;
    }
  };
  tooltips();

  // What htmx changed, and what it could not do.
  const messages = document.getElementById("messages");

  const say = (text) => {
    const note = document.createElement("div");
    note.className = "alert tone-bad";
    note.setAttribute("role", "alert");
    note.textContent = text;
    messages.replaceChildren(note);
    messages.focus();
  };

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.xhr.status < 400) return;
    // Ours say where they belong; a page of some proxy in between does not.
    if (detail.xhr.getResponseHeader("HX-Retarget")) {
      detail.shouldSwap = true;
      detail.isError = false;
    } else {
      say("That did not work. Load the page anew and try once more.");
    }
  });
  document.addEventListener("htmx:sendError", () => say("The site can't be reached just now. Try again in a moment."));
  document.addEventListener("htmx:timeout", () => say("That took too long. Load the page anew to see what came of it."));
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const form = detail.requestConfig.elt.closest("form");
    if (form) setTimeout(() => rest(form));
  });

  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    tooltips();
    const id = detail.target.id;
    const list = document.getElementById("connections");
    if (id === "connections" && list) {
      document.getElementById("told").textContent = list.dataset.told;
      if (detail.requestConfig.elt.classList.contains("page-link")) {
        list.focus({ preventScroll: true });
        list.scrollIntoView();
      }
    } else {
      const wrong = document.querySelector("#connection [aria-invalid=true]");
      (wrong || messages).focus();
    }
  });
})();
