// The fields of a rule's parameters, drawn from its JSON Schema, and what is in them as the API takes it.
// A field bounds and steps what is typed; what may not be is the desk's to refuse.

const DRAWN = { boolean: tick, choice: select, integer: number, json: textarea, number, string: line };
const READ = { boolean: ticked, choice: chosen, integer: numeric, json: parsed, number: numeric, string: written };

/** What stands in a field is no value that could be sent. */
export class Unreadable extends Error {}

/** Put a field for each parameter of `schema` in `place`, with its default. */
export function draw(schema, place) {
  const fields = Object.entries(schema.properties).map(([name, about]) => field(name, about));
  place.querySelectorAll(".field").forEach((each) => each.remove());
  place.append(...fields);
  fill(schema, place, {});
}

/** Write `values` into the fields, and the default of what is not among them. */
export function fill(schema, place, values) {
  for (const [name, about] of Object.entries(schema.properties)) {
    write(control(place, name), about, Object.hasOwn(values, name) ? values[name] : about.default);
  }
}

/** Return the parameters that stand in the fields; `complain(control, sentence)` is told of what is none. */
export function values(schema, place, complain) {
  const told = {};
  for (const [name, about] of Object.entries(schema.properties)) {
    const input = control(place, name);
    try {
      const value = READ[kindOf(about)](input, about);
      if (value !== undefined) told[name] = value;
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      complain(input, error.message);
    }
  }
  return told;
}

function control(place, name) {
  return [...place.querySelectorAll("[name]")].find((each) => each.name === `parameters.${name}`);
}

function typesOf(about) {
  return [about.type ?? []].flat();
}

function isNullable(about) {
  return typesOf(about).includes("null");
}

/** Say what draws a parameter: a type of its own, else JSON as text. */
function kindOf(about) {
  if (optionsOf(about)) return "choice";
  const types = typesOf(about).filter((type) => type !== "null");
  return types.length === 1 && DRAWN[types[0]] ? types[0] : "json";
}

/** Return the values that a parameter has to choose from, where it has. */
function optionsOf(about) {
  if (about.enum) return about.enum;
  if ("const" in about) return [about.const];
  return typesOf(about).includes("boolean") && isNullable(about) ? [true, false, null] : undefined;
}

function field(name, about) {
  const box = document.createElement("div");
  const kind = kindOf(about);
  const input = DRAWN[kind](about);
  input.id = `parameter-${name}`;
  input.name = `parameters.${name}`;
  const label = document.createElement("label");
  label.htmlFor = input.id;
  label.textContent = about.title ?? name.replaceAll("_", " ");
  box.className = kind === "boolean" ? "field tick" : kind === "json" ? "field whole" : "field";
  box.append(...(kind === "boolean" ? [input, label] : [label, input]));
  const told = [about.description, limits(about)].filter(Boolean).join(" ");
  if (told) {
    const hint = document.createElement("span");
    hint.id = `${input.id}-hint`;
    hint.className = "hint";
    hint.textContent = told;
    input.setAttribute("aria-describedby", hint.id);
    box.append(hint);
  }
  return box;
}

/** Say in words which values a number or a text may have. */
function limits(about) {
  const words = [
    ["minimum", "at least"],
    ["exclusiveMinimum", "more than"],
    ["maximum", "at most"],
    ["exclusiveMaximum", "less than"],
    ["multipleOf", "a multiple of"],
    ["minLength", "characters, at least"],
    ["maxLength", "characters, at most"],
    ["pattern", "like"],
  ];
  const told = words.filter(([name]) => about[name] !== undefined).map(([name, said]) => `${said} ${about[name]}`);
  const text = told.join(", ");
  return text && `${text[0].toUpperCase()}${text.slice(1)}.`;
}

function tick() {
  return Object.assign(document.createElement("input"), { type: "checkbox" });
}

function line() {
  return Object.assign(document.createElement("input"), { type: "text", autocomplete: "off" });
}

function textarea() {
  return Object.assign(document.createElement("textarea"), { rows: 3, spellcheck: false });
}

function select(about) {
  const list = document.createElement("select");
  list.append(...optionsOf(about).map((value, place) => new Option(inWords(value), String(place))));
  return list;
}

function inWords(value) {
  if (value === null) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function number(about) {
  const input = Object.assign(document.createElement("input"), { type: "number", autocomplete: "off" });
  const isWhole = typesOf(about).includes("integer");
  const step = about.multipleOf ?? (isWhole ? 1 : undefined);
  input.step = step ?? "any";
  const least = lower(about, isWhole ? step : undefined);
  const most = about.maximum ?? about.exclusiveMaximum;
  // Steps are counted from the least: it has to be one of them itself.
  if (least !== undefined) input.min = step === undefined ? least : exact(Math.ceil(least / step - 1e-9) * step);
  if (most !== undefined) input.max = isWhole && about.maximum === undefined ? Math.ceil(most) - 1 : most;
  return input;
}

function lower(about, step) {
  const above = about.exclusiveMinimum;
  if (above === undefined) return about.minimum;
  const next = step === undefined ? above : (Math.floor(above / step) + 1) * step;
  return Math.max(next, about.minimum ?? next);
}

/** Return a product of floats without its noise: 3 × 0.1 is 0.3. */
function exact(product) {
  return Number(product.toPrecision(12));
}

function write(input, about, value) {
  const kind = kindOf(about);
  if (kind === "boolean") input.checked = value === true;
  else if (kind === "choice") input.selectedIndex = optionsOf(about).findIndex((option) => same(option, value));
  else if (kind === "json") input.value = JSON.stringify(value);
  else input.value = value ?? "";
}

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

function ticked(input) {
  return input.checked;
}

function chosen(input, about) {
  return optionsOf(about)[input.selectedIndex];
}

function written(input, about) {
  return input.value === "" && isNullable(about) ? null : input.value;
}

/** What is left empty has its default, or is null where that may be. */
function numeric(input, about) {
  if (input.validity.badInput) throw new Unreadable("This must be a number.");
  if (input.value === "") return isNullable(about) ? null : undefined;
  const value = Number(input.value);
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
    throw new Unreadable("This number is too large.");
  }
  return value;
}

function parsed(input) {
  if (!input.value.trim()) return undefined;
  try {
    return JSON.parse(input.value);
  } catch {
    throw new Unreadable("This must be JSON, a text in double quotes.");
  }
}
