// A socket that comes back by itself, goes on after the last cursor it was told, and notices when nobody answers.

const PING_MS = 15_000;
const SILENT_MS = 35_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;
const ENDED = 4401;
const NOT_YOURS = 4403;

/**
 * `path` begins at the host. `onMessage` gets each message; `onState` "live", "down" (it tries again), "refused" (what
 * stands there is not for who asks) or "ended" (so is the session). `onOpen` is called at each beginning.
 */
export class Socket {
  constructor(path, { onMessage, onState = () => {}, onOpen = () => {}, asksSince = false }) {
    Object.assign(this, { path, onMessage, onState, onOpen, asksSince });
    this.cursor = null;
    this.pause = FIRST_PAUSE_MS;
    this.isClosed = false;
    this.connect();
  }

  /** Send where it is open: `onOpen` says what was to be said before. */
  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  close() {
    this.isClosed = true;
    clearTimeout(this.later);
    clearInterval(this.heart);
    this.socket.close();
  }

  connect() {
    const address = new URL(this.path, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (this.asksSince && this.cursor !== null) address.searchParams.set("since", this.cursor);
    this.socket = new WebSocket(address);
    this.heardAt = performance.now();
    this.socket.addEventListener("open", () => this.opened());
    this.socket.addEventListener("message", (event) => this.heard(event));
    this.socket.addEventListener("close", (event) => this.lost(event));
  }

  opened() {
    this.pause = FIRST_PAUSE_MS;
    this.heart = setInterval(() => this.beat(), PING_MS);
    this.onState("live");
    this.onOpen();
  }

  beat() {
    if (performance.now() - this.heardAt > SILENT_MS) this.socket.close();
    else this.send({ type: "ping" });
  }

  heard(event) {
    this.heardAt = performance.now();
    const message = JSON.parse(event.data);
    if (Number.isInteger(message.cursor) && message.cursor > (this.cursor ?? -1)) this.cursor = message.cursor;
    this.onMessage(message);
  }

  lost(event) {
    clearInterval(this.heart);
    if (this.isClosed) return;
    if (event.code === ENDED || event.code === NOT_YOURS) {
      this.onState(event.code === ENDED ? "ended" : "refused");
      return;
    }
    this.onState("down");
    this.later = setTimeout(() => this.connect(), this.pause * (0.75 + Math.random() / 2));
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
  }
}
