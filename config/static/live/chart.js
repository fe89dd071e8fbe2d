// The candle chart: candles of one market, what was bought and sold on it, and where open positions are left.

import { read } from "../core/api.js";
import { price, rounded } from "../core/words.js";
import { CONFIG, inks, layout, onScheme } from "./plot.js";
import { titleOf } from "./tables.js";

const CANDLES = 240;
const LINES = 20;
const LABEL_PX = 16;
const REDRAW_MS = 1_000;
const SECONDS = { "1m": 60, "5m": 300, "15m": 900, "1h": 3_600, "4h": 14_400, "1d": 86_400 };

export class Chart {
  constructor(element) {
    this.element = element;
    this.candles = [];
    this.trades = [];
    this.positions = [];
    this.drawnAt = -Infinity;
    onScheme(() => this.draw());
  }

  /** Read the candles of a market; what an older call brings later is dropped. */
  async show(market, interval) {
    const asked = (this.asked = Symbol(market.id));
    const query = `category=${market.kind}&interval=${interval}&limit=${CANDLES}`;
    const candles = await read(`/api/v1/market/klines/${encodeURIComponent(market.name)}?${query}`);
    if (this.asked !== asked) return;
    this.market = market;
    this.interval = interval;
    const told = candles.data.map(candleOf).filter((candle) => Number.isFinite(candle.close));
    const newest = told.at(-1)?.at ?? -Infinity;
    const isSame = this.drawn === `${market.id}${interval}`;
    this.drawn = `${market.id}${interval}`;
    this.candles = [...told, ...(isSame ? this.candles.filter(({ at }) => at > newest) : [])]; // ticks may be ahead
  }

  /** Draw what is held and what was traded, of which only what is of the market. */
  hold(positions, trades) {
    const isHere = (row) => row.market === this.market?.id;
    this.positions = positions.filter(isHere).slice(0, LINES);
    this.trades = trades.filter(isHere);
    this.draw();
  }

  /** Grow the last candle, or begin the next one. */
  tick(marketId, { price: text, timestamp }) {
    if (marketId !== this.market?.id) return;
    const seconds = SECONDS[this.interval];
    const now = Number(text);
    const begun = Math.floor(Date.parse(timestamp) / 1000 / seconds) * seconds * 1000;
    const last = this.candles.at(-1);
    if (last && last.at > begun) return;
    if (!last || last.at < begun) {
      this.candles.push({ at: begun, open: now, high: now, low: now, close: now });
      this.candles.splice(0, this.candles.length - CANDLES);
    } else {
      last.close = now;
      last.high = Math.max(last.high, now);
      last.low = Math.min(last.low, now);
    }
    if (performance.now() - this.drawnAt > REDRAW_MS) this.draw();
  }

  draw() {
    if (!window.Plotly || !this.candles.length) return;
    this.drawnAt = performance.now();
    const { gain, loss } = inks();
    const levels = this.levels();
    const range = this.range(levels);
    const column = (name) => this.candles.map((candle) => candle[name]);
    const candles = {
      type: "candlestick",
      x: this.candles.map((candle) => new Date(candle.at).toISOString()),
      open: column("open"),
      high: column("high"),
      low: column("low"),
      close: column("close"),
      increasing: { line: { color: gain, width: 1 } },
      decreasing: { line: { color: loss, width: 1 } },
      hoverinfo: "x+y",
      name: this.market.name,
    };
    const traces = [candles, this.marks("buy", "triangle-up", gain), this.marks("sell", "triangle-down", loss)];
    const drawn = layout({
      shapes: lines(levels, range),
      annotations: labels(levels, range, this.element.clientHeight),
      uirevision: `${this.market.id}${this.interval}`,
      yaxis: { range },
    });
    window.Plotly.react(this.element, traces, drawn, CONFIG);
    this.element.setAttribute("aria-label", this.said());
  }

