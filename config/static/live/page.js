// The live page: reads its figures when something happened, moves them with the ticks, says when they are old.

import { post, read, remove, sentenceOf } from "../core/api.js";
import { Chart } from "./chart.js";
import { EquityCurve } from "./equity.js";
import { guide } from "./guide.js";
import { isSure } from "../core/sure.js";
import { Socket } from "./socket.js";
import {
  choose, marketOf, showAccounts, showAlerts, showBots, showHalted, showOrders, showPositions, showSignals, titleOf,
} from "./tables.js";
import { Ticket } from "./ticket.js";
import { clock, price } from "../core/words.js";

const SOON_MS = 1_000;
const AT_LEAST_EVERY_MS = 30_000;
const CHARTS_EVERY_MS = 60_000;
const STALE_MS = 15_000;
const MOST_MARKETS = 12;
const MOST_ACCOUNTS = 12;

const byId = (id) => document.getElementById(id);
const data = (id) => JSON.parse(byId(id).textContent);

let state = data("state");
const chart = new Chart(byId("chart"));
const curve = new EquityCurve(byId("equity"));
const ticket = byId("order") && new Ticket(byId("order"), { onPlaced: refreshSoon, onChart: chosen });
const sockets = new Map(); // the socket of each market that is looked at, by its id
const watched = new Map(); // the socket of each account of others, by its id
const unfollowed = new Set(); // accounts of others whose socket is not for who looks
const ticks = new Map(); // the newest tick, by market, and when it came
const links = { orders: "connecting", bots: "connecting" };
const followed = new Set(); // the bots that the socket of bots was told to follow
let isBroken = false; // a socket was lost since all were live
let isReading = false; // the figures are being read
let isWanted = false; // something happened since they were last asked for

function show() {
  move();
  showOrders(state.orders, { onCancel: cancel });
  showBots(state.bots);
  showSignals(state.signals, { isStaff: state.user.is_staff });
  showAccounts(state.accounts);
  showAlerts(state.alerts);
  showHalted(state.halted);
  const before = byId("symbol").value;
  choose(byId("symbol"), state.markets.map((market) => [market.id, titleOf(market)]));
  if (before && byId("symbol").value !== before) showChart(); // its last position is closed, and no bot trades it
  choose(byId("worth-account"), state.accounts.items.map((row) => [row.id, row.title]));
  byId("worth-without").hidden = state.accounts.items.length > 0;
  ticket?.offer(state.accounts.items.filter((row) => row.may_trade));
  ticket?.suggest(state.markets);
  chart.hold(state.positions.items, state.trades);
  followMarkets();
  followAccounts();
  followBots();
}

/** Show what moves with the ticks; the chart moves by itself. */
function move() {
  const mayTrade = new Set(state.accounts.items.filter((row) => row.may_trade).map((row) => row.id));
  const mayClose = (row) => state.user.may_trade && mayTrade.has(row.account_id);
  showPositions({ ...state.positions, items: state.positions.items.map(marked) }, { mayClose, onClose: close });
}

/** A position at the newest tick of its market, which is younger than what the desk told. */
function marked(row) {
  const tick = ticks.get(row.market);
  if (!tick) return row;
  const now = (Number(tick.bid) + Number(tick.ask)) / 2;
  const direction = row.side === "long" ? 1 : -1;
  const pnl = direction * (now - Number(row.entry_price)) * Number(row.size);
  return { ...row, current_price: tick.price, unrealized_pnl: pnl };
}

function chosen() {
  return state.markets.find((market) => market.id === byId("symbol").value);
}

function followMarkets() {
  const held = state.positions.items.map((row) => row.market);
  const every = [...new Set([byId("symbol").value, ...held])].filter(Boolean);
  const wanted = new Set(every.slice(0, MOST_MARKETS));
  byId("positions-age").hidden = every.length <= MOST_MARKETS;
  follow(sockets, state.markets.filter(({ id }) => wanted.has(id)), ({ id, name, kind }) => {
    const path = `/api/v1/ws/market/${encodeURIComponent(name)}?category=${kind}`;
    return new Socket(path, { onMessage: (message) => ticked(id, message) });
  });
}

/** Follow the accounts of others by their own sockets: that of orders tells of one's own alone. */
function followAccounts() {
  const others = state.accounts.items.filter((row) => !row.is_own);
  follow(watched, others.slice(0, MOST_ACCOUNTS), ({ id }) =>
    new Socket(`/ws/accounts/${id}`, {
      asksSince: true,
      onState: (now) => now === "refused" && cannotFollow(id),
      onMessage: ({ type }) => ["order_update", "position_update"].includes(type) && refreshSoon(),
    }),
  );
  const isCut = others.length > MOST_ACCOUNTS || state.accounts.total > state.accounts.items.length;
  byId("accounts-age").hidden = !(isCut || others.some(({ id }) => unfollowed.has(id)));
}

/** A share of its bot or group shows an account, but opens no socket of it. */
function cannotFollow(accountId) {
  unfollowed.add(accountId);
  byId("accounts-age").hidden = false;
}

/** Close the sockets of what is not among `rows`, and make those that are missing. */
function follow(open, rows, make) {
  const wanted = new Set(rows.map(({ id }) => id));
  for (const [id, socket] of open) {
    if (wanted.has(id)) continue;
    socket.close();
    open.delete(id);
  }
  for (const row of rows) if (!open.has(row.id)) open.set(row.id, make(row));
}

function ticked(id, message) {
  if (message.type !== "ticker") return;
  ticks.set(id, { ...message, cameAt: performance.now() });
  if (id === byId("symbol").value) byId("price").textContent = price(message.price);
  chart.tick(id, message);
  moveSoon();
}

