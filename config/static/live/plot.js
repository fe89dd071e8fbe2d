// How plotly's charts look on this page: its colours, which follow the browser's light or dark, axes and settings.

const INKS = ["quiet", "line", "gain", "loss", "act", "sheet"];
const dark = matchMedia("(prefers-color-scheme: dark)");
let known = null;

/** Let `draw` be called when light becomes dark or the other way. */
export function onScheme(draw) {
  dark.addEventListener("change", () => {
    known = null;
    draw();
  });
}

/** Return the colours of now by their names: plotly wants what light-dark() comes to. */
export function inks() {
  known ??= Object.fromEntries(INKS.map((name) => [name, inked(name)]));
  return known;
}

function inked(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

export function layout(more = {}) {
  const { quiet, line } = inks();
  const axis = { gridcolor: line, linecolor: line, zeroline: false, automargin: true };
  return {
    autosize: true,
    margin: { l: 8, r: 8, t: 8, b: 24 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: quiet, size: 12 },
    showlegend: false,
    hovermode: "x",
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "pan",
    ...more,
    xaxis: { ...axis, type: "date", rangeslider: { visible: false }, ...more.xaxis },
    yaxis: { ...axis, side: "right", ...more.yaxis },
  };
}

export const CONFIG = { displayModeBar: false, responsive: true, scrollZoom: false };
