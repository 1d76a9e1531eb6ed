/* The charts of the overview, drawn by uPlot over the same numbers as the pictures that come with the page. */
(() => {
  const HEIGHT = 150;
  const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = new Intl.DateTimeFormat(undefined, {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const charts = [];
  const dark = matchMedia("(prefers-color-scheme: dark)");

  function read() {
    return JSON.parse(document.getElementById("chart-data").dataset.chart);
  }

  function isLong(chart) {
    return chart.range === "week" || chart.range === "month";
  }

  function dataFor(element, chart) {
    const [inward, outward] = element.dataset.hops.split(" ");
    return [chart.minutes.map((minute) => minute * 60), chart.messages[inward], chart.messages[outward]];
  }

  function draw(element, chart) {
    const style = getComputedStyle(element);
    const color = (name) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: color("--ink-2"),
      font: `12px ${style.fontFamily}`,
      grid: { stroke: color("--line"), width: 1 },
      ticks: { show: false },
    };
    const data = dataFor(element, chart);
    element.replaceChildren();
    return new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        padding: [8, 8, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: false } },
        scales: {
          x: { range: (_, from, to) => [from, to + chart.bucketMinutes * 60] },
          y: { range: (_, __, most) => [0, Math.max(4, Math.ceil(most * 1.08))] },
        },
        hooks: { setCursor: [(plot) => tell(element, plot, isLong(chart) ? day : clock)] },
        axes: [
          { ...axis, grid: { show: false }, values: isLong(chart) ? "{D} {MMM}" : "{HH}:{mm}", space: 60, size: 26 },
          { ...axis, size: 34, space: 32, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10000] },
        ],
        series: [
          {},
          {
            fill: color("--chart-soft"),
            stroke: color("--chart-soft"),
            width: 0,
            paths: uPlot.paths.bars({ size: [0.8, 40], align: 1 }),
            points: { show: false },
          },
          {
            stroke: color("--chart"),
            width: 2,
            paths: uPlot.paths.stepped({ align: 1 }),
            points: { show: false },
          },
        ],
      },
      data,
      element,
    );
  }

  /* The numbers of the time under the pointer stand in the legend. */
  function tell(element, plot, format) {
    const [time, ...values] = element.closest("figure").querySelectorAll("output");
    const { idx } = plot.cursor;
    time.textContent = idx === null || idx === undefined ? "" : format.format(new Date(plot.data[0][idx] * 1000));
    values.forEach((value, series) => value.textContent = plot.data[series + 1][idx] ?? "");
  }

  function drawAll() {
    const chart = read();
    for (const { plot } of charts.splice(0)) plot.destroy();
    for (const element of document.querySelectorAll(".plot")) charts.push({ element, plot: draw(element, chart) });
  }

  drawAll();
  dark.addEventListener("change", drawAll);
  addEventListener("resize", () => {
    for (const { element, plot } of charts) plot.setSize({ width: element.clientWidth, height: HEIGHT });
  });
  document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt.id !== "chart-data") return;
    const chart = read();
    for (const { element, plot } of charts) plot.setData(dataFor(element, chart));
  });
})();
