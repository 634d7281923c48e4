// The desk: keyboard, drafts, the clock of who waits. Everything else is HTML from the server.
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const live = $("live"), form = $("say"), text = $("text");
  const newId = () => (crypto.randomUUID ? crypto.randomUUID() : Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join(""));

  // --- how long somebody has waited ------------------------------------------------------------
  const LATE_S = 60, VERY_LATE_S = 180;
  function tick() {
    for (const time of document.querySelectorAll("time[data-since]")) {
      const s = Math.max(0, Math.floor((Date.now() - Date.parse(time.dataset.since)) / 1000));
      const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60, two = (n) => String(n).padStart(2, "0");
      const words = h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
      if (time.textContent !== words) time.textContent = words;
      if (!time.classList.contains("calm")) {
        time.classList.toggle("late", s >= LATE_S && s < VERY_LATE_S);
        time.classList.toggle("very-late", s >= VERY_LATE_S);
      }
    }
  }
  setInterval(tick, 1000);
  tick();

  // --- the transcript stays at its end unless somebody reads further up -------------------------
  const scroll = $("scroll");
  let atEnd = true;
  const toEnd = () => { if (scroll) scroll.scrollTop = scroll.scrollHeight; };
  if (scroll) {
    scroll.addEventListener("scroll", () => { atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60; });
    new ResizeObserver(() => { if (atEnd) toEnd(); }).observe(scroll);
    toEnd();
  }

  // --- live ------------------------------------------------------------------------------------
  const state = $("line-state");
  function line(on) {
    state.textContent = on ? "在线" : "连接断开，正在重连";
    state.classList.toggle("on", on);
    state.classList.toggle("off", !on);
  }
  document.body.addEventListener("htmx:sse:after:connection", () => line(true));
  const toLogin = () => { location.href = "/login?next=" + encodeURIComponent(location.pathname); };
  document.body.addEventListener("htmx:sse:error", (event) => {
    line(false);
    if (event.detail.status === 401) toLogin();
  });
  document.body.addEventListener("htmx:sse:close", () => line(false));
  document.body.addEventListener("signed-out", toLogin);
  document.body.addEventListener("transcript-changed", () => htmx.trigger(document.body, "context-changed", {}));
  document.body.addEventListener("htmx:after:swap", (event) => {
    tick();
    const count = $("waiting-count");
    if (count) document.title = document.title.replace(/^\(\d+\) /, "").replace(/^/, Number(count.dataset.count) ? `(${count.dataset.count}) ` : "");
    if (atEnd) toEnd();
    const customer = $("customer");
    if (customer && event.target === customer) customer.removeAttribute("aria-busy");
    owner();
    number();
  });
  // Somebody else took it, or it ended: the page is built again around what may be done now. A draft is kept.
  const firstOwner = ownerNow();
  function ownerNow() {
    const row = document.querySelector(".state-row");
    return row ? row.dataset.owner + row.dataset.mine : "";
  }
  function owner() {
    if (!leaving && firstOwner && ownerNow() !== firstOwner) { keepDraft(); location.reload(); }
  }
  // Somebody proved who they are while they talked.
  let knownNumber = numberNow();
  function numberNow() {
    const row = document.querySelector(".state-row");
    return row ? row.dataset.number : "";
  }
  function number() {
    if (numberNow() === knownNumber) return;
    knownNumber = numberNow();
    htmx.trigger(document.body, "customer-changed", {});
  }
  // An act of one's own changes the owner too, and its answer says where to go.
  let leaving = false;
  const isAct = (event) => /\/(take|back|close|requeue)$/.test(event.detail.ctx.request.action);
  document.body.addEventListener("htmx:before:request", (event) => { if (isAct(event)) leaving = true; });
  document.body.addEventListener("htmx:after:request", (event) => {
    const answer = event.detail.ctx.response;
    if (isAct(event) && !(answer && answer.raw && answer.raw.ok)) leaving = false;
  });

  // --- the answer ------------------------------------------------------------------------------
  let saved = text ? text.value : "", timer = 0;
  function draftForm() {
    const body = new URLSearchParams();
    body.set("csrf", live.dataset.csrf);
    body.set("text", text.value);
    return body;
  }
  function keepDraft() {
    if (!text || text.value === saved) return;
    saved = text.value;
    navigator.sendBeacon(location.pathname + "/draft", draftForm());
  }
  function count() {
    const place = $("say-count"), length = text.value.length;
    const heard = Date.parse(form.dataset.heard);
    if (form.dataset.channel === "sms" && length > 70) place.textContent = `约 ${Math.ceil(length / 67)} 条短信`;
    else if (form.dataset.channel === "wechat" && heard && Date.now() - heard > 47 * 3600e3) place.textContent = "客户超过 48 小时没有说话，微信可能不再送达";
    else place.textContent = length > 1800 ? `还可输入 ${2000 - length} 字` : "";
    place.classList.toggle("over", place.textContent !== "");
  }
  if (form) {
    $("client-id").value = newId();
    count();
    text.addEventListener("keydown", (event) => {
      // Enter while an input method is open picks a word.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      if (text.value.trim()) form.requestSubmit();
    });
    text.addEventListener("input", () => {
      count();
      clearTimeout(timer);
      timer = setTimeout(keepDraft, 600);
    });
    let sending = "";
    form.addEventListener("htmx:before:request", () => { sending = text.value; atEnd = true; });
    form.addEventListener("htmx:after:request", (event) => {
      const answer = event.detail.ctx.response;
      if (!answer || !answer.raw || !answer.raw.ok) return;
      $("alert").replaceChildren();
      // What was typed while the answer was on its way stays.
      text.value = text.value.startsWith(sending) ? text.value.slice(sending.length) : text.value;
      saved = text.value;
      $("client-id").value = newId();
      count();
      // This answer may be older than what was heard meanwhile.
      htmx.trigger(document.body, "transcript-changed", {});
    });
    window.addEventListener("pagehide", keepDraft);
    text.focus();
    text.setSelectionRange(text.value.length, text.value.length);
  }

  // --- dialogs and keys ------------------------------------------------------------------------
  function open(id) {
    const dialog = $(id);
    if (!dialog || document.querySelector("dialog[open]")) return;
    const many = unanswered();
    for (const warning of dialog.querySelectorAll("[data-unanswered]")) {
      warning.hidden = !many;
      warning.querySelector("b").textContent = String(many);
    }
    dialog.showModal();
  }
  // What the person said last and nobody answered; what the system says to who waits is no answer.
  function unanswered() {
    const lines = [...document.querySelectorAll("#transcript > .line")];
    return lines.slice(lines.findLastIndex((one) => one.matches(".bot, .agent")) + 1).filter((one) => one.matches(".person")).length;
  }
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) open(opener.dataset.dialog);
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
    if (event.target.closest("#keys-button")) open("keys-dialog");
  });
  // A refused act must be read, and it stands behind the dialog.
  document.body.addEventListener("htmx:after:request", (event) => {
    const dialog = event.detail.ctx.sourceElement.closest("dialog");
    if (dialog) dialog.close();
  });
  const first = (list, title) => (document.querySelector(`#${list} a`) || $(title)).focus();
  const KEYS = {
    KeyT: () => { const button = $("take") || document.querySelector("#queue-list .take"); if (button) button.click(); },
    KeyQ: () => first("queue-list", "queue-title"),
    KeyM: () => first("mine-list", "mine-title"),
    KeyR: () => { if (text) text.focus(); },
    KeyB: () => open("back-dialog"),
    KeyW: () => open("close-dialog"),
    KeyH: () => open("keys-dialog"),
  };
  // Up and down in the lists; Enter opens. In a dialog Ctrl+Enter does what its button does.
  document.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], here = document.activeElement, plain = !event.altKey && !event.metaKey && !event.ctrlKey;
    if (step && plain && here && here.closest("#lists")) {
      const all = [...document.querySelectorAll("#lists .item > a")];
      const at = all.indexOf(here.closest(".item")?.querySelector("a"));
      const next = at < 0 ? here.closest(".list")?.querySelector(".item > a") : all[at + step];
      if (next) { event.preventDefault(); next.focus(); }
    }
    const form = event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing && document.querySelector("dialog[open] form");
    if (form) { event.preventDefault(); form.requestSubmit(); }
  });
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || !KEYS[event.code]) return;
    event.preventDefault();
    KEYS[event.code]();
  });
})();
