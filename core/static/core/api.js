// Requests to this desk: by the page's cookie, with the CSRF token where something changes.

/**
 * A refusal of the desk: `code` for programs, `message` for people, `errors` what is wrong field by field, `status`
 * the HTTP status (0 where none came).
 */
export class Refused extends Error {
  constructor(status, code, detail, errors = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

/** Return what a refusal says to people. What is none is a fault of our own and goes on to the console. */
export function sentenceOf(error) {
  if (!(error instanceof Refused)) throw error;
  return error.message;
}

/** Say whether the desk refused, so that nothing was done; after all else the outcome is unknown. */
export function isRefusal(error) {
  return error.status >= 400 && error.status < 500 && error.code !== "IDEMPOTENCY_IN_PROGRESS";
}

export async function read(path) {
  return answer(await send(path, { headers: { Accept: "application/json" } }));
}

/** Post `body`; `key` is the Idempotency-Key of what a person asked for: the same key twice is done once. */
export async function post(path, body, { key } = {}) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
  if (key) headers["Idempotency-Key"] = key;
  return answer(await send(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

/** Delete what stands at a path: there is nothing to answer with. */
export async function remove(path) {
  const response = await send(path, { method: "DELETE", headers: { Accept: "application/json", "X-CSRFToken": csrfToken() } });
  if (response.status !== 204) await answer(response);
}

async function send(path, options) {
  try {
    return await fetch(path, { credentials: "same-origin", ...options });
  } catch {
    throw new Refused(0, "UNREACHABLE", "The desk does not answer.");
  }
}

async function answer(response) {
  if (response.status === 401) {
    location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
  }
  let data;
  try {
    data = await response.json();
  } catch {
    throw new Refused(response.status, "UNREADABLE", `The desk answered ${response.status}.`);
  }
  if (!response.ok) throw new Refused(response.status, data.code, sentence(data), data.errors ?? {});
  return data;
}

function sentence(data) {
  const fields = Object.entries(data.errors ?? {}).map(([name, lines]) => `${name}: ${lines.join(" ")}`);
  return fields.length ? fields.join(" ") : data.detail;
}

function csrfToken() {
  const cookie = document.cookie.split("; ").find((each) => each.startsWith("csrftoken="));
  return cookie ? decodeURIComponent(cookie.slice("csrftoken=".length)) : "";
}
