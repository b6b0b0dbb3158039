// What helps who is new here: numbers that explain themselves, a guided sample, and the page in the reader's language. Loaded
// once the page runs; without it all else works.

import { listen as explain } from "./explain.js";
import { speak } from "./language.js";

const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("./guide.css", import.meta.url).href });
document.head.append(style);
speak();
explain();
addEventListener("click", (event) => {
  if (event.target.closest?.("[data-tour]")) import("./tour.js").then(({ start }) => start());
});
