/* What every page does beyond links and forms: keeps what people do undisturbed while live events bring parts up to date. */
(() => {
  const last = new Map();

  /* A part that has not changed is left alone: nothing flickers, and a screen reader does not say it again. */
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    const html = fragment.firstElementChild?.outerHTML ?? "";
    const isBusy = target.querySelector("details.asks[open], form.actions details[open], input:checked") !== null;
    if (isBusy || last.get(target.id) === html) {
      event.detail.shouldSwap = false;
      return;
    }
    last.set(target.id, html);
    const open = [...target.querySelectorAll("details[id][open]")].map((details) => details.id);
    const scrolled = target.scrollLeft;
    queueMicrotask(() => {
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      const fresh = document.getElementById(target.id);
      if (fresh) fresh.scrollLeft = scrolled;
    });
  });

  for (const form of document.querySelectorAll("form[data-submit-on-change]")) {
    form.addEventListener("change", () => form.requestSubmit());
  }

  const lost = document.getElementById("lost");
  document.addEventListener("htmx:sseOpen", () => lost?.setAttribute("hidden", ""));
  document.addEventListener("htmx:sseError", () => lost?.removeAttribute("hidden"));

  /* "/" leads to the search, as in many programs. */
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input, select, textarea")) return;
    event.preventDefault();
    document.getElementById("q")?.focus();
  });
})();
