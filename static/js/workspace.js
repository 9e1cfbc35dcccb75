/* What htmx brings on a workspace's pages: notes that move nothing, and the keyboard's place after each action. */
(() => {
  "use strict";

  // What htmx brings stands in notes over the page: nothing moves under the pointer.
  const notes = document.getElementById("notes");
  let pressed = "";

  const closable = () => {
    for (const note of notes.querySelectorAll(".alert")) {
      const close = document.createElement("button");
      close.type = "button";
      close.className = "close";
      close.setAttribute("aria-label", "Close");
      close.textContent = "×";
      close.addEventListener("click", () => { note.remove(); goOn(); });
      note.append(close);
    }
  };

  // What was pressed has been replaced or disabled meanwhile, and the keyboard's place with it.
  const goOn = () => {
    const forms = [...document.querySelectorAll("#connection form")];
    const form = forms.find((each) => each.getAttribute("action") === pressed);
    form?.querySelector("button")?.focus({ preventScroll: true });
  };

  const say = (text) => {
    const note = document.createElement("div");
    note.className = "alert tone-bad";
    note.setAttribute("role", "alert");
    note.textContent = text;
    notes.replaceChildren(note);
    closable();
  };

  document.addEventListener("keydown", ({ key }) => { if (key === "Escape") notes?.replaceChildren(); });

  // On the half of the screen that the pressed button is not on: on a phone a note hides a fair part of the other.
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    const { top, height } = detail.elt.getBoundingClientRect();
    notes.replaceChildren();
    notes.classList.toggle("above", top + height / 2 > innerHeight / 2);
    pressed = detail.elt.getAttribute("hx-post");
  });

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
    if (form) setTimeout(() => { if (form.isConnected) goOn(); });
  });

  // Where an action leads: to what is wrong in the form, to why the connection has ended, or back to its button.
  const land = () => {
    const wrong = document.querySelector("#connection [aria-invalid=true]");
    const why = !notes.querySelector(".alert") && document.getElementById("why");
    if (why) document.getElementById("messages").replaceChildren();
    if (wrong || why) (wrong || why).focus();
    else goOn();
    if (!notes.querySelector(".close")) closable();
  };

  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const id = detail.target.id;
    const list = document.getElementById("connections");
    if (id === "connections" && list) {
      document.getElementById("told").textContent = list.dataset.told;
      if (detail.requestConfig.elt.classList.contains("page-link")) {
        list.focus({ preventScroll: true });
        list.scrollIntoView();
      }
    } else {
      land();
    }
  });
})();
