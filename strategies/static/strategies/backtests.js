// The page of backtests: a form made of the chosen rule's schema, and what was run, read again while something runs.

import { post, read, remove, sentenceOf } from "../core/api.js";
import { isSure } from "../core/sure.js";
import { button, fillTable, link, shownOf } from "../core/tables.js";
import { clock, whole } from "../core/words.js";
import { draw, fill, values } from "./parameters.js";

const WHILE_RUNNING_MS = 2_000;
const SHOWN = 30;
const OPTIONAL = ["leverage", "size", "stop_loss", "take_profit", "commission_rate"];
const UNDER_WAY = ["pending", "running"];

const byId = (id) => document.getElementById(id);
const rules = JSON.parse(byId("catalogue").textContent);
const form = byId("new");
const mayEnd = Boolean(byId("runs").dataset.mayEnd);
const changing = new Set(); // the runs that are being cancelled or deleted
let later = null;

function schema() {
  return rules[form.elements.rule.value].schema;
}

function showParameters() {
  const place = byId("parameters");
  byId("rule-says").textContent = schema().description;
  forgive();
  draw(schema(), place);
  place.hidden = !place.querySelector(".field");
}

function asked() {
  const fields = form.elements;
  const config = {
    initial_capital: fields["config.initial_capital"].value.trim(),
    mode: fields["config.mode"].value,
    slippage_model: fields["config.slippage_model"].value,
  };
  for (const name of OPTIONAL) {
    const text = fields[`config.${name}`].value.trim();
    if (text) config[name] = name === "leverage" ? whole(text) : text;
  }
  return {
    rule: fields.rule.value,
    parameters: values(schema(), byId("parameters"), complain),
    symbol: fields.symbol.value.trim(),
    interval: fields.interval.value,
    start_date: fields.start_date.value || undefined,
    end_date: fields.end_date.value || undefined,
    config,
  };
}

async function run(event) {
  event.preventDefault();
  forgive();
  tell("", "");
  const body = asked();
  if (showFirstWrong()) return;
  form.inert = true;
  try {
    await post("/api/v1/backtests", body);
    tell("It is in the queue.", "gain");
    await refresh();
  } catch (error) {
    explain(error);
  } finally {
    form.inert = false;
  }
  showFirstWrong();
}

/** Say each sentence of a refusal beside the field that it is about, and those of no field below them all. */
function explain(refused) {
  const whole = sentenceOf(refused);
  const rest = [];
  for (const [name, sentences] of Object.entries(refused.errors)) {
    const about = form.elements[name];
    if (about) complain(about, sentences.join(" "));
    else rest.push(`${name}: ${sentences.join(" ")}`);
  }
  tell(rest.join(" ") || (form.querySelector("span.wrong") ? "" : whole), "wrong");
}

/** Say beside a field, or in a set of them, what is wrong with it. */
function complain(about, sentence) {
  const said = document.createElement("span");
  said.id = `${about.id}-wrong`;
  said.className = "wrong whole";
  said.textContent = sentence;
  about.setAttribute("aria-describedby", `${said.id} ${about.getAttribute("aria-describedby") ?? ""}`.trim());
  if (about.type !== "fieldset") about.setAttribute("aria-invalid", "true");
  about.closest(".field, fieldset").append(said);
}

function forgive() {
  for (const said of form.querySelectorAll("span.wrong")) {
    const about = form.querySelector(`[aria-describedby~="${said.id}"]`);
    const others = about.getAttribute("aria-describedby").replace(said.id, "").trim();
    if (others) about.setAttribute("aria-describedby", others);
    else about.removeAttribute("aria-describedby");
    about.removeAttribute("aria-invalid");
    said.remove();
  }
}

/** Go to the first field that is wrong, and say whether there is one. */
function showFirstWrong() {
  const first = form.querySelector("span.wrong");
  if (!first) return false;
  if (!byId("said").textContent) tell("Nothing was run: a field above says why.", "wrong");
  first.closest(".field, fieldset").querySelector("[name]").focus();
  return true;
}

function tell(text, className) {
  byId("said").textContent = text;
  byId("said").className = `whole ${className}`;
}

async function refresh() {
  clearTimeout(later);
  try {
    const runs = await read(`/api/v1/backtests?limit=${SHOWN}`);
    show(runs);
    trouble("");
    if (runs.items.some((row) => UNDER_WAY.includes(row.status))) later = setTimeout(refresh, WHILE_RUNNING_MS);
  } catch (error) {
    trouble(sentenceOf(error));
    later = setTimeout(refresh, 5 * WHILE_RUNNING_MS);
  }
}

function trouble(text) {
  byId("trouble").textContent = text;
  byId("trouble").hidden = !text;
}

