// The page's tables, lists and choices, written anew from what is known.

import { button, fillTable, link, shownOf } from "../core/tables.js";
import { clock, money, price, rounded, toned } from "../core/words.js";

/** One symbol may be several markets: what a row of one is told by, and what one is chosen by. */
export const marketOf = (row) => `${row.symbol} ${row.kind}`;
export const titleOf = (market) => `${market.name} ${market.kind}`;

export function showPositions(positions, { mayClose, onClose }) {
  fillCounted(
    "positions",
    positions,
    (row) => [
      [row.account, "name"],
      [marketOf(row)],
      [row.side, row.side === "long" ? "gain" : "loss"],
      [price(row.size), "number"],
      [rounded(row.entry_price, row.price_decimals), "number", price(row.entry_price)],
      [price(row.current_price), "number"],
      row.unrealized_pnl === null ? ["–", "number"] : [money(row.unrealized_pnl, { sign: true }), `number ${toned(row.unrealized_pnl)}`],
      [price(row.stop_loss), "number"],
      [price(row.take_profit), "number"],
      [mayClose(row) ? closeButton(row, onClose) : ""],
    ],
    { empty: "Nothing is held." },
  );
}

function closeButton(row, onClose) {
  const label = `Close ${marketOf(row)} of ${row.account}`;
  return button("Close", { label, same: row.id, onClick: () => onClose(row.id) });
}

export function showOrders(orders, { onCancel }) {
  fillCounted(
    "orders",
    orders,
    (row) => [
      [row.account, "name"],
      [marketOf(row)],
      [row.side, row.side === "buy" ? "gain" : "loss"],
      [row.order_type.replace("_", " ") + (row.reduce_only ? ", only reduces" : "")],
      [price(row.quantity), "number"],
      [price(row.filled_quantity), "number"],
      [price(row.stop_price), "number"],
      [price(row.price), "number"],
      [row.may_cancel ? cancelButton(row, onCancel) : ""],
    ],
    { empty: "No order waits." },
  );
}

function cancelButton(row, onCancel) {
  const label = `Cancel ${row.side} ${marketOf(row)} of ${row.account}`;
  return button("Cancel", { label, same: row.id, onClick: () => onCancel(row.id) });
}

export function showBots(bots) {
  fillCounted(
    "bots",
    bots,
    (row) => [
      [row.name, "name"],
      [row.status, row.status === "active" ? "gain" : row.status === "stopped" ? "loss" : "quiet"],
      [`${row.symbol} · ${row.timeframe}`],
      [String(row.accounts), "number"],
      [money(row.earned_today, { sign: true }), `number ${toned(row.earned_today)}`],
    ],
    { empty: "No bot is yours or shared with you." },
  );
}

export function showSignals(signals, { isStaff }) {
  fillTable(
    "signals",
    signals,
    (row) => {
      const time = clock(row.at);
      return [
        [isStaff ? link(time, `/admin/flight/${row.id}/`) : time],
        [`${row.side} ${row.symbol} · ${row.source.replace("_", " ")}`],
        [row.code ? `${row.status}: ${row.reason || row.code}` : row.status, "words"],
        [String(row.success_count), "number gain"],
        [String(row.error_count), row.error_count ? "number loss" : "number"],
      ];
    },
    { empty: "No signal yet." },
  );
}

export function showAccounts(accounts) {
  fillCounted(
    "accounts",
    accounts,
    (row) => [
      [row.title, "name"],
      [money(row.equity), "number"],
      [money(row.pnl, { sign: true }), `number ${toned(row.pnl)}`],
      [row.currency],
    ],
    { empty: "No account is yours or shared with you." },
  );
}

export function showAlerts(alerts) {
  document.getElementById("alerts-count").textContent = String(alerts.total);
  const lines = alerts.items.map((row) => `${clock(row.at)} ${row.severity}: ${row.message}`);
  list("alerts", lines.length ? lines : ["No limit is near."]);
}

export function showHalted({ total, items }) {
  const lines = items.map((row) => {
    const one = row.name ? `The ${row.scope_type} ${row.name}` : `One ${row.scope_type}`;
    const whose = row.scope_type === "system" ? "Everything" : one;
    return `${whose} is ${row.state}${row.reason ? `: ${row.reason}` : ""}`;
  });
  if (total > items.length) lines.push(`And ${total - items.length} more`);
  list("halted", lines);
}

/** Fill a table that has a count beside its title: how many there are, and of how many where it is cut. */
function fillCounted(id, shown, cells, options) {
  document.getElementById(`${id}-count`).textContent = shownOf(shown);
  fillTable(id, shown.items, cells, options);
}

function list(id, lines) {
  const target = document.getElementById(id);
  const now = [...target.children].map((line) => line.textContent);
  if (now.join("\n") === lines.join("\n")) return;
  target.replaceChildren(
    ...lines.map((text) => {
      const line = document.createElement("li");
      line.textContent = text;
      return line;
    }),
  );
}

/** Let one of these be chosen, [value, text]; the chosen one stays. */
export function choose(select, options) {
  const wanted = JSON.stringify(options);
  if (select.dataset.offered === wanted) return;
  const chosen = select.value;
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  select.dataset.offered = wanted;
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}
