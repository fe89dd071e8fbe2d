// The equity curve of one account.

import { read } from "../core/api.js";
import { CONFIG, inks, layout, onScheme } from "./plot.js";

export class EquityCurve {
  constructor(element) {
    this.element = element;
    this.points = [];
    onScheme(() => this.draw());
  }

  async show(accountId) {
    const asked = (this.asked = Symbol(accountId));
    const told = await read(`/api/v1/accounts/${accountId}/performance`);
    if (this.asked !== asked) return;
    this.points = told.equity_curve;
    this.draw();
  }

  draw() {
    if (!window.Plotly) return;
    const curve = {
      type: "scatter",
      mode: "lines",
      x: this.points.map((point) => point.timestamp),
      y: this.points.map((point) => Number(point.equity)),
      line: { color: inks().act, width: 2 },
    };
    window.Plotly.react(this.element, [curve], layout({ hovermode: "x unified" }), CONFIG);
    const last = this.points.at(-1);
    this.element.setAttribute("aria-label", last ? `Equity over ${this.points.length} points, now ${last.equity}` : "No equity yet");
  }
}