function show(runs) {
  byId("runs-count").textContent = shownOf(runs);
  fillTable("runs", runs.items, cells, { empty: "Nothing was run yet." });
}

function cells(row) {
  const title = rules[row.rule]?.title ?? row.rule;
  const parameters = Object.entries(row.parameters).map(([name, value]) => `${name} ${plain(value)}`).join(", ");
  const report = `/backtests/${row.id}/report`;
  const told = [
    [`${row.created_at.slice(0, 10)}\n${clock(row.created_at)}`, "lines"],
    [parameters ? `${title}: ${parameters}` : title, "words"],
    [`${row.symbol} ${row.interval}\n${row.start_date.slice(0, 10)}\nto ${lastDay(row.end_date)}`, "lines"],
    status(row, title),
    [row.results?.total_return ?? "", "number"],
    [row.results ? String(row.results.total_trades) : "", "number"],
    [row.status === "completed" ? link("Open", report, `Report of ${title}, ${row.symbol}`) : ""],
  ];
  if (mayEnd) told.push([UNDER_WAY.includes(row.status) ? "" : deletion(row, title)]);
  return told;
}

function deletion(row, title) {
  const label = `Delete ${title}, ${row.symbol}`;
  return button("Delete", { label, same: row.id, onClick: () => discard(row.id, `${title}, ${row.symbol}`) });
}

const plain = (value) => (typeof value === "string" ? value : JSON.stringify(value));

// The end is not in it: a run of one day ends at the next one's midnight.
function lastDay(end) {
  return new Date(Date.parse(end) - 1).toISOString().slice(0, 10);
}

function status(row, title) {
  if (UNDER_WAY.includes(row.status)) return [progress(row, title), "words"];
  const tone = row.status === "completed" ? "gain" : row.status === "failed" ? "words loss" : "quiet";
  return [row.error ? `${row.status}: ${row.error}` : row.status, tone];
}

/** The bar of a run that is under way, with the button that cancels it: the same element while it grows. */
function progress(row, title) {
  const told = byId(`under-way-${row.id}`) ?? begun(row, title);
  const bar = told.querySelector("progress");
  bar.value = row.progress_percent;
  bar.setAttribute("aria-label", `${row.status}, ${Math.round(row.progress_percent)} percent`);
  told.querySelector("span").textContent = row.status;
  return told;
}

function begun(row, title) {
  const told = document.createElement("div");
  told.id = told.dataset.same = `under-way-${row.id}`;
  told.append(Object.assign(document.createElement("progress"), { max: 100 }), " ", document.createElement("span"), " ");
  if (mayEnd) told.append(button("Cancel", { label: `Cancel ${title}, ${row.symbol}`, same: row.id, onClick: () => cancel(row.id) }));
  return told;
}

/** Cancel a run; one that is over by now stays, and its line says so. */
async function cancel(id) {
  await change(id, async (path) => {
    try {
      await remove(`${path}?only_cancel=true`);
    } catch (error) {
      if (error.code !== "RUN_OVER") throw error;
    }
  });
}

async function discard(id, title) {
  if (await isSure(`Delete the backtest of ${title} and its report?`)) await change(id, remove);
}

/** Do something to a run, once at a time; the focus stays on its line, or on the table where that is gone. */
async function change(id, doing) {
  if (changing.has(id)) return;
  changing.add(id);
  const line = document.activeElement.closest("tr");
  let why = "";
  try {
    await doing(`/api/v1/backtests/${id}`);
  } catch (error) {
    why = sentenceOf(error);
  } finally {
    changing.delete(id);
  }
  await refresh();
  if (why) trouble(why);
  if (document.activeElement !== document.body) return;
  const place = line?.isConnected ? line.querySelector("button") : null;
  (place ?? byId("runs").closest(".wide")).focus();
}

/** Fill in the rule and parameters of the strategy that the address names. */
async function prefill() {
  const strategyId = new URLSearchParams(location.search).get("strategy");
  if (!strategyId) return;
  try {
    const strategy = await read(`/api/v1/strategies/${encodeURIComponent(strategyId)}`);
    if (!rules[strategy.rule]) return;
    form.elements.rule.value = strategy.rule;
    showParameters();
    fill(schema(), byId("parameters"), strategy.parameters);
    tell(`These are the parameters of ${strategy.name}.`, "quiet");
  } catch (error) {
    tell(sentenceOf(error), "wrong");
  }
}

if (form) {
  const day = 86_400_000;
  form.elements.end_date.value = new Date(Date.now() - day).toISOString().slice(0, 10);
  form.elements.start_date.value = new Date(Date.now() - 91 * day).toISOString().slice(0, 10);
  form.elements.rule.addEventListener("change", showParameters);
  form.addEventListener("submit", run);
  showParameters();
  prefill();
}
refresh();
