// Draws the graphs that the page carries as JSON, in the colours of the page.
"use strict";

const graphs = JSON.parse(document.getElementById("graph-data").textContent);
const height = 230;
const drawn = [];

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// The normal range of each line, as a band behind it.
function drawNormalRanges(graph) {
  return (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    graph.series.forEach((line, number) => {
      const [low, high] = line.normal;
      if (low === null || high === null) return;
      const top = Math.max(plot.valToPos(high, "y", true), bbox.top);
      const bottom = Math.min(plot.valToPos(low, "y", true), bbox.top + bbox.height);
      if (bottom <= top) return;
      ctx.globalAlpha = 0.1;
      ctx.fillStyle = colour(`--line-${number + 1}`);
      ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
    });
    ctx.restore();
  };
}

// The line and the normal range with some air, and room for a single point to stand in.
function valueRange(graph) {
  const limits = graph.series.flatMap((line) => line.normal).filter((limit) => limit !== null);
  return (plot, first, last) => {
    const low = Math.min(first, ...limits);
    const high = Math.max(last, ...limits);
    const air = Math.max((high - low) * 0.15, Math.abs(high) * 0.02, 0.3);
    return [low - air, high + air];
  };
}

function placeRange(graph) {
  const least = graph.age ? 0.25 : 7 * 24 * 3600;
  const [first, last] = [graph.x[0], graph.x[graph.x.length - 1]];
  const air = Math.max((last - first) * 0.05, least);
  return [graph.age ? Math.max(0, first - air) : first - air, last + air];
}

function axis(extra) {
  return {
    stroke: colour("--quiet"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
    labelFont: "12px system-ui, sans-serif",
    ...extra,
  };
}

function lines(graph) {
  return graph.series.map((line, number) => ({
    label: line.label,
    stroke: colour(`--line-${number + 1}`),
    width: 2,
    spanGaps: true,
    points: { show: true, size: 7, fill: colour("--card"), width: 2 },
    value: (plot, value) => (value === null ? "–" : `${value} ${graph.unit}`),
  }));
}

function options(graph, width) {
  const label = graph.age ? `Age in ${graph.age}` : undefined;
  const place = graph.age
    ? { label: "Age", value: (plot, value) => (value === null ? "–" : `${value} ${graph.age}`) }
    : { label: "Date", value: (plot, at) => (at === null ? "–" : dayText(new Date(at * 1000))) };
  const dates = [
    [365 * 86400, "{YYYY}", null, null, null, null, null, null, 1],
    [28 * 86400, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    [86400, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    [60, "{HH}:{mm}", "\n{D} {MMM}", null, null, null, null, null, 1],
  ];
  return {
    width,
    height,
    padding: [12, 12, 0, 0],
    cursor: { points: { size: 9 }, drag: { x: false, y: false } },
    scales: { x: { time: !graph.age, range: () => placeRange(graph) }, y: { range: valueRange(graph) } },
    series: [place, ...lines(graph)],
    axes: [
      axis(graph.age ? { label, labelSize: 22, size: 28 } : { values: dates, space: 60 }),
      axis({ size: 48 }),
    ],
    hooks: { drawClear: [drawNormalRanges(graph)] },
  };
}

function draw() {
  for (const plot of drawn.splice(0)) plot.destroy();
  for (const box of document.querySelectorAll("[data-graph]")) {
    const graph = graphs[Number(box.dataset.graph)];
    const data = [graph.x, ...graph.series.map((line) => line.values)];
    drawn.push(new uPlot(options(graph, box.clientWidth), data, box));
  }
}

draw();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

let waiting;
addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(draw, 120);
});