  marks(side, symbol, color) {
    const from = this.candles[0].at;
    const rows = this.trades.filter((row) => row.side === side && row.price && Date.parse(row.at) >= from);
    return {
      type: "scatter",
      mode: "markers",
      x: rows.map((row) => row.at),
      y: rows.map((row) => Number(row.price)),
      text: rows.map((row) => `${side} ${price(row.size)} at ${price(row.price)}${row.reduce_only ? ", to reduce" : ""}`),
      hoverinfo: "text",
      marker: { symbol, color, size: 11, line: { width: 1, color: inks().sheet } },
    };
  }

  /** One line for each price that positions share: entries, stops, targets. */
  levels() {
    const { act, loss, gain } = inks();
    const found = new Map();
    for (const row of this.positions) {
      const decimals = row.price_decimals;
      add(found, row.entry_price, { text: `entry ${row.side}`, color: act, dash: "dot", decimals });
      add(found, row.stop_loss, { text: "stop", color: loss, dash: "dash", decimals });
      add(found, row.take_profit, { text: "target", color: gain, dash: "dash", decimals });
    }
    return [...found.values()];
  }

  /** The prices that are drawn: those of the candles, and levels that are not farther off than these are apart. */
  range(levels) {
    const lows = Math.min(...this.candles.map((candle) => candle.low));
    const highs = Math.max(...this.candles.map((candle) => candle.high));
    const span = highs - lows || highs * 0.01;
    const near = levels.map(({ y }) => y).filter((y) => y > lows - span && y < highs + span);
    const pad = span * 0.06;
    return [Math.min(lows, ...near) - pad, Math.max(highs, ...near) + pad];
  }

  said() {
    const last = this.candles.at(-1);
    return `${titleOf(this.market)}, ${this.candles.length} candles of ${this.interval}, the last at ${last.close}; ${this.trades.length} trades, ${this.positions.length} open positions`;
  }
}

function lines(levels, [low, high]) {
  return levels
    .filter(({ y }) => y >= low && y <= high)
    .map(({ y, color, dash }) => ({
      type: "line", xref: "paper", x0: 0, x1: 1, y0: y, y1: y, line: { color, width: 1, dash },
    }));
}

/** The levels in words: those of one kind that lie close in one label, and no label on another. */
function labels(levels, [low, high], height) {
  const apart = (LABEL_PX / height) * (high - low);
  const told = together(levels.map((level) => beside(level, [low, high], apart)), apart);
  let next = Infinity;
  for (const label of told) next = label.at = Math.min(label.at, next - apart);
  next = low;
  for (const label of told.toReversed()) next = (label.at = Math.max(label.at, next)) + apart;
  return told.map(({ text, count, most, least, mark, at, color, decimals }) => {
    const [top, bottom] = [most, least].map((value) => rounded(value, decimals));
    const prices = top === bottom ? top : `${bottom} to ${top}`;
    return {
      xref: "paper", x: 0, xanchor: "left", y: at, yanchor: "bottom",
      text: `${text}${count > 1 ? ` × ${count}` : ""} ${prices}${mark}`, showarrow: false, font: { color, size: 11 },
    };
  });
}

/** Where a level's label is put; one too far to be drawn is told at the edge that it lies beyond. */
function beside(level, [low, high], apart) {
  const mark = level.y < low ? " ↓" : level.y > high ? " ↑" : "";
  return { ...level, mark, at: Math.min(Math.max(level.y, low), high - apart), most: level.y, least: level.y };
}

/** From the highest down: a label takes in what is of its kind and close below where it stands. */
function together(labels, apart) {
  const told = [];
  for (const each of labels.sort((one, other) => other.y - one.y)) {
    const same = told.find(({ text, mark, at }) => text === each.text && mark === each.mark && at - each.at < apart);
    if (same) Object.assign(same, { least: each.y, count: same.count + each.count });
    else told.push(each);
  }
  return told;
}

function add(found, value, kind) {
  if (value === null || value === undefined) return;
  const key = `${kind.text} ${Number(value)}`;
  const level = found.get(key) ?? { ...kind, y: Number(value), count: 0 };
  found.set(key, { ...level, count: level.count + 1 });
}

function candleOf(row) {
  const number = (name) => Number(row[name]);
  return { at: Date.parse(row.timestamp), open: number("open"), high: number("high"), low: number("low"), close: number("close") };
}
