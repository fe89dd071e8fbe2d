// The order ticket: what is previewed is what may be placed, for a short time, once, under one key.

import { isRefusal, post, sentenceOf } from "../core/api.js";
import { money, price, whole } from "../core/words.js";
import { choose, titleOf } from "./tables.js";

const GOOD_SECONDS = 30;
const OPTIONAL = ["price", "stop_price", "stop_loss", "take_profit"];

export class Ticket {
  constructor(form, { onPlaced, onChart }) {
    this.form = form;
    this.account = form.elements.account_id;
    this.said = document.getElementById("ticket-said");
    this.onPlaced = onPlaced;
    this.onChart = onChart;
    this.markets = [];
    form.addEventListener("submit", (event) => this.submitted(event));
    form.addEventListener("input", () => this.changed());
    this.changed();
  }

  /** Offer the accounts that may be traded, and say what is missing where there is none. */
  offer(accounts) {
    const before = this.account.value;
    choose(this.account, accounts.map((row) => [row.id, row.title]));
    document.getElementById("ticket-without").hidden = accounts.length > 0;
    this.button("preview").disabled = !accounts.length;
    if (this.account.value !== before) this.changed();
  }

  suggest(markets) {
    this.markets = markets;
    document.getElementById("symbols").replaceChildren(...markets.map((market) => new Option(titleOf(market))));
  }

  /** Return the market that is meant: of several of one symbol, the one on the chart. Others are the desk's to find. */
  market() {
    const said = this.form.elements.symbol.value.trim();
    const charted = this.onChart();
    return charted?.name === said ? charted : this.markets.find((market) => titleOf(market) === said);
  }

  changed() {
    const type = this.form.elements.order_type.value;
    for (const label of this.form.querySelectorAll("[data-for]")) {
      label.hidden = !label.dataset.for.split(" ").includes(type);
      label.querySelector("input").disabled = label.hidden;
    }
    this.forget();
    this.tell([]);
  }

  /** Let nothing be placed until it is previewed again. */
  forget() {
    clearTimeout(this.expiry);
    this.previewed = null;
    if (document.activeElement === this.button("place")) this.button("preview").focus();
    this.button("place").disabled = true;
  }

  expire() {
    this.forget();
    this.tell([[`The preview is older than ${GOOD_SECONDS} seconds: preview the order again.`, "quiet"]]);
  }

  button(act) {
    return this.form.querySelector(`button[value=${act}]`);
  }

  order(market) {
    const fields = this.form.elements;
    const order = {
      account_id: this.account.value,
      ...(market ? { instrument_id: market.id } : { symbol: fields.symbol.value.trim() }),
      side: fields.side.value,
      order_type: fields.order_type.value,
      quantity: fields.quantity.value.trim(),
      leverage: whole(fields.leverage.value),
      reduce_only: fields.reduce_only.checked,
    };
    for (const name of OPTIONAL) {
      if (!fields[name].disabled && fields[name].value.trim()) order[name] = fields[name].value.trim();
    }
    return order;
  }

  async submitted(event) {
    event.preventDefault();
    const isPlacing = event.submitter?.value === "place";
    if (isPlacing && !this.previewed) return;
    const held = document.activeElement; // what is inert loses the focus
    this.form.inert = true;
    try {
      await (isPlacing ? this.place() : this.preview());
    } catch (error) {
      const isOpen = isPlacing && this.previewed;
      this.tell([[`${sentenceOf(error)}${isOpen ? " It may have been placed; placing again does it once at most." : ""}`, "loss"]]);
    } finally {
      this.form.inert = false;
      (held.disabled ? this.button("preview") : held).focus();
    }
  }

  async preview() {
    this.forget();
    const market = this.market();
    const order = this.order(market);
    const told = await post("/api/v1/trading/preview", { order });
    const [result] = told.results;
    if (!result || ["rejected", "skipped"].includes(result.status) || told.status === "rejected") {
      this.tell([[result?.reason || told.reason || "It would be refused.", "loss"]]);
      return;
    }
    this.previewed = { order, key: crypto.randomUUID(), until: Date.now() + GOOD_SECONDS * 1_000 };
    this.expiry = setTimeout(() => this.expire(), GOOD_SECONDS * 1_000);
    this.button("place").disabled = false;
    const does = `It would do this: ${result.reason || result.status}`;
    this.tell([[does, ""], ...result.legs.map((leg) => legLine(leg, market ? titleOf(market) : told.symbol)), [`This may be placed for ${GOOD_SECONDS} seconds.`, "quiet"]]);
  }

  async place() {
    const { order, key, until } = this.previewed;
    if (Date.now() > until) return this.expire(); // a sleeping machine's timer is late
    clearTimeout(this.expiry);
    let placed;
    try {
      placed = await post("/api/v1/orders", order, { key });
    } catch (error) {
      if (isRefusal(error)) this.forget();
      else this.previewed.until = Infinity; // it may have been placed: the same key finds out
      throw error;
    }
    this.forget();
    const fill = placed.average_price ? `, ${price(placed.filled_quantity)} at ${price(placed.average_price)}` : "";
    const why = placed.reject_code ? `, ${placed.reject_code}` : "";
    this.tell([[`The order is ${placed.status.replace("_", " ")}${fill}${why}.`, placed.reject_code ? "loss" : "gain"]]);
    this.onPlaced();
  }

  tell(lines) {
    this.said.replaceChildren(
      ...lines.map(([text, className]) => {
        const line = document.createElement("p");
        line.textContent = text;
        line.className = className;
        return line;
      }),
    );
  }
}

function legLine(leg, market) {
  const costs = `notional ${money(leg.notional)}, fee ${money(leg.fee)}`;
  return [`${leg.side} ${price(leg.quantity)} ${market} at about ${price(leg.price)}: ${costs}`, "quiet"];
}
