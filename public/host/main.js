// What is around the page: the browser that keeps a copy of the site, the system that hands over files, a page that has this
// one in a frame. Loaded once the page runs; without it all else works.

import { listen } from "./embed.js";
import { takeHanded } from "./handed.js";
import { keepCopy } from "./copy.js";
import "../guide/main.js";

takeHanded();
listen();
keepCopy();
