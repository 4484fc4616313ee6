// Wakes the page up: what Python drew stays until a part of the script has its data, and remains where there is none.

import { pageData } from "./data";
import { start } from "./hash";
import { pageWords, speak } from "./strings";
import { mountTables } from "./tables/mount";
import { mountViewer } from "./viewer/viewer";

const page = pageData();
if (page) {
  speak(pageWords());
  document.documentElement.classList.add("js");
  for (const link of document.querySelectorAll<HTMLAnchorElement>("a[data-href]")) link.href = link.dataset.href!; // a link only where it works
  start();
  void mountTables(page);
  mountViewer(page);
}
