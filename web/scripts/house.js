/* Mail moving through the house: a dot for each message, as the live events tell. */
(() => {
  const DOTS = 6;
  const CROSSING_MS = 1400;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const heard = new WeakSet();

  function move(board, messages) {
    const plank = board.querySelector(".plank");
    plank.animate([{ filter: "brightness(1.25)" }, { filter: "none" }], { duration: 900, easing: "ease-out" });
    if (still.matches) return;
    const isDown = getComputedStyle(board).getPropertyValue("--flow").trim() === "down";
    const isLeft = board.classList.contains("way-in");
    for (let index = 0; index < Math.min(DOTS, messages); index++) {
      const dot = document.createElement("span");
      dot.className = "dot";
      board.append(dot);
      const to = isDown
        ? `translateY(${board.clientHeight}px)`
        : `translateX(${isLeft ? "-" : ""}${board.clientWidth}px)`;
      const animation = dot.animate([{ transform: "none", opacity: 1 }, { transform: to, opacity: 1 }], {
        duration: CROSSING_MS,
        delay: index * 130,
        easing: "cubic-bezier(.45,.05,.55,.95)",
        fill: "backwards",
      });
      animation.finished.then(() => dot.remove(), () => dot.remove());
    }
  }

  document.addEventListener("htmx:sseOpen", (event) => {
    const { source } = event.detail;
    if (heard.has(source)) return;
    heard.add(source);
    source.addEventListener("pulse", (message) => {
      if (document.hidden) return;
      for (const [hop, pulse] of Object.entries(JSON.parse(message.data))) {
        const board = document.querySelector(`[data-hop="${hop}"]`);
        if (board && (pulse.messages > 0 || pulse.opened > 0)) move(board, pulse.messages);
      }
    });
  });
})();