let moving = false;
function moveSoon() {
  if (moving) return;
  moving = true;
  setTimeout(() => {
    moving = false;
    move();
  }, 250);
}

function tellAge() {
  const tick = ticks.get(byId("symbol").value);
  const age = byId("price-age");
  const isStale = !tick || performance.now() - tick.cameAt > STALE_MS;
  age.className = isStale ? "stale" : "";
  age.textContent = tick ? `${isStale ? "stale since" : "at"} ${clock(tick.timestamp)}` : "no price yet";
}

/** Read the figures, once at a time, and again where something happened meanwhile; at most once in SOON_MS. */
async function refreshSoon() {
  isWanted = true;
  if (isReading) return;
  isReading = true;
  try {
    while (isWanted) {
      isWanted = false;
      await refresh();
      await new Promise((done) => setTimeout(done, SOON_MS));
    }
  } finally {
    isReading = false;
  }
}

async function refresh() {
  try {
    state = await read(`/live/state?market=${byId("symbol").value}`);
    show();
    tellTrouble();
  } catch (error) {
    tellTrouble(`${sentenceOf(error)} These are the figures of ${clock(state.at)}.`);
  }
}

async function showChart() {
  if (!chosen()) return;
  try {
    followMarkets();
    byId("price").textContent = price(ticks.get(byId("symbol").value)?.price);
    refreshSoon();
    await chart.show(chosen(), byId("interval").value);
    chart.hold(state.positions.items, state.trades);
  } catch (error) {
    tellTrouble(sentenceOf(error));
  }
}

/** Read again what only grows by ticks: an outage left a hole, and a measured worth comes every few minutes. */
async function readAgain() {
  await showChart();
  await showCurve();
}

async function showCurve() {
  const accountId = byId("worth-account").value;
  if (!accountId) return;
  try {
    await curve.show(accountId);
  } catch (error) {
    tellTrouble(sentenceOf(error));
  }
}

function tellTrouble(text = "") {
  const isDown = Object.values(links).some((link) => link === "down");
  const said = text || (isDown ? `The connection is lost; trying again. These are the figures of ${clock(state.at)}.` : "");
  byId("trouble").textContent = said;
  byId("trouble").hidden = !said;
}

function linked(name, now) {
  links[name] = now;
  const all = Object.values(links);
  const said = ["ended", "down", "connecting"].find((each) => all.includes(each)) ?? "live";
  byId("link").textContent = said;
  byId("link").className = `pill ${said}`;
  if (said === "ended") location.assign("/login?next=/");
  if (now === "down") isBroken = true;
  if (now === "live") refreshSoon();
  if (said === "live" && isBroken) {
    isBroken = false;
    showChart(); // the candles of the time between were missed
  }
  tellTrouble();
}

async function close(positionId) {
  const row = state.positions.items.find(({ id }) => id === positionId);
  if (!row) return;
  const path = `/api/v1/accounts/${row.account_id}/positions/close`;
  await doOnceSure(() => post(path, { position_id: row.id }, { key: crypto.randomUUID() }), {
    question: `Close ${row.side} ${row.size} ${marketOf(row)} of ${row.account} at the market?`,
    yes: "Close it",
    refused: `${marketOf(row)} of ${row.account} was not closed`,
  });
}

async function cancel(orderId) {
  const row = state.orders.items.find(({ id }) => id === orderId);
  if (!row) return;
  const what = `order to ${row.side} ${row.quantity} ${marketOf(row)} of ${row.account}`;
  await doOnceSure(() => remove(`/api/v1/orders/${row.id}`), {
    question: `Cancel the ${what}?`,
    yes: "Cancel it",
    refused: `The ${what} was not cancelled`,
  });
}

async function doOnceSure(work, { question, yes, refused }) {
  tellRefused();
  if (!(await isSure(question, yes))) return;
  try {
    await work();
  } catch (error) {
    tellRefused(`${refused}: ${sentenceOf(error)}`);
  }
  refreshSoon();
}

/** What was asked for and refused stands until it is put away or the next thing is asked for. */
function tellRefused(text = "") {
  byId("refused-why").textContent = text;
  byId("refused").hidden = !text;
}

/** Follow the bots that are new, after the last that was heard: what they did since the state was read is told too. */
function followBots() {
  if (links.bots !== "live") return;
  const since = bots.cursor === null ? {} : { since: bots.cursor };
  for (const { id } of state.bots.items) {
    if (!followed.has(id)) bots.send({ type: "subscribe", bot_id: id, ...since });
    followed.add(id);
  }
}

new Socket("/api/v1/ws/orders", {
  asksSince: true,
  onState: (now) => linked("orders", now),
  onMessage: (message) => message.type === "order_update" && refreshSoon(),
});
const bots = new Socket(`/api/v1/ws/${state.user.id}`, {
  onState: (now) => linked("bots", now),
  onOpen: () => {
    followed.clear();
    followBots();
  },
  onMessage: (message) => {
    if (message.type === "unsubscribed") followed.delete(message.bot_id);
    if (message.type === "bot_update") refreshSoon();
  },
});
show();
if (chosen() && byId("order")) byId("order").elements.symbol.value = titleOf(chosen());
byId("market-choice").addEventListener("change", showChart);
byId("market-choice").addEventListener("submit", (event) => event.preventDefault());
byId("worth-account").addEventListener("change", showCurve);
byId("refused-seen").addEventListener("click", () => tellRefused());
setInterval(tellAge, 1_000);
setInterval(refreshSoon, AT_LEAST_EVERY_MS);
if (byId("guide")) guide(data("guided"), { onTrouble: (error) => tellRefused(sentenceOf(error)) });
setInterval(readAgain, CHARTS_EVERY_MS);
addEventListener("load", readAgain);
