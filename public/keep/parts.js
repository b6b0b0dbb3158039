// Elements, and the card that asks before something is done. Text goes in as text: names are never markup.

/** An element with attributes, listeners (`onclick`), and children. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

/** Bytes as the page says them: MB is 1,048,576. */
export function bytes(count) {
  const units = ["B", "KB", "MB", "GB"];
  let at = 0;
  while (count >= 1024 && at < 3) { count /= 1024; at += 1; }
  return `${at === 0 || count >= 100 ? Math.round(count) : count.toFixed(1)} ${units[at]}`;
}

/** A card over the page, one of each name. */
export function card(name, title, ...children) {
  document.querySelector(`[data-testid=${name}]`)?.remove();
  const made = el("section", { class: "kcard", role: "region", "aria-label": title, "data-testid": name }, el("h2", {}, title), ...children);
  document.body.append(made);
  return made;
}

export const button = (words, onclick, more = {}) => el("button", { class: "btn", onclick, ...more }, words);
