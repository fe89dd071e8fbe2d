// Tables of rows, written anew from what is known; a row that stays keeps its element, and its focus.

/**
 * `cells` maps a row of data, known by its `id`, to its cells: [text or element, class, title]. An element says in `data-same`
 * what it stands for; one that says the same as the one that is there is not put in its place.
 */
export function fillTable(tableId, rows, cells, { empty }) {
  const table = document.getElementById(tableId);
  const body = table.tBodies[0];
  const heads = table.tHead.rows[0].cells;
  const known = new Map([...body.children].map((line) => [line.dataset.id, line]));
  const lines = rows.map((row) => {
    const line = known.get(row.id) ?? document.createElement("tr");
    line.dataset.id = row.id;
    cells(row).forEach((cell, place) => write(line, place, cell, heads[place].textContent));
    return line;
  });
  if (!lines.length) lines.push(saying(empty, heads.length));
  lines.forEach((line, place) => {
    if (body.children[place] !== line) body.insertBefore(line, body.children[place] ?? null);
  });
  const wasHere = body.contains(document.activeElement);
  while (body.children.length > lines.length) body.lastElementChild.remove();
  if (wasHere && !body.contains(document.activeElement)) table.closest("[tabindex]")?.focus(); // not to the page's top
}

function write(line, place, [content, className = "", title = ""], head) {
  const target = line.children[place] ?? line.appendChild(document.createElement("td"));
  target.dataset.label = head; // a phone shows it before what is in the cell
  if (target.title !== title) target.title = title;
  if (target.className !== className) target.className = className;
  const there = target.firstElementChild;
  if (content instanceof Element) {
    if (there?.dataset.same !== content.dataset.same) target.replaceChildren(content);
  } else if (there || target.textContent !== content) {
    target.textContent = content;
  }
}

function saying(text, columns) {
  const line = document.createElement("tr");
  const cell = line.appendChild(document.createElement("td"));
  cell.colSpan = columns;
  cell.className = "quiet";
  cell.textContent = text;
  return line;
}

/** A link; `label` says more than its text where that is not enough. */
export function link(text, address, label = "") {
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.textContent = text;
  anchor.dataset.same = `${text}|${address}`;
  if (label) anchor.setAttribute("aria-label", label);
  return anchor;
}

/** A button that acts; `label` says on what. `same` is what it stands for. */
export function button(text, { label, same, onClick }) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "plain";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  made.dataset.same = same;
  made.addEventListener("click", () => onClick(made));
  return made;
}

/** How many there are, and how many of them are shown where that is fewer. */
export const shownOf = ({ total, items }) => (total > items.length ? `${items.length} of ${total}` : String(total));
