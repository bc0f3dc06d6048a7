// Keeps an open page up to date: when the read model has moved, the page is fetched again and what differs is replaced.
// Forms, what was typed, open details, focus and scroll stay. Without this script the page is complete as it was loaded.
"use strict";
(() => {
  const script = document.currentScript;
  const notice = document.getElementById("live");
  const LEAST = 5000; // ms between two refreshes; a slow page is fetched more rarely
  const LATER = 60000; // ms until a refused stream is asked for again
  let shown = Number(script.dataset.position);
  let wanted = shown;
  const READ = 20000; // ms in which the notice can be read
  let source = null, timer = null, cleared = null, busy = false, next = 0;

  function open() {
    if (source || document.hidden) return; // browsers have few connections to one host
    source = new EventSource(new URL("live", script.src));
    source.addEventListener("position", event => { wanted = Math.max(wanted, Number(event.data)); plan(); });
    source.addEventListener("error", () => {
      if (source && source.readyState === EventSource.CLOSED) { close(); setTimeout(open, LATER); }
    });
  }

  function close() {
    if (source) source.close();
    source = null;
  }

  function plan() {
    if (busy || timer || wanted <= shown) return;
    timer = setTimeout(() => { timer = null; refresh(); }, Math.max(0, next - Date.now()));
  }

  async function refresh() {
    busy = true;
    const began = Date.now(), position = wanted;
    let pause = LATER;
    try {
      const address = new URL(location.href);
      address.hash = "";
      address.searchParams.set("min_position", position);
      const answer = await fetch(address, { credentials: "same-origin", headers: { Accept: "text/html" }, redirect: "error" });
      if (answer.ok) {
        show(new DOMParser().parseFromString(await answer.text(), "text/html"));
        shown = Math.max(position, Number(answer.headers.get("Loa-Position")));
        pause = Math.max(LEAST, 10 * (Date.now() - began));
      } else if (answer.status < 500 && answer.status !== 429) {
        close(); // no longer for this reader
        wanted = shown;
      }
    } catch {
      // the network, or a page that leads elsewhere: asked again later
    }
    busy = false;
    next = Date.now() + pause;
    plan();
  }

  function show(fresh) {
    const focused = document.activeElement;
    let changed = false;
    for (const name of ["header", "main", "footer"]) {
      const [old, renewed] = [document.querySelector(`body > ${name}`), fresh.querySelector(`body > ${name}`)];
      if (old && renewed && merge(old, renewed) && name !== "footer") changed = true;
    }
    document.title = fresh.title;
    if (focused && focused !== document.activeElement && focused !== document.body) {
      const kept = focused.isConnected ? focused : document.querySelector("main");
      if (kept !== focused) kept.tabIndex = -1;
      kept.focus({ preventScroll: true });
    }
    if (changed && notice) {
      notice.textContent = `${notice.dataset.text} ${new Date().toTimeString().slice(0, 5)}`;
      clearTimeout(cleared);
      cleared = setTimeout(() => { notice.textContent = ""; }, READ);
    }
  }

  // Names what stays itself when others come or go around it: by its id, a row by its first link.
  function key(node) {
    if (node.nodeType !== Node.ELEMENT_NODE) return `#${node.nodeType}`;
    const link = /^(TR|LI|DETAILS)$/.test(node.nodeName) && !node.id ? node.querySelector("a[href]") : null;
    return `${node.nodeName} ${node.id || (link ? link.getAttribute("href") : "")}`;
  }

  function merge(old, fresh) {
    if (old.nodeName === "FORM" || old.isEqualNode(fresh)) return false;
    if (old.nodeType !== Node.ELEMENT_NODE) {
      old.nodeValue = fresh.nodeValue;
      return true;
    }
    let changed = mergeAttributes(old, fresh);
    const waiting = new Map();
    for (const child of old.childNodes) {
      const name = key(child);
      if (!waiting.has(name)) waiting.set(name, []);
      waiting.get(name).push(child);
    }
    let place = old.firstChild;
    for (const child of fresh.childNodes) {
      const same = (waiting.get(key(child)) || []).shift();
      if (!same) {
        old.insertBefore(document.importNode(child, true), place);
        changed = true;
        continue;
      }
      if (same === place) place = place.nextSibling;
      else { old.insertBefore(same, place); changed = true; }
      if (merge(same, child)) changed = true;
    }
    for (const gone of [...waiting.values()].flat()) {
      if (gone === place) place = place.nextSibling;
      gone.remove();
      changed = true;
    }
    return changed;
  }

  function mergeAttributes(old, fresh) {
    let changed = false;
    const isReaders = name => name === "open" && old.nodeName === "DETAILS" || name === "tabindex" && old.nodeName === "MAIN";
    for (const { name, value } of fresh.attributes) {
      if (!isReaders(name) && old.getAttribute(name) !== value) { old.setAttribute(name, value); changed = true; }
    }
    for (const { name } of [...old.attributes]) {
      if (!isReaders(name) && !fresh.hasAttribute(name)) { old.removeAttribute(name); changed = true; }
    }
    return changed;
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
})();
