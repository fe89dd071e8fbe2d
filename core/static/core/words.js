// Numbers and times as people read them. Decimals come as text; what is computed here is only shown.

export const price = (value) => (value === null || value === undefined ? "–" : grouped(String(value)));

/** A price to so many decimals, those of its market's tick. */
export const rounded = (value, decimals) => price(Number(value).toFixed(decimals));

/** Money to the cent; with `sign` a plus too. */
export function money(value, { sign = false } = {}) {
  const number = Number(value);
  const shown = Math.abs(number) < 0.005 ? 0 : number;
  return shown.toLocaleString("en", {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
    signDisplay: sign ? "exceptZero" : "auto",
  });
}

export function toned(value) {
  const number = Number(value);
  return Math.abs(number) < 0.005 ? "" : number > 0 ? "gain" : "loss";
}

export const clock = (at) => new Date(at).toLocaleTimeString("en-GB");

/** A whole number as one; what is none stays text, for the desk to refuse in its words. */
export function whole(text) {
  return /^\d{1,6}$/.test(text.trim()) ? Number(text) : text.trim();
}

function grouped(text) {
  const [whole, part] = text.split(".");
  const digits = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return part === undefined ? digits : `${digits}.${part}`;
}
