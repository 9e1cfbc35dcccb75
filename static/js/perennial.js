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
    button.replaceChildren(document.body.dataset.working || "Working…");
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
    // A download leaves the page as it is: nothing would end the waiting.
    if (form.method !== "post" || form.hasAttribute("data-download")) return;
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

  // The switcher of workspaces closes as menus do; without script its name closes it.
  const switcher = document.querySelector(".switcher");
  document.addEventListener("click", ({ target }) => { if (switcher && !switcher.contains(target)) switcher.open = false; });
  switcher?.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !switcher.open) return;
    switcher.open = false;
    switcher.querySelector("summary").focus();
  });

  // Times are written in UTC; the device's own stands in the tooltip.
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
  const tooltips = () => {
    for (const time of document.querySelectorAll("time[datetime]:not([title])")) {
      const at = new Date(time.dateTime);
      if (!Number.isNaN(at.getTime())) time.title = `${local.format(at)}, your time`;
    }
  };
  tooltips();

  // Addresses to be copied. The button is there only where it can do what it says.
  for (const button of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
    const field = document.getElementById(button.dataset.copy);
    button.hidden = false;
    button.addEventListener("click", () => {
      field.select();
      navigator.clipboard.writeText(field.value).then(() => {
        button.textContent = "Copied";
        setTimeout(() => { button.textContent = "Copy"; }, 2000);
      }, () => {});
    });
  }

  // htmx answers without loading a page: the button is free again, the times that it brought get their tooltips.
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const form = detail.requestConfig.elt.closest("form");
    if (form) setTimeout(() => rest(form));
  });
  document.addEventListener("htmx:afterSettle", tooltips);
})();
