// Three phones of one person. The SMS and WeChat phones are drawn here; what they send and get goes through the channels.
import { words } from "/static/demo/demo.words.js";

const byId = (id) => document.getElementById(id);
const PHONES = ["sms", "wechat"];
const LINK = /<a href="(https?:\/\/[^"<>]+)">([^<]*)<\/a>|(https?:\/\/[^\s，。；）]+)/g;

let language = recall("language") || (navigator.language.startsWith("zh") ? "zh" : "en");
let people = [];
let person = null;
let watching = 0;

function recall(name) {
  try { return localStorage.getItem(`renji.demo.${name}`); } catch { return null; }
}

function remember(name, value) {
  try { localStorage.setItem(`renji.demo.${name}`, value); } catch { /* a page that forgets still works */ }
}

// --- the person ---------------------------------------------------------------------------------------------------------

function choose(msisdn) {
  person = people.find((one) => one.msisdn === msisdn) || people[0];
  remember("person", person.msisdn);
  byId("person").value = person.msisdn;
  for (const phone of PHONES) byId(`${phone}-lines`).replaceChildren();
  tell();
  openWeb();
  watch();
}

function openWeb() {
  byId("web").src = `/chat?profile=${encodeURIComponent(person.msisdn)}&lang=${language}`;
}

function tell() {
  const said = words[language];
  document.documentElement.lang = said.lang;
  document.title = said.page;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = said[element.dataset.word];
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", said[element.dataset.label]);
  byId("language").textContent = said.other;
  byId("language").lang = language === "zh" ? "en" : "zh-CN";
  byId("web").title = said.webTitle;
  for (const phone of PHONES) {
    byId(`${phone}-text`).placeholder = said[`${phone}Input`];
    byId(`${phone}-tries`).replaceChildren(...said.tries[phone].map((text) => button(text, () => send(phone, text))));
  }
  if (!person) return;
  byId("story").textContent = person.story[language];
  byId("sms-number").textContent = person.msisdn;
}

// --- sending ------------------------------------------------------------------------------------------------------------

async function send(phone, text, tapped) {
  if (!text.trim()) return;
  try {
    const body = JSON.stringify({ person: person.msisdn, text: text.trim(), tapped });
    const answer = await fetch(`/demo/${phone}`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    if (!answer.ok) throw new Error(answer.status);
  } catch {
    draw(phone, { side: "ours", text: words[language].failed, choices: [], parts: 1 });
  }
}

for (const phone of PHONES) {
  byId(`${phone}-form`).addEventListener("submit", (event) => {
    event.preventDefault();
    const box = byId(`${phone}-text`);
    send(phone, box.value);
    box.value = "";
  });
}

// --- receiving ----------------------------------------------------------------------------------------------------------

async function watch() {
  const mine = ++watching;
  let known = { run: "", sms: 0, wechat: 0 };
  while (mine === watching) {
    try {
      const answer = await fetch(`/demo/lines?${new URLSearchParams({ person: person.msisdn, ...known })}`);
      if (!answer.ok) throw new Error(answer.status);
      const news = await answer.json();
      if (mine !== watching) return;
      known = show(news, known);
    } catch {
      await new Promise((done) => setTimeout(done, 1000));
    }
  }
}

function show(news, known) {
  const again = news.run !== known.run;
  const next = { ...known, run: news.run };
  for (const phone of PHONES) {
    if (again) {
      byId(`${phone}-lines`).replaceChildren();
      next[phone] = 0;
    }
    for (const line of news[phone]) {
      draw(phone, line);
      next[phone] = line.number;
    }
  }
  return next;
}

function draw(phone, line) {
  const bubble = document.createElement("div");
  bubble.className = `bubble ${line.side}`;
  bubble.append(...withLinks(line.text));
  if (line.choices.length) bubble.append(menu(line.choices));
  const lines = byId(`${phone}-lines`);
  lines.append(bubble);
  if (line.parts > 1) {
    const note = document.createElement("span");
    note.className = `parts ${line.side}`;
    note.textContent = words[language].parts(line.parts);
    lines.append(note);
  }
  lines.scrollTop = lines.scrollHeight;
}

// Text with its links; everything else in it stays text.
function withLinks(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    nodes.push(text.slice(end, match.index));
    const anchor = document.createElement("a");
    anchor.href = match[1] || match[3];
    anchor.textContent = match[2] || match[3];
    anchor.target = "_blank";
    anchor.rel = "noopener noreferrer";
    nodes.push(anchor);
    end = match.index + match[0].length;
  }
  return [...nodes, text.slice(end)];
}

function menu(choices) {
  const list = document.createElement("div");
  list.className = "menu";
  list.append(...choices.map(([id, label]) => button(label, () => send("wechat", label, id))));
  return list;
}

function button(text, act) {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = text;
  element.addEventListener("click", act);
  return element;
}

// --- start --------------------------------------------------------------------------------------------------------------

byId("person").addEventListener("change", (event) => choose(event.target.value));
byId("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  remember("language", language);
  tell();
  openWeb();
});

tell();
people = await (await fetch("/demo/people")).json();
byId("person").replaceChildren(...people.map((one) => new Option(`${one.name} ${one.msisdn.replace("+86", "")}`, one.msisdn)));
choose(recall("person"));
