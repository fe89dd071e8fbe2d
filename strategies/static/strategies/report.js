/* Draws a report's charts from the data on its page, in the colours of its style, again when these change. */
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const narrow = matchMedia("(max-width: 640px)");
  const dark = matchMedia("(prefers-color-scheme: dark)");

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  const axis = (more) => ({
    gridcolor: colour("line"),
    linecolor: colour("line"),
    zeroline: false,
    automargin: true,
    fixedrange: narrow.matches,
    ...more,
  });

  const layout = (more) => ({
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("faint") },
    margin: { l: 8, r: 8, t: 8, b: 8 },
    hovermode: "x unified",
    hoverlabel: { bgcolor: colour("panel"), bordercolor: colour("line"), font: { color: colour("ink") } },
    legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom" },
    // A finger that moves over a chart scrolls the page.
    dragmode: narrow.matches ? false : "zoom",
    ...more,
  });

  const config = { responsive: true, displaylogo: false, displayModeBar: false };

  const line = (curve, name, more) => ({
    type: "scatter",
    mode: "lines",
    name,
    x: curve.at,
    y: curve.value,
    ...more,
  });

  const drawEquity = () => {
    const begin = data.equity.at[0];
    const end = data.equity.at[data.equity.at.length - 1];
    const traces = [
      line(data.equity, "Equity", { line: { color: colour("accent"), width: 1.5 } }),
      line({ at: [begin, end], value: [data.initial_balance, data.initial_balance] }, "Start", {
        line: { color: colour("faint"), width: 1, dash: "dot" },
        hoverinfo: "skip",
      }),
      line(data.drawdown, "Drawdown", {
        yaxis: "y2",
        fill: "tozeroy",
        line: { color: colour("loss"), width: 1 },
        hovertemplate: "%{y:.2f} %",
      }),
    ];
    const shape = layout({
      showlegend: false,
      xaxis: axis({ type: "date", anchor: "y2", showgrid: false }),
      yaxis: axis({ domain: [0.3, 1], title: { text: data.currency } }),
      yaxis2: axis({ domain: [0, 0.24], ticksuffix: " %", nticks: 4 }),
    });
    Plotly.react("equity-chart", traces, shape, config);
  };

  const marks = (name, at, price, text, symbol, paint, size, edge) => ({
    type: "scatter",
    mode: "markers",
    name,
    x: at,
    y: price,
    text,
    hovertemplate: "%{text}<extra></extra>",
    marker: { symbol, size, color: paint, line: edge },
  });

  const ways = () => {
    const { trades } = data;
    const all = trades.opened_at.map((_, index) => index);
    const side = (index) => (trades.direction[index] > 0 ? "long" : "short");
    const some = (name, chosen, symbol, paint) =>
      marks(
        name,
        chosen.map((index) => trades.opened_at[index]),
        chosen.map((index) => trades.entry_price[index]),
        chosen.map((index) => `${side(index)} at ${trades.entry_price[index]}`),
        symbol,
        paint,
        10,
        { color: colour("panel"), width: 1 },
      );
    const closed = all.filter((index) => trades.closed_at[index] > 0);
    const between = { x: [], y: [] };
    closed.forEach((index) => {
      between.x.push(trades.opened_at[index], trades.closed_at[index], null);
      between.y.push(trades.entry_price[index], trades.exit_price[index], null);
    });
    const exits = marks(
      "Exit",
      closed.map((index) => trades.closed_at[index]),
      closed.map((index) => trades.exit_price[index]),
      closed.map((index) => `exit at ${trades.exit_price[index]}: ${trades.pnl[index].toFixed(2)} ${data.currency}`),
      // Open: of a reversal the next entry stands in its middle.
      "circle-open",
      closed.map((index) => colour(trades.pnl[index] < 0 ? "loss" : "gain")),
      14,
      { width: 2 },
    );
    return [
      {
        type: "scatter",
        mode: "lines",
        showlegend: false,
        hoverinfo: "skip",
        ...between,
        line: { color: colour("faint"), width: 1, dash: "dot" },
      },
      exits,
      some("Long", all.filter((index) => trades.direction[index] > 0), "triangle-up", colour("accent")),
      some("Short", all.filter((index) => trades.direction[index] < 0), "triangle-down", colour("accent")),
    ].filter((trace) => trace.x.length);
  };

  const drawPrice = () => {
    const { candles } = data;
    const price = {
      type: "candlestick",
      name: data.symbol.replace(/</g, "&lt;"),
      showlegend: false,
      x: candles.at,
      open: candles.open,
      high: candles.high,
      low: candles.low,
      close: candles.close,
      increasing: { line: { color: colour("gain"), width: 1 } },
      decreasing: { line: { color: colour("loss"), width: 1 } },
    };
    const shape = layout({
      hovermode: "closest",
      xaxis: axis({ type: "date", rangeslider: { visible: false }, showgrid: false }),
      yaxis: axis({}),
    });
    Plotly.react("price-chart", [price, ...ways()], shape, config);
  };

  const draw = () => {
    drawEquity();
    if (data.candles) drawPrice();
  };
  dark.addEventListener("change", draw);
  narrow.addEventListener("change", draw);
  draw();
})();
