"use strict";
// Light or dark as the reader chose it on the page; a browser that keeps nothing follows the system.
try {
  const choice = localStorage.getItem("poolscope-theme");
  if (choice) document.documentElement.dataset.theme = choice;
} catch {}
