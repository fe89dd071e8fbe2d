// The card for a first visit: how to fire an alert at one's bot.

import { read } from "../core/api.js";

const SEEN = "desk.first-alert";

/** Show the card until it was put away once; the bot's key is asked for only when somebody wants to see it. */
export function guide(botId, { onTrouble }) {
  const card = document.getElementById("guide");
  if (localStorage.getItem(SEEN)) {
    card.remove();
    return;
  }
  document.getElementById("guide-done").addEventListener("click", () => {
    localStorage.setItem(SEEN, "done");
    card.remove();
  });
  const how = document.getElementById("guide-how");
  let isFilled = false;
  how.addEventListener("toggle", async () => {
    if (!how.open || isFilled) return;
    try {
      await fill(card, botId);
      isFilled = true;
    } catch (error) {
      onTrouble(error);
    }
  });
}

async function fill(card, botId) {
  const told = await read(`/api/v1/bots/${botId}/alert-template`);
  const body = JSON.stringify({ symbol: card.dataset.symbol, side: "buy" });
  set("guide-curl", `curl -X POST '${told.webhook_url_with_key}' -H 'Content-Type: application/json' -d '${body}'`);
  set("guide-address", told.webhook_url);
  set("guide-message", told.strategy.message);
  const notes = told.notes.map((text) => Object.assign(document.createElement("li"), { textContent: text }));
  document.getElementById("guide-notes").replaceChildren(...notes);
}

function set(id, text) {
  document.getElementById(id).textContent = text;
}
