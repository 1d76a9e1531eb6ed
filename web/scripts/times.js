/* Writes every time in the viewer's own zone. Without this script they stand in UTC. */
(() => {
  const today = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const styles = {
    short: new Intl.DateTimeFormat(undefined, today),
    second: new Intl.DateTimeFormat(undefined, { ...today, second: "2-digit" }),
    full: new Intl.DateTimeFormat(undefined, { ...today, day: "numeric", month: "short" }),
    whole: new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" }),
  };

  function write(element) {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) return;
    const isToday = at.toDateString() === new Date().toDateString();
    const style = element.dataset.style;
    const text = style === "full" && isToday ? styles.short.format(at) : (styles[style] ?? styles.full).format(at);
    const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
    element.textContent = style === "second" && !isToday ? `${day.format(at)} ${text}` : text;
    element.title = styles.whole.format(at);
  }

  /* What a picture tells of a time begins with the time. */
  function writeTitle(title) {
    const at = new Date(Number(title.dataset.at));
    const isToday = at.toDateString() === new Date().toDateString();
    const text = title.textContent;
    title.textContent = (isToday ? styles.short : styles.full).format(at) + text.slice(text.indexOf(": "));
    delete title.dataset.at;
  }

  function writeAll(root) {
    for (const element of root.querySelectorAll("time[datetime]")) write(element);
    for (const title of root.querySelectorAll("title[data-at]")) writeTitle(title);
  }

  writeAll(document);
  /* What live events bring is written before it is seen. */
  document.addEventListener("htmx:oobBeforeSwap", (event) => writeAll(event.detail.fragment));
  document.addEventListener("htmx:load", (event) => writeAll(event.detail.elt));
})();
