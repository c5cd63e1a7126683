// Draws a session's vital signs: what they are, and what happened meanwhile.

(() => {
  const MANY = 200; // Beyond it points lie on each other; the line says all there is.
  const PLOTS = [
    { name: "Blood pressure", unit: "mmHg", series: ["systolic", "diastolic"], band: true, height: 180, range: [50, 190], color: "--info" },
    { name: "Heart rate", unit: "/min", series: ["heart_rate"], height: 104, range: [40, 140], color: "--bad" },
    { name: "SpO₂", unit: "%", series: ["spo2"], height: 120, range: [88, 100], color: "--brand", last: true },
  ];
  const place = document.getElementById("chart");
  if (!place) return;

  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  let drawn = [];
  let shown = "";
  let latest = null;

  function limitsOf(data, plot) {
    return plot.series.flatMap((name) => data.limits[name]);
  }

  // Room for every value, and for the limits near them.
  function rangeOf(data, plot) {
    const values = plot.series.flatMap((name) => data.series[name]).filter((v) => v !== null);
    const [low, high] = plot.range;
    const pad = (high - low) * 0.06;
    return [Math.min(low, ...values.map((v) => v - pad)), Math.max(high, ...values.map((v) => v + pad))];
  }

  function timeRange(data) {
    const happened = data.marks.filter((mark) => !PLANNED.has(mark.kind)).map((mark) => mark.minute);
    const [first, last] = [Math.min(0, ...data.minutes, ...happened), Math.max(30, ...data.minutes, ...happened)];
    const due = data.marks.find((mark) => PLANNED.has(mark.kind) && mark.minute > last)?.minute ?? last;
    return [Math.floor(first - 3), Math.ceil(Math.min(due, last + 45) + 5)];
  }

  function across(plot, at) {
    const y = Math.round(plot.valToPos(at, "y", true)) + 0.5;
    const { left, top, width, height } = plot.bbox;
    return y < top || y > top + height ? null : [left, y, left + width, y];
  }

  function line(ctx, [x1, y1, x2, y2], color, dash, width) {
    ctx.beginPath();
    ctx.strokeStyle = color;
    ctx.lineWidth = width * devicePixelRatio;
    ctx.setLineDash(dash.map((part) => part * devicePixelRatio));
    ctx.moveTo(x1, y1);
    ctx.lineTo(x2, y2);
    ctx.stroke();
  }

  function label(ctx, text, x, y) {
    const [pad, height] = [5 * devicePixelRatio, 16 * devicePixelRatio];
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillStyle = token("--text");
    ctx.fillRect(x, y, ctx.measureText(text).width + 2 * pad, height);
    ctx.fillStyle = token("--surface");
    ctx.fillText(text, x + pad, y + height / 2);
  }

  // Where values were before the dose, behind everything else.
  function baseline(own) {
    return (plot) => {
      const { ctx } = plot;
      const { left, top, width, height } = plot.bbox;
      const values = own.series.map((name) => latest.baseline[name]).filter((value) => value !== null);
      if (values.length < own.series.length) return;
      const [upper, lower] = [Math.max(...values), Math.min(...values)].map((value) => plot.valToPos(value, "y", true));
      ctx.save();
      ctx.fillStyle = token("--quiet-soft");
      const y = Math.max(top, upper - 2 * devicePixelRatio);
      ctx.fillRect(left, y, width, Math.min(top + height, lower + 2 * devicePixelRatio) - y);
      ctx.restore();
    };
  }

  const DASHES = { dose: [], phase: [6, 3], note: [2, 3], check: [1, 4], due: [4, 4] };
  const PLANNED = new Set(["check", "due"]);

  // Limits as lines across, what happened as lines down, each said in words as well.
  function marks(own) {
    return (plot) => {
      const { ctx } = plot;
      const { left, top, width, height } = plot.bbox;
      ctx.save();
      for (const limit of limitsOf(latest, own)) {
        const path = across(plot, limit.at);
        if (path) line(ctx, path, token(limit.kind === "red" ? "--chart-bad" : "--chart-warn"), [5, 4], 1.25);
      }
      ctx.font = `${11 * devicePixelRatio}px system-ui, "DejaVu Sans", sans-serif`;
      let taken = [];
      for (const mark of latest.marks) {
        const x = Math.round(plot.valToPos(mark.minute, "x", true)) + 0.5;
        if (x < left || x > left + width) continue;
        line(ctx, [x, top, x, top + height], token("--soft"), DASHES[mark.kind], 1);
        if (!own.band) continue;
        // Labels that would lie on each other go one below the other.
        taken = taken.filter((end) => end > x);
        if (mark.kind === "check" && taken.length) continue; // Its line says enough.
        const wide = ctx.measureText(mark.label).width + 10 * devicePixelRatio;
        const from = Math.min(x, left + width - wide);
        label(ctx, mark.label, from, top + taken.length * 18 * devicePixelRatio);
        taken.push(from + wide);
      }
      ctx.restore();
    };
  }

  function seriesOf(own) {
    const color = token(own.color);
    return own.series.map((name) => ({
      label: name, stroke: color, width: 2, spanGaps: true,
      points: { show: latest.minutes.length < MANY, size: 6, fill: token("--surface"), stroke: color },
    }));
  }

  const minutes = (_, ticks) => ticks.map((t) => `${String(t).replace("-", "−")} min`);

  function optionsOf(own, width) {
    const axis = {
      stroke: token("--soft"), font: '11px system-ui, "DejaVu Sans", sans-serif',
      grid: { stroke: token("--chart-grid"), width: 1 }, ticks: { show: false },
    };
    return {
      width, height: own.height, cursor: { sync: { key: "vitals" }, y: false, drag: { x: false, y: false } },
      legend: { show: false },
      scales: {
        x: { time: false, range: () => timeRange(latest) },
        y: { range: () => rangeOf(latest, own) },
      },
      axes: [{ ...axis, size: own.last ? 26 : 8, values: own.last ? minutes : () => [] }, { ...axis, size: 44 }],
      series: [{}, ...seriesOf(own)],
      bands: own.band ? [{ series: [1, 2], fill: `${token(own.color)}26` }] : [],
      hooks: { drawClear: [baseline(own)], draw: [marks(own)] },
    };
  }

  function caption(own) {
    const last = own.series.map((name) => latest.series[name].findLast((v) => v !== null) ?? "–").join("/");
    const limits = limitsOf(latest, own).filter((limit) => limit.kind === "red").map((limit) => limit.at);
    const text = `${own.name}, last ${last} ${own.unit}`;
    const before = own.series.map((name) => latest.baseline[name] ?? "–").join("/");
    const said = [`before the dose ${before}`, ...(limits.length ? [`red limits ${limits.join(", ")}`] : [])].join(" · ");
    return { text, last, said };
  }

  function build() {
    for (const { plot } of drawn) plot.destroy();
    place.replaceChildren();
    drawn = PLOTS.map((own) => {
      const figure = document.createElement("figure");
      const words = document.createElement("figcaption");
      const box = document.createElement("div");
      box.setAttribute("role", "img");
      figure.append(words, box);
      place.append(figure);
      const plot = new uPlot(optionsOf(own, widthOf()), dataOf(own), box);
      return { own, plot, words, box };
    });
    describe();
  }

  const widthOf = () => Math.max(240, place.clientWidth - 16);
  const dataOf = (own) => [latest.minutes, ...own.series.map((name) => latest.series[name])];

  function describe() {
    for (const { own, words, box } of drawn) {
      const { text, last, said } = caption(own);
      const name = document.createElement("b");
      name.textContent = own.name;
      words.replaceChildren(name, ` ${last} ${own.unit}`, said ? ` · ${said}` : "");
      box.setAttribute("aria-label", `${text}. ${latest.minutes.length} readings; the table below has them all.`);
    }
    place.dataset.points = latest.minutes.length;
  }

  function refresh() {
    const text = document.getElementById("chart-data")?.dataset.chart;
    if (!text || text === shown) return;
    shown = text;
    latest = JSON.parse(text);
    if (!drawn.length) return build();
    for (const { own, plot } of drawn) plot.setData(dataOf(own));
    describe();
  }

  new ResizeObserver(() => {
    for (const { own, plot } of drawn) plot.setSize({ width: widthOf(), height: own.height });
  }).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => latest && build());
  document.addEventListener("kap:light", () => latest && build());
  document.addEventListener("htmx:after:swap", refresh);
  refresh();
})();
